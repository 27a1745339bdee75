"""What both halves ask of Kafka: which log it is, what it holds, and what an error means."""

from confluent_kafka import (
    Consumer,
    IsolationLevel,
    KafkaError,
    KafkaException,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._listoffsets import OffsetSpec

from processor.errors import FatalError, LostLogError, UnavailableError
from processor.message import LogIdentity, Watermarks
from telemetry.settings import KafkaSettings

TIMEOUT_SECONDS = 5.0
"""For one question to the broker; whoever asks asks again."""

_LOST = (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE)  # noqa: SLF001 - its name
_REFUSED = (
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.GROUP_AUTHORIZATION_FAILED,
    KafkaError.SASL_AUTHENTICATION_FAILED,
    KafkaError._AUTHENTICATION,  # noqa: SLF001 - its name
)


def consumer_config(settings: KafkaSettings, group_id: str) -> dict[str, str | int | float | bool]:
    """Return what both halves need; offsets are ours to keep, and never reset silently."""
    return {
        **settings.connection(),
        "group.id": group_id,
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "error",
        "isolation.level": "read_committed",
        # A fast reader is stalled for this long whenever the prefetch queue is full.
        "fetch.queue.backoff.ms": 5,
        # Of the default 64 MiB an archive that waits for its database would hold all.
        "queued.max.messages.kbytes": 8_192,
        "fetch.wait.max.ms": 100,
    }


class Broker:
    """Answers which log a topic is, over one connection that is kept for such questions."""

    def __init__(
        self, settings: KafkaSettings, *, timeout_seconds: float = TIMEOUT_SECONDS
    ) -> None:
        self._timeout_seconds = timeout_seconds
        self._servers = settings.bootstrap_servers
        self._topic = settings.topic
        # Errors only: a client that is asked one question has nothing else to say.
        self._admin = AdminClient({**settings.connection(), "log_level": 3})

    def identify(self) -> LogIdentity:
        """Ask which log the topic is now.

        Raises:
            UnavailableError: The broker does not answer, or has not the topic yet.
        """
        try:
            metadata = self._admin.list_topics(self._topic, timeout=self._timeout_seconds)
        except KafkaException as error:
            raise UnavailableError(f"{self._servers}: {error}") from error
        partitions = metadata.topics[self._topic].partitions
        if not partitions:
            raise UnavailableError(f"{self._servers} has no topic {self._topic} yet")
        cluster_id, topic_id = str(metadata.cluster_id), self._topic_id()
        if is_embedded(cluster_id):
            # Its name holds an address in memory, which another start may happen to have again.
            cluster_id, topic_id = f"{cluster_id} {topic_id}", None
        return LogIdentity(
            cluster_id=cluster_id,
            topic=self._topic,
            topic_id=topic_id,
            partitions=len(partitions),
        )

    def _topic_id(self) -> str | None:
        """Ask for the topic's identity; brokers before Kafka 2.8 have none."""
        topics = TopicCollection([self._topic])
        described = self._admin.describe_topics(topics, request_timeout=self._timeout_seconds)
        try:
            return str(described[self._topic].result(timeout=2 * self._timeout_seconds).topic_id)
        except TimeoutError as error:
            raise UnavailableError(f"{self._servers}: no answer in time") from error
        except KafkaException as error:
            if error.args[0].code() == KafkaError._UNSUPPORTED_FEATURE:  # noqa: SLF001 - its name
                return None
            raise UnavailableError(f"{self._servers}: {error}") from error

    def read_ends(self, partitions: int) -> dict[int, int]:
        """Ask for the next offset of each partition, of all or of none.

        Raises:
            UnavailableError: The broker of one of them does not answer.
        """
        latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]
        wanted = {TopicPartition(self._topic, number): latest for number in range(partitions)}
        asked = self._admin.list_offsets(
            wanted,
            isolation_level=IsolationLevel.READ_COMMITTED,
            request_timeout=self._timeout_seconds,
        )
        ends = {}
        for where, answer in asked.items():
            try:
                ends[where.partition] = answer.result(timeout=2 * self._timeout_seconds).offset
            except (KafkaException, TimeoutError) as error:
                reason = str(error) or "no answer in time"
                raise UnavailableError(f"{self._topic}[{where.partition}]: {reason}") from error
        return ends


def is_embedded(cluster_id: str) -> bool:
    """Tell librdkafka's development broker by its name: it cannot look offsets up by time."""
    return cluster_id.startswith("mockCluster")


def read_watermarks(consumer: Consumer, topic: str, partition: int) -> Watermarks:
    """Ask which offsets a partition holds.

    Raises:
        UnavailableError: The broker does not answer.
    """
    try:
        held = consumer.get_watermark_offsets(
            TopicPartition(topic, partition), timeout=TIMEOUT_SECONDS
        )
    except KafkaException as error:
        raise UnavailableError(f"{topic}[{partition}]: {error}") from error
    if held is None:
        raise UnavailableError(f"{topic}[{partition}]: no answer in {TIMEOUT_SECONDS} s")
    return Watermarks(*held)


def check(error: KafkaError | None) -> None:
    """Sort out the errors that a consumer meets among its messages; most pass by themselves.

    Raises:
        LostLogError: The next offset is no longer, or not yet, in the log.
        FatalError: The broker refuses us, or the client cannot go on.
    """
    if error is None:
        return
    if error.code() in _LOST:
        raise LostLogError(f"messages were removed before they were read: {error.str()}")
    if error.code() in _REFUSED or error.fatal():
        raise FatalError(f"Kafka: {error.str()}. See the kafka section of the settings")
