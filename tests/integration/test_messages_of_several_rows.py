"""Messages of several rows on a real Kafka: their partitions, and how the live half shows them."""

import json
import random
import secrets
import time
from collections import defaultdict
from collections.abc import Callable

import httpx
import pytest
from confluent_kafka import Consumer, KafkaError, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewPartitions
from httpx_sse import connect_sse
from prometheus_client import CollectorRegistry

from collector.messages import Origin
from collector.metrics import Metrics
from collector.partitioner import murmur2
from collector.publisher import PARTITIONS_EVERY_SECONDS, Publisher
from configuration.shared_sections import KafkaSettings
from telemetry.codec import decode_rows, encode, encode_rows, has_several_rows
from telemetry.state_vector import StateVector
from testkit.deployment import Deployment
from testkit.kafka import Kafka
from testkit.producer import HEADERS, Outgoing, as_messages, vectors
from testkit.waiting import wait_until
from tests.unit.collector.conftest import NOW, FakeClock

pytestmark = pytest.mark.real_kafka

KEYS = 20_000
AIRCRAFT = 400


@pytest.fixture
def topic(kafka: Kafka, topic_name: Callable[[], str]) -> str:
    """Give the name of a topic that does not exist yet, on a Kafka that runs."""
    kafka.start()
    return topic_name()


def some_keys() -> list[bytes]:
    """Return addresses of aircraft, and keys of every length up to 40 bytes."""
    addresses = [secrets.token_hex(3).encode() for _ in range(KEYS)]
    return [*addresses, *(random.randbytes(length) for length in range(1, 41))]


@pytest.mark.parametrize("partitions", [1, 7, 12])
def test_the_partition_of_a_key_is_that_of_the_producer(
    kafka: Kafka, topic: str, partitions: int
) -> None:
    """Rows of both kinds of messages stay in one partition, and in order."""
    kafka.create_topic(topic, partitions)
    found: dict[bytes, int] = {}

    def report(error: KafkaError | None, message: Message) -> None:
        assert error is None
        found[message.key() or b""] = message.partition() or 0

    producer = Producer(
        {"bootstrap.servers": kafka.bootstrap_servers, "partitioner": "murmur2_random"}
    )
    keys = some_keys()
    for key in keys:
        producer.produce(topic, b"", key, on_delivery=report)
        producer.poll(0)
    assert producer.flush(60) == 0
    assert found == {key: murmur2(key) % partitions for key in keys}


def read(kafka: Kafka, topic: str, partitions: int) -> list[Message]:
    """Return all messages of a topic."""
    consumer = Consumer({"bootstrap.servers": kafka.bootstrap_servers, "group.id": "test"})
    positions = [TopicPartition(topic, number, 0) for number in range(partitions)]
    total = sum(consumer.get_watermark_offsets(each, timeout=10)[1] for each in positions)
    consumer.assign(positions)
    found: list[Message] = []
    while len(found) < total:
        found += [each for each in consumer.consume(1_000, 0.5) if each.error() is None]
    consumer.close()
    return found


async def test_added_partitions_get_rows(kafka: Kafka, topic: str) -> None:
    """From one answer to the next: all rows of an answer are divided by one number."""
    kafka.create_topic(topic, 3)
    settings = KafkaSettings(
        bootstrap_servers=kafka.bootstrap_servers, topic=topic, rows_per_message=50
    )
    clock = FakeClock()
    publisher = Publisher(settings=settings, metrics=Metrics(CollectorRegistry()), clock=clock)
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap_servers})
    partitions_of = {}
    for poll, partitions in enumerate((3, 5)):
        if partitions > 3:
            admin.create_partitions([NewPartitions(topic, partitions)])[topic].result(20)
            wait_until(
                lambda: len(admin.list_topics(topic).topics[topic].partitions) == 5,
                timeout_s=20,
                what="more partitions",
            )
        clock.time += PARTITIONS_EVERY_SECONDS
        origin = Origin(NOW + poll, "global", "")
        rows = vectors(AIRCRAFT, aircraft=AIRCRAFT, start=NOW + poll)
        await publisher.publish(rows, [], origin=origin, settle=lambda *_: None)
        await publisher.drain(20)
        partitions_of[NOW + poll] = partitions
    assert publisher.failed == 0
    seen: dict[int, set[str]] = defaultdict(set)
    messages = read(kafka, topic, 5)
    for message in messages:
        assert has_several_rows(message.value())
        for row in decode_rows(message.value() or b""):
            count = partitions_of[row.last_contact]
            assert murmur2(row.icao24.encode()) % count == message.partition()
            seen[row.last_contact].add(row.icao24)
    assert {time: len(found) for time, found in seen.items()} == dict.fromkeys(
        partitions_of, AIRCRAFT
    )
    assert {each.partition() for each in messages} == set(range(5))


def one_answer(rows: list[StateVector], poll_time: int) -> list[Outgoing]:
    """Return an answer of six messages: rows alone and several together."""
    groups = [rows[:1], rows[1:2], rows[2:30], rows[30:31], rows[31:80], rows[80:]]
    headers = (
        *HEADERS,
        ("poll-time", str(poll_time).encode()),
        ("source", b"global"),
        ("poll-messages", str(len(groups)).encode()),
    )
    return [
        Outgoing(
            encode(group[0]) if len(group) == 1 else encode_rows(group),
            headers=headers,
            partition=number % 4,
        )
        for number, group in enumerate(groups)
    ]


def publish_slowly(deployment: Deployment, messages: list[Outgoing]) -> None:
    """Publish for longer than `live.tick_seconds`, with pauses longer than `live.quiet_seconds`."""
    producer = Producer({"bootstrap.servers": deployment.kafka.bootstrap_servers, "linger.ms": 0})
    for message in messages:
        producer.produce(
            deployment.topic,
            message.value,
            message.key,
            message.partition,
            headers=list(message.headers),
        )
        assert producer.flush(10) == 0
        time.sleep(0.3)


@pytest.mark.real_database
def test_an_answer_with_pauses_in_it_is_one_update(deployment: Deployment) -> None:
    """The producer takes 1.8 s for it; the messages say that they belong together."""
    now = int(time.time())
    deployment.publish(as_messages(vectors(AIRCRAFT, aircraft=AIRCRAFT, start=now - 20)))
    url = deployment.live().url
    with httpx.Client() as client, connect_sse(client, "GET", f"{url}/sse/flights") as source:
        events = (event for event in source.iter_sse() if event.data)
        assert next(events).event == "snapshot"
        rows = vectors(120, aircraft=120, start=now)
        publish_slowly(deployment, one_answer(rows, now))
        update = next(event for event in events if event.event == "update")
    states = {state["icao24"] for state in json.loads(update.data)["states"]}
    assert states == {row.icao24 for row in rows}
