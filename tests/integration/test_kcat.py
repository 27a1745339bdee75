"""kcat reads the topic by the command of docs/topic.md."""

import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from collector.answer import RejectedRow
from collector.messages import Origin
from collector.metrics import Metrics
from collector.publisher import Publisher
from configuration.shared_sections import KafkaSettings
from telemetry.codec import decode_readable
from testkit.kafka import Kafka
from testkit.kcat_install import program
from testkit.producer import vectors
from tests.unit.collector.conftest import NOW, FakeClock

pytestmark = [pytest.mark.real_kafka, pytest.mark.real_kcat]

ROWS = vectors(50, aircraft=50, start=NOW)
LINE = re.compile(r"(?P<partition>\d) (?P<offset>\d+) (?P<key>[0-9a-f]{0,6}) (?P<headers>\S+) (.+)")
HEADERS = ("schema-version=1", "content-type=application/json", f"poll-time={NOW}", "source=global")


def documented_command() -> list[str]:
    """Return the command of the page."""
    [line] = re.findall(r"^kcat .+$", Path("docs/topic.md").read_text(), re.MULTILINE)
    return shlex.split(line)


def run(bootstrap_servers: str, topic: str) -> str:
    """Run that command on a topic, and return what it prints."""
    replaced = {
        "kcat": str(program()),
        "localhost:9092": bootstrap_servers,
        "telemetry.raw": topic,
    }
    command = [replaced.get(part, part) for part in documented_command()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    return done.stdout


@pytest.mark.parametrize("rows_per_message", [1, 20])
async def test_the_command_of_the_page_prints_every_row(
    kafka: Kafka, topic_name: Callable[[], str], rows_per_message: int
) -> None:
    """With key, headers and value."""
    topic = topic_name()
    kafka.start()
    kafka.create_topic(topic, 3)
    settings = KafkaSettings(
        bootstrap_servers=kafka.bootstrap_servers, topic=topic, rows_per_message=rows_per_message
    )
    publisher = Publisher(
        settings=settings, metrics=Metrics(CollectorRegistry()), clock=FakeClock()
    )
    rejected = [RejectedRow(raw=b'["zz"]', icao24=None, reason="too short")]
    origin = Origin(NOW, "global", "00-trace")
    await publisher.publish(ROWS, rejected, origin=origin, settle=lambda *_: None)
    await publisher.drain(20)

    lines = run(kafka.bootstrap_servers, topic).splitlines()
    read = []
    for line in lines:
        found = LINE.fullmatch(line)
        assert found is not None, line
        assert all(header in found["headers"] for header in HEADERS)
        assert f"poll-messages={len(lines)}" in found["headers"]
        if "rejected=" not in found["headers"]:
            rows = decode_readable(found[5].encode())
            assert found["key"] == ("" if len(rows) > 1 else getattr(rows[0], "icao24", None))
            read += [row for row in rows if row is not None]
    assert sorted(read, key=lambda row: row.icao24) == ROWS
