"""Make invented state vectors, and publish messages of any kind, each acknowledged."""

import random
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeVar

from confluent_kafka import KafkaError, Message, Producer

from telemetry.codec import CONTENT_TYPE, SCHEMA_VERSION, encode
from telemetry.state_vector import StateVector
from testkit.state_vectors import START

Value = TypeVar("Value")

TIMEOUT_S = 30.0

HEADERS = (("schema-version", SCHEMA_VERSION), ("content-type", CONTENT_TYPE))


class Outgoing(NamedTuple):
    """A message to publish; without a partition its key decides."""

    value: bytes | None
    key: bytes | None = None
    headers: Sequence[tuple[str, bytes]] = HEADERS
    partition: int = -1
    timestamp_ms: int = 0


def vectors(
    count: int, *, aircraft: int = 200, first: int = 0, start: int = START, seed: int = 1
) -> list[StateVector]:
    """Return state vectors with different keys; every field that may be absent is, at times."""
    chance = random.Random(seed)
    return [
        _vector(chance, first + number % aircraft, start + number // aircraft)
        for number in range(count)
    ]


def _vector(chance: random.Random, number: int, last_contact: int) -> StateVector:
    def perhaps(value: Value) -> Value | None:
        return None if chance.random() < 0.15 else value

    return StateVector(
        icao24=f"{number:06x}",
        callsign=perhaps(f"TST{number % 10_000}"),
        origin_country=perhaps(chance.choice(["Côte d'Ivoire", "Switzerland", "Türkiye"])),
        time_position=perhaps(last_contact - chance.randrange(10)),
        last_contact=last_contact,
        longitude=perhaps(chance.uniform(-180, 180)),
        latitude=perhaps(chance.uniform(-90, 90)),
        baro_altitude=perhaps(chance.uniform(-100, 15_000)),
        on_ground=chance.random() < 0.1,
        velocity=perhaps(chance.uniform(0, 320)),
        true_track=perhaps(chance.uniform(0, 360)),
        vertical_rate=perhaps(chance.uniform(-30, 30)),
        sensors=None if chance.random() < 0.9 else [chance.randrange(2**31) for _ in range(3)],
        geo_altitude=perhaps(chance.uniform(-100, 15_000)),
        squawk=perhaps(f"{chance.randrange(8**4):04o}"),
        spi=chance.random() < 0.01,
        position_source=chance.randrange(4),
        category=perhaps(chance.randrange(21)),
    )


def as_messages(state_vectors: Iterable[StateVector], partition: int = -1) -> list[Outgoing]:
    """Return what the collector would publish."""
    return [
        Outgoing(encode(vector), vector.icao24.encode(), partition=partition)
        for vector in state_vectors
    ]


def publish(
    bootstrap_servers: str,
    topic: str,
    messages: Iterable[Outgoing],
    *,
    is_idempotent: bool = True,
) -> None:
    """Return when the broker has acknowledged every message.

    Raises:
        RuntimeError: It has not taken some.
    """
    failed: list[str] = []

    def report(error: KafkaError | None, _message: Message) -> None:
        if error is not None:
            failed.append(error.str())

    producer = Producer(
        {
            "bootstrap.servers": bootstrap_servers,
            "enable.idempotence": is_idempotent,
            "partitioner": "murmur2_random",
            "message.max.bytes": 8_000_000,
            "log_level": 0,
        }
    )
    for message in messages:
        producer.produce(
            topic,
            message.value,
            message.key,
            partition=message.partition,
            headers=list(message.headers),
            timestamp=message.timestamp_ms,
            on_delivery=report,
        )
        producer.poll(0)
    left = producer.flush(TIMEOUT_S)
    if left or failed:
        raise RuntimeError(f"{left} messages not delivered; refused: {failed[:3]}")
