"""Read the partitions of this instance, batch by batch, in a thread of their own."""

import asyncio
import concurrent.futures
import contextlib
import math
import threading
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping
from itertools import groupby
from operator import methodcaller
from typing import Any, Protocol, TypeVar

import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from configuration.log_throttle import Throttle
from configuration.shared_sections import KafkaSettings
from processor.answers import AnswerCounts
from processor.archive.batch import Batch, Claim
from processor.archive.batch_result import Stored
from processor.archive.breaker import Breaker
from processor.archive.clock_doubt import ClockDoubt
from processor.archive.dead_letter_rate import DeadLetterRate
from processor.archive.identity_check import check_held, confirm
from processor.archive.metrics import ArchiveMetrics
from processor.archive.read_size import ReadSize
from processor.archive.time_window import TimeWindow
from processor.errors import ClockDoubtError, LogLostError, ReconnectError, StoppedError
from processor.framed_messages import Unframer
from processor.kafka import (
    RECHECK_SECONDS,
    Broker,
    broker_errors,
    check,
    consumer_config,
    make_client,
    note_answer,
    read_watermarks,
    recheck,
)
from processor.message import LogIdentity
from processor.polling import Polling
from processor.settings import ArchiveSettings

log = structlog.get_logger()

Result = TypeVar("Result")

_error_of = methodcaller("error")
_partition_of = methodcaller("partition")

CLAIM_SECONDS = 200
"""How long an assignment may wait for the database: less than max.poll.interval.ms (300 s)."""

STOP_SECONDS = 20
"""How long the last batch may take at shutdown; what is not stored then stays in the log."""

DOUBT_SECONDS = 10
"""Pause before messages are read again after their times raised doubts about the clocks here."""


class Store(Protocol):
    """The part of the writer that the consumer uses."""

    async def claim(self, oldest: dict[int, int]) -> list[Claim]: ...  # noqa: D102
    async def write(self, batch: Batch) -> Stored: ...  # noqa: D102


