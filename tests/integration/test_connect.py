"""Kafka Connect's file sink writes the topic by the configuration of docs/topic.md."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from telemetry.codec import decode_value
from testkit.connect import Connect
from testkit.kafka import Kafka
from testkit.producer import as_messages, publish, vectors
from testkit.waiting import wait_until

pytestmark = [pytest.mark.real_kafka, pytest.mark.real_connect, pytest.mark.nightly]

ROWS = vectors(60, aircraft=60)


def documented_properties() -> str:
    """Return the properties of the page."""
    page = Path("docs/topic.md").read_text()
    [found] = re.findall(r"```properties\n([^`]*FileStreamSink[^`]*)```", page)
    return str(found)


def test_the_file_sink_writes_a_line_for_each_row(
    kafka: Kafka, topic_name: Callable[[], str], tmp_path: Path
) -> None:
    """As JSON, which is read back."""
    topic, file = topic_name(), tmp_path / "rows.jsonl"
    kafka.start()
    kafka.create_topic(topic, 3)
    publish(kafka.bootstrap_servers, topic, as_messages(ROWS))
    properties = documented_properties().replace("telemetry.raw", topic)
    properties = properties.replace("state-vectors.jsonl", str(file))
    with Connect(kafka.bootstrap_servers, properties) as connect:
        wait_until(
            lambda: file.exists() and len(file.read_text().splitlines()) == len(ROWS),
            timeout_s=40,
            what=connect.log_tail,
        )
    written = [decode_value(line.encode()) for line in file.read_text().splitlines()]
    assert sorted(written, key=lambda row: row.icao24) == ROWS
