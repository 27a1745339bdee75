"""Avro, Protobuf and JSON in one topic, with a real schema registry, Kafka and TimescaleDB."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from httpx_sse import connect_sse
from prometheus_client import CollectorRegistry

from collector.encodings import open_encoding
from collector.errors import EncodingError
from collector.messages import Origin
from collector.metrics import Metrics
from collector.publisher import Publisher
from collector.topic import Topic
from configuration.shared_sections import KafkaSettings
from kafka_client.framed_values import FramedValues
from processor.archive.audit.derived import Extent
from telemetry import avro_rows
from telemetry.codec import decode_value, encode
from telemetry.framing import frame
from telemetry.schemas import read_schema
from telemetry.state_vector import StateVector
from testkit import audit_log
from testkit.audit_run import run_audit
from testkit.collector_process import (
    MOCK_BROKER,
    CollectorProcess,
    environment,
    serving,
    simulator,
)
from testkit.deployment import Deployment
from testkit.producer import Outgoing, vectors
from testkit.queries import fetch
from testkit.registry import Registry
from testkit.tcp_proxy import TcpProxy
from testkit.waiting import wait_until
from tests.unit.collector.conftest import FakeClock

pytestmark = [pytest.mark.real_kafka, pytest.mark.real_database, pytest.mark.real_registry]

AIRCRAFT = 40


class Site:
    """A deployment whose services reach the registry through a proxy."""

    def __init__(self, deployment: Deployment, registry: Registry, proxy: TcpProxy) -> None:
        self.deployment = deployment
        self.registry = registry
        self.proxy = proxy
        self.settings = {"KAFKA_SCHEMA_REGISTRY_URL": registry.url_at(proxy.port)}

    def kafka_settings(self, encoding: Any, rows_per_message: int = 1) -> KafkaSettings:  # noqa: ANN401 - a literal
        """Return the settings of a collector."""
        return KafkaSettings(
            bootstrap_servers=self.deployment.kafka.bootstrap_servers,
            topic=self.deployment.topic,
            partitions=4,
            encoding=encoding,
            rows_per_message=rows_per_message,
            schema_registry_url=self.registry.url_at(self.proxy.port),
        )

    def publish(self, rows: list[StateVector], encoding: str, rows_per_message: int = 1) -> None:
        """Publish rows as the collector does."""
        asyncio.run(self._publish(rows, self.kafka_settings(encoding, rows_per_message)))

    async def _publish(self, rows: list[StateVector], settings: KafkaSettings) -> None:
        clock = FakeClock()
        publisher = Publisher(
            settings=settings,
            metrics=Metrics(CollectorRegistry()),
            clock=clock,
            encoding=await open_encoding(settings, clock),
        )
        origin = Origin(rows[0].last_contact, "global", "")
        await publisher.publish(rows, [], origin=origin, settle=lambda *_: None)
        await publisher.drain(20)
        assert publisher.failed == 0

    def stored(self) -> list[Any]:
        """Return the stored rows, in any order."""
        return audit_log._stored_rows(self.deployment.database_url)

    def expected(self, rows: list[StateVector]) -> list[Any]:
        """Return rows as the database has them."""
        values = [audit_log._as_stored(json.loads(encode(row))) for row in rows]
        return [((row[0], row[4]), row) for row in values]


@pytest.fixture
def site(deployment: Deployment, registry: Registry) -> Iterator[Site]:
    """Give an empty site."""
    with TcpProxy(registry.port) as proxy:
        yield Site(deployment, registry, proxy)


def by_key(rows: list[Any]) -> list[Any]:
    """Return rows in the order of their keys."""
    return sorted(rows, key=lambda row: row[0])


def test_three_encodings_in_one_topic_are_stored_once_and_shown(site: Site) -> None:
    """The registry is away at first: the archive waits, and `/ready` says why."""
    start = int(time.time()) - 60
    rows = vectors(6 * AIRCRAFT, aircraft=6 * AIRCRAFT, start=start)
    kinds = [(kind, size) for kind in ("avro", "protobuf", "json") for size in (1, 16)]
    for number, (kind, size) in enumerate(kinds):
        site.publish(rows[number * AIRCRAFT : (number + 1) * AIRCRAFT], kind, size)
    site.publish(rows[:AIRCRAFT], "protobuf")  # once more, as after a restart
    hostile = [frame(1 << 30, b"x"), frame(1, b"\x02"), b"\0"]
    site.deployment.publish([Outgoing(value, b"key", headers=()) for value in hostile])
    tail = asyncio.run(Topic(settings=site.kafka_settings("json"), clock=FakeClock()).read_tail())
    assert tail.last_contacts.keys() == {row.icao24 for row in rows}

    site.proxy.cut()
    archive = site.deployment.archive(**site.settings)
    live = site.deployment.live(**site.settings)
    for service, check in ((archive, "archive_kafka"), (live, "live_kafka")):
        wait_until(
            lambda url=service.url, name=check: "schema registry" in reason(url, name),  # type: ignore[misc]
            timeout_s=20,
            what="the registry in the reasons of /ready",
        )
    assert site.stored() == []
    assert fetch(site.deployment.database_url, "SELECT FROM dead_letters") == []
    site.proxy.restore()

    site.deployment.wait_until_stored()
    assert by_key(site.stored()) == by_key(site.expected(rows))
    reasons = fetch(site.deployment.database_url, "SELECT reason FROM dead_letters")
    assert len(reasons) == len(hostile)
    assert shown_at(live.url) == {row.icao24 for row in rows}
    settings = site.deployment.environment | site.settings
    audit = run_audit(settings, kafka=True, deep=Extent.ALL)
    assert audit.returncode == 0, audit.stdout + audit.stderr
    assert audit.stdout.startswith("audit clean")
    subjects = [name for name in site.registry.subjects() if site.deployment.topic in name]
    assert sorted(subjects) == [
        f"{site.deployment.topic}-flightmonitor.{name}"
        for name in (
            *("avro.StateVector", "avro.StateVectors"),
            *("protobuf.StateVector", "protobuf.StateVectors"),
        )
    ]


def shown_at(url: str) -> set[str]:
    """Return the aircraft that a new subscriber gets."""
    with httpx.Client() as client, connect_sse(client, "GET", f"{url}/sse/flights") as source:
        snapshot = next(event for event in source.iter_sse() if event.event == "snapshot")
    return {state["icao24"] for state in json.loads(snapshot.data)["states"]}


def reason(url: str, check: str) -> str:
    """Return why a check of `/ready` does not hold; empty if it does."""
    return str(httpx.get(f"{url}/ready").json().get("reasons", {}).get(check, ""))


@pytest.mark.nightly
def test_a_message_that_was_set_aside_can_be_published_again(site: Site) -> None:
    """Once its schema is registered; the audit agrees with what was counted at first."""
    deployment = site.deployment
    [row, *rows] = vectors(4, aircraft=4, start=int(time.time()) - 60)
    several = json.loads(read_schema(avro_rows.SEVERAL_ROWS_FILE))
    text = json.dumps({**several, "doc": "registered later"})
    unknown = 1 + site.registry.register("before", "AVRO", json.dumps({**several, "doc": "before"}))
    value = frame(unknown, avro_rows.encode_rows(rows))
    deployment.publish([Outgoing(value, headers=(), partition=0)])
    archive = deployment.archive(**site.settings)
    deployment.wait_until_stored()
    assert site.stored() == []
    archive.stop()
    assert site.registry.register("later", "AVRO", text) == unknown
    deployment.publish([Outgoing(encode(row), row.icao24.encode(), headers=(), partition=0)])
    deployment.archive(**site.settings)
    deployment.wait_until_stored()
    retried = deployment.command(
        "dead-letters", "retry", "--reason", "no such schema", **site.settings
    )
    assert retried.returncode == 0, retried.stdout + retried.stderr
    deployment.wait_until_stored()
    assert by_key(site.stored()) == by_key(site.expected([row, *rows]))
    audit = run_audit(deployment.environment | site.settings, kafka=True)
    assert audit.stdout.startswith("audit clean"), audit.stdout + audit.stderr


async def test_a_refused_schema_ends_the_collector(
    registry: Registry, topic_name: Callable[[], str]
) -> None:
    """Another producer has made the subject with a schema of its own."""
    topic = topic_name()
    subject = f"{topic}-{avro_rows.ONE_ROW_NAME}"
    other = {"type": "record", "name": "Other", "fields": [{"name": "x", "type": "long"}]}
    registry.register(subject, "AVRO", json.dumps(other))
    registry.require_compatibility(subject, "BACKWARD_TRANSITIVE")
    settings = KafkaSettings(topic=topic, encoding="avro", schema_registry_url=registry.url)
    with pytest.raises(EncodingError, match="refuses the schema of subject"):
        await open_encoding(settings, FakeClock())


def test_the_collector_writes_what_the_setting_says(registry: Registry, tmp_path: Path) -> None:
    """It waits for a registry that does not answer, and publishes nothing meanwhile."""
    with (
        simulator(tmp_path) as opensky,
        serving("-c", MOCK_BROKER, folder=tmp_path) as broker,
        TcpProxy(registry.port) as proxy,
    ):
        proxy.cut()
        settings = {
            "KAFKA_ENCODING": "protobuf",
            "KAFKA_SCHEMA_REGISTRY_URL": registry.url_at(proxy.port),
        }
        collector = CollectorProcess(tmp_path, environment(opensky, broker) | settings)
        try:
            collector.wait_for("schema_registry_unusable")
            assert not collector.events("started")
            proxy.restore()
            collector.wait_for("polled")
            assert collector.stop() == 0
        finally:
            collector.end()
        values = [record.value for record in audit_log.read_log(broker, "telemetry.raw")]
        reader = FramedValues(KafkaSettings(schema_registry_url=registry.url))
        rows = [decode_value(reader.to_json(value or b"")) for value in values]
    assert len({row.icao24 for row in rows}) > 100
