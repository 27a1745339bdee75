"""What both halves need of Kafka: the identity of the log, its offsets, and its errors."""

import contextlib
import time
from concurrent.futures import wait
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
from kafka_client.errors import REFUSALS, BrokerErrors
from kafka_client.topic_policy import find_shortcomings, read_topic
from processor.errors import FatalError, LogLostError, ReconnectError
from processor.message import LogIdentity, Watermarks

TIMEOUT_SECONDS = 5.0
"""Longest wait for an answer of the broker; the caller retries."""

RECHECK_SECONDS = 1.0
"""Time between two checks whether a broker that did not answer is back."""

POLICY_SECONDS = 3_600.0
"""Time between two checks of the topic's settings, which may be changed at the broker."""

_LOST = (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE)  # noqa: SLF001 - its name

Client = TypeVar("Client", Consumer, AdminClient)

log = structlog.get_logger()


def broker_errors(settings: KafkaSettings, half: str) -> BrokerErrors:
    """Return the error state of a half's Kafka client, which logs the reason once a minute."""

    def log_reason(reason: str) -> None:
        log.warning("kafka_unusable", half=half, reason=reason, hint="it is tried again")

    return BrokerErrors(settings, client=half, on_trouble=log_reason)


def note_answer(errors: BrokerErrors) -> None:
    """Note that the broker answers, and log it if it did not before."""
    if errors.answered():
        log.info("kafka_usable", half=errors.client)


def consumer_config(group_id: str, errors: BrokerErrors) -> dict[str, Any]:
    """Return the settings of both halves' consumers, which never reset offsets by themselves."""
    return {
        **errors.client_config(),
        "group.id": group_id,
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "error",
        "isolation.level": "read_committed",
        # A fast reader is stalled for this long whenever the prefetch queue is full.
        "fetch.queue.backoff.ms": 5,
        # An archive that waits for its database would fill the default of 64 MiB.
        "queued.max.messages.kbytes": 8_192,
        "fetch.wait.max.ms": 100,
    }


def make_client(kind: type[Client], config: dict[str, Any]) -> Client:
    """Make a client of librdkafka.

    Raises:
        ReconnectError: A file that the settings name was removed since the start.
    """
    try:
        return kind(config)
    except KafkaException as error:
        raise ReconnectError(f"no Kafka client can be made: {error.args[0].str()}") from error


class Broker:
    """Requests metadata of the topic over a connection of its own."""

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
        # Kafka closes idle connections, which says nothing about the consumer's connection.
        self._own_errors = BrokerErrors(settings, client=f"{errors.client} metadata")
        self._errors = errors
        config = self._own_errors.client_config()
        self._admin = make_client(AdminClient, config | errors.backoff())
        self._policy_at = 0.0

    @property
    def is_refused(self) -> bool:
        """Whether Kafka refuses this client until an operator acts."""
        return self._own_errors.is_refused

    def identify(self) -> LogIdentity:
        """Return which log the topic is at this moment.

        It waits for the answer outside librdkafka, where the end of a wait is a moment of the
        wall clock, which may be set back meanwhile. It does not use `describe_cluster`: librdkafka
        2.16.0 aborts the process if the answer names no broker, which is the case for a moment
        when the only one was suspended for longer than its session.

        Raises:
            ReconnectError: The broker does not answer, or does not have the topic yet.
        """
        timeout = self._timeout_seconds
        topics = TopicCollection([self._topic])
        described = self._admin.describe_topics(topics, request_timeout=timeout)[self._topic]
        try:
            topic = described.result(2 * timeout)
            cluster_id = str(self._admin.cluster_id(timeout=0))  # that answer has named it
        except TimeoutError as error:
            raise self._failed(KafkaError(KafkaError._TIMED_OUT)) from error  # noqa: SLF001
        except KafkaException as error:
            if error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
                raise self._not_there() from error
            failed = self._failed(error.args[0])
            # librdkafka goes on asking a broker that has fallen silent. A new client asks one that
            # has answered it, and connects less often after a refusal.
            self._admin = make_client(AdminClient, self._own_errors.client_config())
            raise failed from error
        if not topic.partitions:
            raise self._not_there()
        topic_id: str | None = str(topic.topic_id)
        if is_embedded(cluster_id):
            # Its name contains an address in memory, which another start may get again.
            cluster_id, topic_id = f"{cluster_id} {topic_id}", None
        return LogIdentity(
            cluster_id=cluster_id,
            topic=self._topic,
            topic_id=topic_id,
            partitions=len(topic.partitions),
        )

    def _not_there(self) -> ReconnectError:
        return ReconnectError(f"{self._servers} has no topic {self._topic} yet")

    def _failed(self, error: KafkaError) -> ReconnectError:
        """Return the error of a failed request, with the cause that its client reports."""
        self._admin.poll(0)
        reason = self._own_errors.explain(error)
        self._errors.fail(reason, is_refusal=self.is_refused)
        return ReconnectError(reason)

    def warn_of_policy(self) -> None:
        """Log, at most once an hour, settings of the topic by which Kafka may lose messages."""
        self._admin.poll(0)
        if time.monotonic() < self._policy_at:
            return
        self._policy_at = time.monotonic() + POLICY_SECONDS
        with contextlib.suppress(KafkaException):  # the collector reports what cannot be read
            for each in find_shortcomings(read_topic(self._admin, self._topic), self._settings):
                if each.loses_messages:
                    log.error("topic_endangers_messages", setting=each.setting, reason=each.text)

    def read_ends(self, partitions: int) -> dict[int, int]:
        """Return the next offset of every partition.

        Raises:
            ReconnectError: The broker of one of them does not answer.
        """
        latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]
        wanted = {TopicPartition(self._topic, number): latest for number in range(partitions)}
        requested = self._admin.list_offsets(
            wanted,
            isolation_level=IsolationLevel.READ_COMMITTED,
            request_timeout=self._timeout_seconds,
        )
        wait(requested.values(), timeout=2 * self._timeout_seconds)
        ends = {}
        for where, answer in requested.items():
            try:
                ends[where.partition] = answer.result(timeout=0).offset
            except (KafkaException, TimeoutError) as error:
                reason = str(error) or "no answer in time"
                raise ReconnectError(f"{self._topic}[{where.partition}]: {reason}") from error
        return ends


def is_embedded(cluster_id: str) -> bool:
    """Whether it is librdkafka's development broker, which cannot look up offsets by time."""
    return cluster_id.startswith("mockCluster")


def read_watermarks(consumer: Consumer, topic: str, partition: int) -> Watermarks:
    """Return which offsets a partition holds.

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
    """Check whether a broker that did not answer is back, which an idle topic would not show.

    Raises:
        ReconnectError: The broker has refused the client for long: another connects less often.
    """
    if errors.needs_slower_client:
        raise ReconnectError(errors.explain())
    with contextlib.suppress(KafkaException):
        consumer.list_topics(topic, timeout=RECHECK_SECONDS)
        note_answer(errors)


def check(error: KafkaError | None, errors: BrokerErrors) -> None:
    """Raise an error that a consumer gets among its messages, unless it passes by itself.

    Raises:
        LogLostError: The log does not hold the next offset.
        ReconnectError: The broker refuses the client until an operator acts.
        FatalError: The client cannot continue.
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