class ArchiveConsumer:
    """Reads, decodes and hands over batches; the next batch fills while the last is being stored.

    All calls of the Kafka consumer come from the thread of `run`. While the database is slow the
    partitions are paused, but polling continues, so that this instance stays in the group.
    """

    def __init__(
        self,
        *,
        kafka: KafkaSettings,
        archive: ArchiveSettings,
        store_for: Callable[[LogIdentity], Store],
        loop: asyncio.AbstractEventLoop,
        breaker: Breaker,
        metrics: ArchiveMetrics,
        window: TimeWindow | None = None,
    ) -> None:
        self._kafka = kafka
        self._archive = archive
        self._store_for = store_for
        self._store: Store
        self._loop = loop
        self._times = None if window is None else ClockDoubt(window, metrics)
        self._dead_letter_rate = DeadLetterRate(breaker, self._times)
        self._metrics = metrics
        self._stopping = threading.Event()
        self._stop_by = math.inf
        self._consumer: Consumer
        self._polling: Polling
        self._broker: Broker
        self._claims: dict[int, Claim] = {}
        self._stored: dict[int, int] = {}
        self._batch = Batch()
        self._batch_since = 0.0
        self._read_size = ReadSize()
        self._answers = AnswerCounts()
        self._write: concurrent.futures.Future[Stored] | None = None
        self._errors = broker_errors(kafka, "archive")
        self._unframer = Unframer(kafka)
        self._recheck_at = 0.0
        self._restarts = Throttle()
        self.is_assigned = False

    @property
    def broker_trouble(self) -> str | None:
        """Why Kafka, or its schema registry, cannot be used and what to do; None while it can."""
        return self._errors.reason or self._unframer.trouble

    def clock_trouble(self) -> str | None:
        """Return why the clocks here are doubted and nothing is stored; None if they are not."""
        return None if self._times is None else self._times.trouble

    def stop(self) -> None:
        """Ask `run` to store what it has read and return; from any thread."""
        self._stop_by = time.monotonic() + STOP_SECONDS
        self._stopping.set()

    def lag(self, ends: Mapping[int, int]) -> dict[int, int]:
        """Return how many messages of each owned partition are not stored; from any thread.

        Args:
            ends: The next offset of each partition of the log.
        """
        stored = dict(self._stored)
        owned = [number for number in list(self._claims) if number in stored and number in ends]
        return {number: max(0, ends[number] - stored[number]) for number in owned}

    def run(self) -> None:
        """Consume until `stop`; when the broker or the database does not answer, start over.

        Raises:
            FatalError: Nothing can be stored until an operator acts.
        """
        while not self._stopping.is_set():
            try:
                self._run_once()
            except ReconnectError as error:
                if self._restarts.admit(str(error)) is not None:
                    log.warning("archive_starts_over", reason=str(error))
                self._stopping.wait(1)
            except ClockDoubtError:
                self._stopping.wait(DOUBT_SECONDS)
            except StoppedError:
                return

    def _run_once(self) -> None:
        self._unframer.retry()
        config = consumer_config(self._kafka.group_id, self._errors)
        config["group.protocol"] = self._kafka.group_protocol
        if self._kafka.group_protocol == "classic":  # with the other protocol the broker decides
            config["partition.assignment.strategy"] = "cooperative-sticky"
            config["session.timeout.ms"] = self._archive.session_timeout_seconds * 1000
        self._broker = Broker(self._kafka, self._errors)
        self._consumer = make_client(Consumer, config)
        self._polling = Polling(self._consumer, self._stopping)
        self._claims, self._batch = {}, Batch()
        try:
            self._identity = self._broker.identify()
            self._store = self._store_for(self._identity)
            self._consumer.subscribe(
                [self._kafka.topic],
                on_assign=self._on_assign,
                on_revoke=self._on_revoke,
                on_lost=self._on_revoke,
            )
            while not self._stopping.is_set():
                self._step()
            self._drain()
        finally:
            self._abandon_write()
            self._metrics.paused.set(0)
            self.is_assigned = False
            self._consumer.close()
            # The consumer holds our callbacks, and that cycle would keep the other's connection.
            del self._consumer, self._broker

    def _step(self) -> None:
        n_rows = self._batch.n_rows
        n_messages = self._read_size.n_messages(self._archive.max_batch_messages - n_rows)
        messages = self._polling.read(n_messages, wait_seconds=self._archive.idle_seconds)
        self._take(messages)
        self._read_size.note(len(messages), self._batch.n_rows - n_rows)
        completed = self._answers.add_all(self._batch.take_answer_parts(), time.monotonic())
        # While the log holds more, whole batches are stored, which costs less than one per answer.
        has_read_answer = bool(completed) and len(messages) < n_messages
        if self._batch.n_in and self._is_due(is_at_end=has_read_answer or not messages):
            self._hand_over()
        elif self._write is not None and self._write.done():
            self._await_write()
        self._broker.warn_of_policy()
        self._recheck_broker()

    def _recheck_broker(self) -> None:
        """Notice that a broker which did not answer is back."""
        is_due = time.monotonic() >= self._recheck_at
        if self.is_assigned and is_due and self._errors.reason is not None:
            self._recheck_at = time.monotonic() + RECHECK_SECONDS
            recheck(self._consumer, self._kafka.topic, self._errors)

    def _take(self, messages: list[Message]) -> None:
        bounds = None if self._times is None else self._times.bounds()
        if not self._batch.n_in:
            self._batch_since = time.monotonic()
        for error in filter(None, map(_error_of, messages)):
            self._check(error)
        read = self._unframer.read([each for each in messages if each.error() is None])
        for partition, some in groupby(read, _partition_of):
            claim = self._claims.get(partition)
            if claim is not None:  # else it was revoked or fenced since the messages were fetched
                self._dead_letter_rate.count(self._batch.add_all(list(some), claim, bounds))
        self._read_rows(self._batch.read)

    def _check(self, error: KafkaError) -> None:
        """Raise an error if it is serious; offsets may be lost because the topic is another one."""
        try:
            check(error, self._errors)
        except LogLostError:
            with contextlib.suppress(ReconnectError):
                confirm(self._broker, self._identity, self._stopping)
            raise

    def _is_due(self, *, is_at_end: bool) -> bool:
        age_seconds = time.monotonic() - self._batch_since
        return (
            is_at_end
            or self._batch.n_rows >= self._archive.max_batch_messages
            or age_seconds >= self._archive.max_batch_age_seconds
        )

    def _hand_over(self) -> None:
        """Start storing the batch once the one before is stored, and begin the next batch."""
        try:
            self._prepare()
        finally:
            has_grown = self._await_write()
        if has_grown:
            self._prepare()
        if self._times is not None:
            self._times.check(self._batch)
        batch, self._batch = self._batch, Batch()
        for span in batch.spans.values():
            self._claims[span.partition].next_offset = span.hi
        if batch.n_in:
            self._write = self._submit(self._store.write(batch))

    def _prepare(self) -> None:
        """Do what needs no database, while the database still stores the batch before."""
        self._read_rows(self._batch.rows)
        if self._batch.n_in:
            # The topic's id never comes back: if it matches, all messages so far are of this topic.
            confirm(self._broker, self._identity, self._stopping)

    def _read_rows(self, read: Callable[[], object]) -> None:
        """Encode rows ahead; the writer finds a row that cannot be encoded, and sets it aside."""
        with contextlib.suppress(Exception):
            read()

    def _await_write(self) -> bool:
        """Wait for the batch that is being stored; return whether more was read meanwhile."""
        if self._write is None:
            return False
        pause_at = time.monotonic() + self._archive.pause_after_seconds
        paused: list[TopicPartition] = []
        while not self._is_done(self._write, seconds=0.1):
            if time.monotonic() > self._stop_by:
                raise StoppedError
            if not paused and time.monotonic() >= pause_at:
                paused = self._consumer.assignment()
                self._consumer.pause(paused)
                self._metrics.paused.set(1)
                log.warning("paused_for_database", partitions=[item.partition for item in paused])
            if paused:
                self._poll_paused()
        stored, self._write = self._write.result(), None
        if paused:
            self._consumer.resume(self._consumer.assignment())
            self._metrics.paused.set(0)
            log.info("reading_resumed")
        self._settle(stored)
        return bool(paused)

    def _poll_paused(self) -> None:
        """Stay in the group; a partition assigned meanwhile is paused as well."""
        message = self._consumer.poll(0)
        if message is not None:
            self._take([message])
            self._consumer.pause(self._consumer.assignment())

    def _settle(self, stored: Stored) -> None:
        """Note what was stored, and commit it to Kafka for tools that watch the lag there."""
        self._metrics.observe(stored)
        self._leave(
            partition
            for partition, epoch in stored.fenced.items()
            if partition in self._claims and self._claims[partition].epoch == epoch
        )
        self._stored.update(stored.next_offsets)
        if stored.next_offsets:
            self._commit(stored.next_offsets)

    def _commit(self, next_offsets: dict[int, int]) -> None:
        topic = self._kafka.topic
        offsets = [TopicPartition(topic, *each) for each in next_offsets.items()]
        try:
            self._consumer.commit(offsets=offsets, asynchronous=True)
        except KafkaException as error:  # advisory: the database row is the authority
            log.debug("kafka_commit_refused", reason=str(error))

    def _on_assign(self, consumer: Consumer, assigned: list[TopicPartition]) -> None:
        """Become the owner of partitions, and continue at their stored offsets."""
        note_answer(self._errors)
        if assigned:
            partitions = [item.partition for item in assigned]
            claims = self._claim(consumer, partitions)
            self._claims.update({claim.partition: claim for claim in claims})
            self._stored.update({claim.partition: claim.next_offset for claim in claims})
            topic = self._kafka.topic
            consumer.incremental_assign(
                [TopicPartition(topic, each.partition, each.next_offset) for each in claims]
            )
            log.info("assigned", partitions=partitions)
        self.is_assigned = True

    def _claim(self, consumer: Consumer, partitions: list[int]) -> list[Claim]:
        topic = self._kafka.topic
        oldest = {each: read_watermarks(consumer, topic, each).low for each in partitions}
        claiming = self._submit(self._store.claim(oldest))
        give_up_at = time.monotonic() + CLAIM_SECONDS
        while not self._is_done(claiming, seconds=0.1):
            if self._stopping.is_set():
                claiming.cancel()
                raise StoppedError
            if time.monotonic() > give_up_at:
                claiming.cancel()
                raise ReconnectError(f"no database for {CLAIM_SECONDS} s: cannot claim")
        claims = claiming.result()
        for claim in claims:
            check_held(topic, claim, read_watermarks(consumer, topic, claim.partition))
        return claims

    def _on_revoke(self, consumer: Consumer, revoked: list[TopicPartition]) -> None:
        """Give up partitions; their next owner stores what this instance has not stored."""
        partitions = [item.partition for item in revoked]
        self._leave(partitions)
        # librdkafka keeps a pause beyond the assignment: they would not be read when they return.
        consumer.resume(revoked)
        consumer.incremental_unassign(revoked)
        log.info("revoked", partitions=partitions)

    def _leave(self, partitions: Iterable[int]) -> None:
        left = list(partitions)
        for partition in left:
            self._claims.pop(partition, None)
            self._metrics.forget(partition)
        if left:
            self._batch = self._batch.without(left)

    def _drain(self) -> None:
        """Store what was read; what cannot be stored in time stays in the log."""
        try:
            self._hand_over()
            self._await_write()
        except StoppedError:
            log.warning("messages_left_in_log", messages=self._batch.n_in)

    def _abandon_write(self) -> None:
        if self._write is not None:
            self._write.cancel()
            self._write = None

    def _submit(
        self, coroutine: Coroutine[Any, Any, Result]
    ) -> "concurrent.futures.Future[Result]":
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    @staticmethod
    def _is_done(future: "concurrent.futures.Future[Any]", *, seconds: float) -> bool:
        done, _ = concurrent.futures.wait([future], timeout=seconds)
        return bool(done)
