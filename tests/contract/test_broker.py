"""What every broker promises: one suite on the embedded broker and on real Apache Kafka."""

import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from confluent_kafka import (
    OFFSET_END,
    Consumer,
    KafkaError,
    Message,
    Producer,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._listoffsets import OffsetSpec

from standalone.broker import EmbeddedBroker
from testkit.kafka import Kafka

Setting = str | int | bool

_PARTITIONS = 12
_TIMEOUT_S = 20.0
_POLL_S = 0.2


@dataclass(frozen=True)
class Log:
    """An empty topic of 12 partitions on some broker."""

    bootstrap_servers: str
    topic: str
    is_embedded: bool

    def settings(self, **more: Setting) -> dict[str, Any]:
        """Give client settings: this broker, `more` with dots for underscores."""
        named = {name.replace("_", "."): value for name, value in more.items()}
        return {"bootstrap.servers": self.bootstrap_servers, "log_level": 0, **named}

    def publish(self, values: int, *, partition: int = 0, **more: Setting) -> list[Message]:
        """Produce `values` messages to one partition and give their delivery reports."""
        return publish(
            self,
            ({"value": b"%d" % n, "partition": partition} for n in range(values)),
            **more,
        )

    def consumer(self, **more: Setting) -> Consumer:
        """Give a consumer that commits nothing by itself and reports every error."""
        settings: dict[str, Setting] = {
            "group_id": "readers",
            "enable_auto_commit": False,
            "enable_partition_eof": False,
        }
        return Consumer(self.settings(**{**settings, "auto_offset_reset": "error", **more}))

    def admin(self) -> AdminClient:
        """Give an admin client."""
        return AdminClient(self.settings())

    def identity(self) -> tuple[str, str]:
        """Give the ids of the cluster and of the topic."""
        admin = self.admin()
        described = admin.describe_topics(TopicCollection([self.topic]))[self.topic]
        topic_id = described.result(_TIMEOUT_S).topic_id
        return str(admin.list_topics(timeout=_TIMEOUT_S).cluster_id), str(topic_id)

    def at(self, partition: int, offset: int) -> TopicPartition:
        """Give a place in this topic."""
        return TopicPartition(self.topic, partition, offset)


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.real_kafka)])
def log(request: pytest.FixtureRequest, topic_name: Callable[[], str]) -> Iterator[Log]:
    """Give an empty topic on each kind of broker."""
    topic = topic_name()
    if request.param == "embedded":
        with EmbeddedBroker(topic, _PARTITIONS) as broker:
            yield Log(broker.bootstrap_servers, topic, is_embedded=True)
        return
    kafka: Kafka = request.getfixturevalue("kafka")
    kafka.create_topic(topic, _PARTITIONS)
    yield Log(kafka.bootstrap_servers, topic, is_embedded=False)


def publish(log: Log, messages: Iterator[dict[str, Any]], **more: Setting) -> list[Message]:
    """Produce with an idempotent producer; each delivery report has to be free of errors."""
    reports: list[Message] = []

    def report(error: KafkaError | None, message: Message) -> None:
        assert error is None
        reports.append(message)

    producer = Producer(log.settings(enable_idempotence=True, acks="all", **more))
    for message in messages:
        producer.produce(log.topic, on_delivery=report, **message)
    assert producer.flush(_TIMEOUT_S) == 0
    return reports


def read(consumer: Consumer, count: int) -> list[Message]:
    """Read `count` messages; an error among them fails."""
    messages: list[Message] = []
    deadline = time.monotonic() + _TIMEOUT_S
    while len(messages) < count and time.monotonic() < deadline:
        for message in consumer.consume(count - len(messages), _POLL_S):
            assert message.error() is None
            messages.append(message)
    assert len(messages) == count
    return messages


def read_all(log: Log, count: int, **more: Setting) -> list[Message]:
    """Read `count` messages from the beginning of all partitions."""
    consumer = log.consumer(**more)
    consumer.assign([log.at(partition, 0) for partition in range(_PARTITIONS)])
    try:
        return read(consumer, count)
    finally:
        consumer.close()


def test_topic_has_the_partitions_that_were_asked_for(log: Log) -> None:
    """The layout of the log is the same in development and in operation."""
    topics = log.admin().list_topics(log.topic, timeout=_TIMEOUT_S).topics
    assert sorted(topics[log.topic].partitions) == list(range(_PARTITIONS))


