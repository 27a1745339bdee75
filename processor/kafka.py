"""What both halves ask of Kafka: which log it is, what it holds, and what an error means."""

import contextlib
import time
from typing import Any, TypeVar

import structlog
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

from configuration.shared_sections import KafkaSettings
from kafka_client.errors import AUTHORIZATION, REFUSALS, BrokerErrors
from kafka_client.topic_policy import find_shortcomings, read_topic
from processor.errors import FatalError, LogLostError, ReconnectError
from processor.message import LogIdentity, Watermarks

TIMEOUT_SECONDS = 5.0
"""For one question to the broker; whoever asks asks again."""

RECHECK_SECONDS = 1.0
"""Between two looks whether a broker that was lost is back."""

POLICY_SECONDS = 3_600.0
"""Between two looks at the topic's settings, which anyone may change at the broker."""

_LOST = (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE)  # noqa: SLF001 - its name

Client = TypeVar("Client", Consumer, AdminClient)

log = structlog.get_logger()


def broker_errors(settings: KafkaSettings, half: str) -> BrokerErrors:
    """Return where a half's Kafka client reports, which logs the reason once a minute."""

    def say(reason: str) -> None:
        log.warning("kafka_unusable", half=half, reason=reason, hint="trying on")

    return BrokerErrors(settings, client=half, on_trouble=say)


def note_answer(errors: BrokerErrors) -> None:
    """Take note that the broker serves us, and log it after trouble."""
    if errors.answered():
        log.info("kafka_usable", half=errors.client)


def consumer_config(group_id: str, errors: BrokerErrors) -> dict[str, Any]:
    """Return what both halves need; offsets are ours to keep, and never reset silently."""
    return {
        **errors.client_config(),
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


def make_client(kind: type[Client], config: dict[str, Any]) -> Client:
    """Make a client of librdkafka's.

    Raises:
        ReconnectError: A file that the settings name has gone since the start.
    """
    try:
        return kind(config)
    except KafkaException as error:
        raise ReconnectError(f"no Kafka client can be made: {error.args[0].str()}") from error


class Broker:
    """Answers which log a topic is, over one connection that is kept for such questions."""

    def __init__(
        self,
        settings: KafkaSettings,
        errors: BrokerErrors,
        *,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        self._settings = settings
        self._timeout_seconds = timeout_seconds
        self._servers = settings.bootstrap_servers
        self._topic = settings.topic
        # Of its own: an idle connection that Kafka closes says nothing about the consumer's.
        self._own_errors = BrokerErrors(settings, client=f"{errors.client} questions")
        self._errors = errors
        self._admin = make_client(AdminClient, self._own_errors.client_config())
        self._policy_at = 0.0

    def identify(self) -> LogIdentity:
        """Ask which log the topic is now.

        Raises:
            ReconnectError: The broker does not answer, or has not the topic yet.
        """
        try:
            metadata = self._admin.list_topics(self._topic, timeout=self._timeout_seconds)
        except KafkaException as error:
            raise self._unavailable(error) from error
        found = metadata.topics[self._topic]
        if found.error is not None and found.error.code() in AUTHORIZATION:
            raise self._unavailable(KafkaException(found.error))
        partitions = found.partitions
        if not partitions:
            raise ReconnectError(f"{self._servers} has no topic {self._topic} yet")
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
            raise ReconnectError(f"{self._servers}: no answer in time") from error
        except KafkaException as error:
            if error.args[0].code() == KafkaError._UNSUPPORTED_FEATURE:  # noqa: SLF001 - its name
                return None
            raise self._unavailable(error) from error

    def _unavailable(self, error: KafkaException) -> ReconnectError:
        """Say why a question failed: its client knows when it is polled."""
        self._admin.poll(0)
        reason = self._own_errors.explain(error.args[0])
        self._errors.fail(reason)
        return ReconnectError(reason)

    def warn_of_policy(self) -> None:
        """Log, at most once an hour, that Kafka removes messages however soon they are stored."""
        self._admin.poll(0)
        if time.monotonic() < self._policy_at:
            return
        self._policy_at = time.monotonic() + POLICY_SECONDS
        with contextlib.suppress(KafkaException):  # the collector says what it could not look at
            for each in find_shortcomings(read_topic(self._admin, self._topic), self._settings):
                if each.loses_messages:
                    log.error("topic_endangers_messages", setting=each.setting, reason=each.text)

    def read_ends(self, partitions: int) -> dict[int, int]:
        """Ask for the next offset of each partition, of all or of none.

        Raises:
            ReconnectError: The broker of one of them does not answer.
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
                raise ReconnectError(f"{self._topic}[{where.partition}]: {reason}") from error
        return ends


def is_embedded(cluster_id: str) -> bool:
    """Tell librdkafka's development broker by its name: it cannot look offsets up by time."""
    return cluster_id.startswith("mockCluster")


def read_watermarks(consumer: Consumer, topic: str, partition: int) -> Watermarks:
    """Ask which offsets a partition holds.

    Raises:
        ReconnectError: The broker does not answer.
    """
    try:
        held = consumer.get_watermark_offsets(
            TopicPartition(topic, partition), timeout=TIMEOUT_SECONDS
        )
    except KafkaException as error:
        raise ReconnectError(f"{topic}[{partition}]: {error}") from error
    if held is None:
        raise ReconnectError(f"{topic}[{partition}]: no answer in {TIMEOUT_SECONDS} s")
    return Watermarks(*held)


def recheck(consumer: Consumer, topic: str, errors: BrokerErrors) -> None:
    """Ask a broker that was lost whether it is back: a quiet topic would not show it."""
    with contextlib.suppress(KafkaException):
        consumer.list_topics(topic, timeout=RECHECK_SECONDS)
        note_answer(errors)


def check(error: KafkaError | None, errors: BrokerErrors) -> None:
    """Sort out the errors that a consumer meets among its messages; most pass by themselves.

    Raises:
        LogLostError: The next offset is no longer, or not yet, in the log.
        ReconnectError: The broker refuses us until an operator changes something.
        FatalError: The client cannot go on.
    """
    if error is None:
        return
    if error.code() in _LOST:
        raise LogLostError(f"messages were removed before they were read: {error.str()}")
    if error.code() in REFUSALS:
        errors.note(error)
        raise ReconnectError(errors.explain(error))
    if error.fatal():
        raise FatalError(f"Kafka: {error.str()}. See the kafka section of the settings")
