"""A clock of one's own, rows as OpenSky writes them, and a Kafka broker in this process."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, Message, Producer, TopicPartition
from prometheus_client import CollectorRegistry

from collector.clock import Clock
from collector.metrics import Metrics
from collector.settings import OpenSkySettings
from configuration.shared_sections import KafkaSettings
from telemetry.state_vector import StateVector

TOPIC = "telemetry.raw"
NOW = 1_800_000_000


class FakeClock(Clock):
    """Time that passes only by pausing."""

    def __init__(self, time: float = NOW) -> None:
        super().__init__()
        self.time = time
        self.stop_at: float | None = None
        self.host_error = 0.0

    def now(self) -> float:
        """Return the time of the host's clock, which may be wrong."""
        return self.time + self.host_error

    def monotonic(self) -> float:
        """Return another zero point, so that mixing the two up shows."""
        return self.time - NOW + 1_000

    async def pause(self, seconds: float) -> None:
        """Let the time pass at once."""
        if not self.is_stopping:
            self.time += max(0.0, seconds)
            await asyncio.sleep(0)
            if self.stop_at is not None and self.time >= self.stop_at:
                self.stop()


def row(icao24: str = "4b1814", last_contact: int = NOW, **changes: object) -> list[Any]:
    """Return a row of `/states/all` with 18 columns; changes by the column's name."""
    values: dict[str, Any] = {
        "icao24": icao24,
        "callsign": "SWR28   ",
        "origin_country": "Switzerland",
        "time_position": last_contact,
        "last_contact": last_contact,
        "longitude": 8.5492,
        "latitude": 47,
        "baro_altitude": 11887.2,
        "on_ground": False,
        "velocity": 231,
        "true_track": 271.5,
        "vertical_rate": 0,
        "sensors": None,
        "geo_altitude": 12100.56,
        "squawk": "1000",
        "spi": False,
        "position_source": 0,
        "category": 4,
    }
    return list({**values, **changes}.values())


def state_vector(icao24: str = "4b1814", last_contact: int = NOW) -> StateVector:
    """Return the state vector of `row`."""
    values = row(icao24, last_contact)
    values[1] = "SWR28"
    return StateVector(*values)


class MockBroker:
    """librdkafka's own mock cluster: one broker in this process, four partitions a topic."""

    def __init__(self) -> None:
        self._owner = Producer(
            {"test.mock.num.brokers": 1, "bootstrap.servers": "ignored", "log_level": 2}
        )
        broker = next(iter(self._owner.list_topics(timeout=5).brokers.values()))
        self.address = f"{broker.host}:{broker.port}"
        self._owner.list_topics(TOPIC, timeout=5)

    def settings(self) -> KafkaSettings:
        """Return settings that lead here."""
        return KafkaSettings(bootstrap_servers=self.address)

    def end_offsets(self) -> dict[int, int]:
        """Return the number of messages by partition."""
        consumer = self._consumer()
        try:
            partitions = consumer.list_topics(TOPIC, timeout=5).topics[TOPIC].partitions
            return {
                number: consumer.get_watermark_offsets(TopicPartition(TOPIC, number), timeout=5)[1]
                for number in partitions
            }
        finally:
            consumer.close()

    def messages(self) -> list[Message]:
        """Return all messages of the topic."""
        ends = self.end_offsets()
        consumer = self._consumer()
        consumer.assign([TopicPartition(TOPIC, number, 0) for number in ends])
        found: list[Message] = []
        try:
            while len(found) < sum(ends.values()):
                found += [each for each in consumer.consume(500, 0.05) if each.error() is None]
        finally:
            consumer.close()
        return found

    def _consumer(self) -> Consumer:
        return Consumer(
            {
                "bootstrap.servers": self.address,
                "group.id": "test",
                "auto.offset.reset": "earliest",
                "enable.auto.commit": False,
                "log_level": 2,
            }
        )


@pytest.fixture
def broker() -> MockBroker:
    """Give an empty broker that has the topic."""
    return MockBroker()


@pytest.fixture
def clock() -> FakeClock:
    """Give a clock that stands still until someone pauses."""
    return FakeClock()


@pytest.fixture
def metrics() -> Metrics:
    """Give metrics with a registry of their own."""
    return Metrics(CollectorRegistry())


@pytest.fixture
def opensky_settings() -> OpenSkySettings:
    """Give settings that point to nowhere."""
    urls = {"api_url": "http://opensky.test/api", "token_url": "http://auth.test/token"}
    return OpenSkySettings.model_validate(urls)


@pytest.fixture
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder without config.yaml."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