def test_idempotent_producer_gets_every_offset_once(log: Log) -> None:
    """Delivery reports account for every message, without gaps or repetitions."""
    reports = log.publish(1_000)
    assert sorted(report.offset() or 0 for report in reports) == list(range(1_000))


def test_key_headers_and_timestamp_arrive(log: Log) -> None:
    """A message is more than its value."""
    headers = [("schema-version", b"1"), ("source", b"opensky"), ("empty", b"")]
    sent = {"value": b"v", "key": b"4b1814", "headers": headers, "timestamp": 1_700_000_000_123}
    publish(log, iter([sent]))
    [message] = read_all(log, 1)
    assert (message.key(), message.value()) == (b"4b1814", b"v")
    assert message.headers() == headers
    assert message.timestamp()[1] == 1_700_000_000_123


@pytest.mark.parametrize("codec", ["zstd", "lz4"])
def test_compressed_messages_arrive(log: Log, codec: str) -> None:
    """Both codecs that the collector may be set to."""
    publish(
        log,
        ({"value": b"%d" % n * 100, "partition": 3} for n in range(500)),
        compression_codec=codec,
        linger_ms=50,
    )
    values = [message.value() for message in read_all(log, 500)]
    assert values == [b"%d" % n * 100 for n in range(500)]


def test_messages_of_one_key_stay_in_one_partition_in_order(log: Log) -> None:
    """All state vectors of an aircraft are read in the order they were published."""
    keys = [b"%06x" % n for n in range(40)]
    sent = [(key, b"%d" % n) for n, key in itertools.product(range(25), keys)]
    publish(
        log, ({"key": key, "value": value} for key, value in sent), partitioner="murmur2_random"
    )
    messages = read_all(log, len(sent))
    for key in keys:
        of_key = [message for message in messages if message.key() == key]
        assert len({message.partition() for message in of_key}) == 1
        assert [message.value() for message in of_key] == [b"%d" % n for n in range(25)]
    assert len({message.partition() for message in messages}) > 1


def test_watermarks_are_the_first_and_the_next_offset(log: Log) -> None:
    """Lag is computed from them."""
    log.publish(7, partition=2)
    consumer = log.consumer()
    assert consumer.get_watermark_offsets(log.at(2, 0), timeout=_TIMEOUT_S) == (0, 7)
    assert consumer.get_watermark_offsets(log.at(1, 0), timeout=_TIMEOUT_S) == (0, 0)
    consumer.close()


def test_assignment_starts_at_the_given_offset(log: Log) -> None:
    """The archive starts where its row in the database says."""
    log.publish(10, partition=4)
    consumer = log.consumer()
    consumer.assign([log.at(4, 6)])
    assert [message.offset() for message in read(consumer, 4)] == [6, 7, 8, 9]
    consumer.close()


def test_assignment_at_the_end_waits_for_the_next_message(log: Log) -> None:
    """The first offset that does not exist yet is no error."""
    log.publish(3)
    consumer = log.consumer()
    consumer.assign([log.at(0, 3)])
    assert consumer.poll(0.5) is None
    log.publish(1)
    assert [message.offset() for message in read(consumer, 1)] == [3]
    consumer.close()


def test_offset_out_of_range_is_reported_not_reset(log: Log) -> None:
    """A consumer that fell behind retention has to know."""
    log.publish(3)
    consumer = log.consumer()
    consumer.assign([log.at(0, 1_000)])
    message = consumer.poll(_TIMEOUT_S)
    assert message is not None
    error = message.error()
    assert error is not None
    assert error.code() == KafkaError._AUTO_OFFSET_RESET
    consumer.close()


def test_paused_partition_is_silent_and_polling_goes_on(log: Log) -> None:
    """Back-pressure: pause, keep polling, resume without a gap."""
    log.publish(5, partition=0)
    log.publish(5, partition=1)
    consumer = log.consumer()
    consumer.assign([log.at(0, 0), log.at(1, 0)])
    consumer.pause([log.at(0, 0)])
    assert {message.partition() for message in read(consumer, 5)} == {1}
    assert consumer.poll(0.5) is None
    consumer.resume([log.at(0, 0)])
    assert [message.offset() for message in read(consumer, 5)] == [0, 1, 2, 3, 4]
    consumer.close()


@pytest.mark.parametrize(
    "protocol",
    [
        {"group_protocol": "consumer"},
        # The embedded broker ignores that a member of the classic protocol leaves, and makes the
        # next one wait until the session of the first has ended.
        {"group_protocol": "classic", "session_timeout_ms": 6_000},
    ],
    ids=["consumer", "classic"],
)
def test_group_goes_on_where_it_committed(log: Log, protocol: dict[str, Setting]) -> None:
    """Commits are advisory for us, and still what lag exporters read."""
    log.publish(10)
    settings: dict[str, Setting] = {"group_id": log.topic, "auto_offset_reset": "earliest"}
    first = log.consumer(**settings, **protocol)
    first.subscribe([log.topic])
    read(first, 10)
    first.commit(offsets=[log.at(0, 4)], asynchronous=False)
    first.close()
    second = log.consumer(**settings, **protocol)
    second.subscribe([log.topic])
    assert read(second, 1)[0].offset() == 4
    [committed] = second.committed([log.at(0, 0)], timeout=_TIMEOUT_S)
    assert committed.offset == 4
    second.close()


def test_cluster_and_topic_have_identities(log: Log) -> None:
    """The row of the archive names its log; the broker gives every client the same identity."""
    assert log.identity() == log.identity()
    assert all(log.identity())


def test_earliest_and_latest_offsets_can_be_listed(log: Log) -> None:
    """The way to both ends of the log that every broker knows."""
    log.publish(5)
    place, admin = log.at(0, 0), log.admin()
    earliest: OffsetSpec = OffsetSpec.earliest()  # type: ignore[no-untyped-call]
    latest: OffsetSpec = OffsetSpec.latest()  # type: ignore[no-untyped-call]
    for spec, offset in ((earliest, 0), (latest, 5)):
        listed = admin.list_offsets({place: spec})[place].result(_TIMEOUT_S)
        assert listed.offset == offset


def test_look_up_by_time_works_on_kafka_and_finds_only_the_end_on_embedded(log: Log) -> None:
    """The one known difference: the live half then reads from the oldest record."""
    times_ms = [1_700_000_000_000 + n * 1_000 for n in range(5)]
    publish(log, ({"value": b"", "partition": 0, "timestamp": time_ms} for time_ms in times_ms))
    consumer = log.consumer()
    asked = [0, times_ms[2], times_ms[-1] + 1]
    found = [consumer.offsets_for_times([log.at(0, at)], timeout=_TIMEOUT_S)[0] for at in asked]
    consumer.close()
    expected = [OFFSET_END] * 3 if log.is_embedded else [0, 2, OFFSET_END]
    assert [place.offset for place in found] == expected


def test_embedded_broker_drops_the_oldest_and_says_so(topic_name: Callable[[], str]) -> None:
    """Its memory is bounded; a consumer of expired offsets gets an error."""
    topic = topic_name()
    with EmbeddedBroker(topic, _PARTITIONS) as broker:
        log = Log(broker.bootstrap_servers, topic, is_embedded=True)
        publish(log, ({"value": bytes(100_000), "partition": 0} for _ in range(100)), batch_size=1)
        consumer = log.consumer()
        low, high = consumer.get_watermark_offsets(log.at(0, 0), timeout=_TIMEOUT_S)
        assert high == 100
        assert 0 < low < high
        consumer.assign([log.at(0, 0)])
        message = consumer.poll(_TIMEOUT_S)
        assert message is not None
        assert message.error() is not None
        consumer.close()


def test_embedded_broker_is_a_new_log_at_every_start(topic_name: Callable[[], str]) -> None:
    """So the archive never takes a new one for the continuation of the last."""
    topic = topic_name()
    identities: set[tuple[str, str]] = set()
    for _ in range(2):
        with EmbeddedBroker(topic, _PARTITIONS) as broker:
            log = Log(broker.bootstrap_servers, topic, is_embedded=True)
            identities.add(log.identity())
    assert len(identities) == 2


@pytest.mark.real_kafka
def test_kafka_keeps_its_log_over_a_kill(topic_name: Callable[[], str]) -> None:
    """What was acknowledged is there after SIGKILL, under the same identity and address."""
    topic = topic_name()
    with Kafka() as kafka:
        kafka.create_topic(topic, _PARTITIONS)
        log = Log(kafka.bootstrap_servers, topic, is_embedded=False)
        log.publish(100)
        identity = log.identity()
        kafka.kill()
        kafka.start()
        assert len(read_all(log, 100)) == 100
        assert log.identity() == identity
