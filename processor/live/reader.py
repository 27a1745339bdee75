"""Reads all partitions of the log, beginning some minutes back, in a thread of its own."""

import asyncio
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from configuration.log_throttle import Throttle
from configuration.shared_sections import KafkaSettings
from kafka_client.errors import BrokerErrors
from processor.answers import AnswerPart
from processor.errors import LogLostError, ReconnectError
from processor.framed_messages import Unframer
from processor.kafka import (
    RECHECK_SECONDS,
    TIMEOUT_SECONDS,
    Broker,
    broker_errors,
    check,
    consumer_config,
    is_embedded,
    make_client,
    read_watermarks,
    recheck,
)
from processor.live.decoding import Decoder, Delivery
from processor.live.fleet import Update
from processor.live.log_time import find_log_time
from processor.log_watch import LogEnds
from processor.message import LogIdentity
from processor.polling import Polling
from processor.settings import LiveSettings
from processor.stream.log_position import LogPosition, epoch_of

log = structlog.get_logger()

MESSAGES_AT_ONCE = 500
"""Bound of the messages that are taken from the consumer at once."""

MAX_DELIVERIES_AHEAD = 8
"""Bound of the deliveries that wait for the event loop; beyond it the reader waits."""


class UpdateReceiver(Protocol):
    """Receives what the reader has read; it is called in the event loop's thread."""

    def begin(  # noqa: D102
        self, start: LogPosition, resumable_after: LogPosition, *, is_complete: bool
    ) -> None: ...
    def add_partitions(self, starts: Sequence[int]) -> None: ...  # noqa: D102
    def receive(  # noqa: D102
        self, updates: list[Update], parts: Sequence[AnswerPart], traceparents: Iterable[bytes]
    ) -> None: ...
    def caught_up(self) -> None: ...  # noqa: D102


class LiveReader:
    """Reads without a consumer group, so every instance reads everything and serves any client."""

    def __init__(
        self,
        *,
        kafka: KafkaSettings,
        live: LiveSettings,
        receiver: UpdateReceiver,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._kafka = kafka
        self._live = live
        self._receiver = receiver
        self._loop = loop
        self._stopping = threading.Event()
        self._ahead = threading.Semaphore(MAX_DELIVERIES_AHEAD)
        self._consumer: Consumer
        self._errors = broker_errors(kafka, "live")
        self._unframer = Unframer(kafka)
        self._recheck_at = 0.0
        self._restarts = Throttle()
        self._look: LogEnds | None = None
        self._epoch = ""
        self._next: dict[int, int] = {}

    @property
    def broker_trouble(self) -> str | None:
        """Why Kafka, or its schema registry, cannot be used and what to do; None while it can."""
        return self._errors.reason or self._unframer.trouble

    @property
    def next_offsets(self) -> Mapping[int, int]:
        """The next offset to read in each partition; for any thread."""
        return dict(self._next)

    def observe(self, look: LogEnds) -> None:
        """Note what the broker reports about the log; from any thread."""
        self._look = look

    def stop(self) -> None:
        """Ask `run` to return; from any thread."""
        self._stopping.set()

    def run(self) -> None:
        """Read until `stop`; if the log is lost or unreachable, start over with what there is."""
        while not self._stopping.is_set():
            try:
                self._run_once()
            except (LogLostError, ReconnectError) as error:
                if self._restarts.admit(str(error)) is not None:
                    log.warning("live_state_restarted", reason=str(error))
                self._stopping.wait(1)

    def _run_once(self) -> None:
        config = consumer_config(f"flight-monitor-live-{uuid.uuid4()}", self._errors)
        self._consumer = make_client(Consumer, config | {"enable.partition.eof": True})
        try:
            identity = Broker(self._kafka, self._errors).identify()
            self._begin(identity)
            self._read(waiting_for=set(range(identity.partitions)))
        finally:
            self._consumer.close()

    def _begin(self, identity: LogIdentity) -> None:
        """Start so far back that every aircraft is read which a resumed subscriber may hold.

        Each aircraft that a subscriber holds at `resumable_after` had its last contact at most
        `expiry_seconds` earlier, so after the start. An embedded broker cannot look up offsets by
        time, so its log is read from the beginning.
        """
        self._epoch, self._look = epoch_of(identity), None
        numbers = range(identity.partitions)
        watermarks = [read_watermarks(self._consumer, identity.topic, number) for number in numbers]
        lows, end = tuple(low for low, _ in watermarks), tuple(high for _, high in watermarks)
        starts, resumable_after = lows, end
        if not is_embedded(identity.cluster_id):
            resumable_since = self._log_time(end) - self._live.resume_window_seconds
            starts = self._look_up(resumable_since - self._live.expiry_seconds, end)
            resumable_after = self._look_up(resumable_since, end)
        # Other instances may have read messages before the oldest one, which are gone.
        is_complete = all(start > low or low == 0 for start, low in zip(starts, lows, strict=True))
        start = LogPosition(self._epoch, starts)
        resumable = LogPosition(self._epoch, resumable_after)
        self._call(lambda: self._receiver.begin(start, resumable, is_complete=is_complete))
        self._next = dict(enumerate(starts))
        self._consumer.assign(self._at(starts))

    def _follow(self, look: LogEnds) -> None:
        """Read partitions that were added, from their beginning.

        Raises:
            LogLostError: The topic is another log than before.
        """
        known, there = len(self._next), look.identity.partitions
        if epoch_of(look.identity) != self._epoch or there < known:
            raise LogLostError(
                f"topic {look.identity.topic} is another log, with {there} partitions: it"
                " was deleted and created again, or it has no id that would tell added partitions"
                " from a new topic"
            )
        if there == known:
            return
        topic, numbers = self._kafka.topic, range(known, there)
        try:
            starts = [read_watermarks(self._consumer, topic, number).low for number in numbers]
        except ReconnectError:  # no leader yet: the next look tries again
            return
        self._call(lambda: self._receiver.add_partitions(starts))
        added = dict(zip(numbers, starts, strict=True))
        self._next |= added
        self._consumer.incremental_assign(
            [TopicPartition(topic, number, offset) for number, offset in added.items()]
        )
        log.info("partitions_added", partitions=list(added))

    def _log_time(self, end: tuple[int, ...]) -> float:
        """Return the end of the span that is read back, also if the publishers' clocks differ."""
        span = self._live.resume_window_seconds + self._live.expiry_seconds
        return find_log_time(time.time(), span, lambda since: self._look_up(since, end) != end)

    def _look_up(self, since: float, end: tuple[int, ...]) -> tuple[int, ...]:
        """Return in each partition the first offset that was published at a time or later."""
        try:
            found = self._consumer.offsets_for_times(
                self._at([int(since * 1000)] * len(end)), timeout=TIMEOUT_SECONDS
            )
        except KafkaException as error:
            raise ReconnectError(f"cannot look up offsets by time: {error}") from error
        for item in found:
            if item.error is not None:  # a partition without a leader is not an empty one
                raise ReconnectError(f"cannot look up offsets by time: {item.error}")
        return tuple(
            item.offset if item.offset >= 0 else last for item, last in zip(found, end, strict=True)
        )

    def _at(self, offsets: "tuple[int, ...] | list[int]") -> list[TopicPartition]:
        return [
            TopicPartition(self._kafka.topic, partition, offset)
            for partition, offset in enumerate(offsets)
        ]

    def _read(self, waiting_for: set[int]) -> None:
        """Read until stopped; report once that every partition was read to its end.

        Args:
            waiting_for: Partitions whose end was not reached yet.
        """
        is_caught_up = False
        decoder = Decoder()
        polling = Polling(self._consumer, self._stopping)
        while not self._stopping.is_set():
            messages = polling.read(MESSAGES_AT_ONCE, wait_seconds=0.05)
            if messages:
                found = list(_without_ends(messages, waiting_for, self._next, self._errors))
                readable = self._unframer.read_or_wait(found, self._stopping)
                for delivery in decoder.decode(readable):
                    self._deliver(delivery)
            self._recheck_broker()
            if (look := self._look) is not None:
                self._look = None
                self._follow(look)
            if not is_caught_up and not waiting_for:
                is_caught_up = True
                self._call(self._receiver.caught_up)

    def _recheck_broker(self) -> None:
        """Notice when a broker that was lost can be used again."""
        if self._errors.reason is not None and time.monotonic() >= self._recheck_at:
            self._recheck_at = time.monotonic() + RECHECK_SECONDS
            recheck(self._consumer, self._kafka.topic, self._errors)

    def _deliver(self, delivery: Delivery) -> None:
        while not self._ahead.acquire(timeout=0.5):
            if self._stopping.is_set():
                return
        self._call(lambda: self._hand_over(delivery))

    def _hand_over(self, delivery: Delivery) -> None:
        self._ahead.release()
        self._receiver.receive(*delivery)

    def _call(self, function: Callable[[], None]) -> None:
        self._loop.call_soon_threadsafe(function)


def _without_ends(
    messages: list[Message],
    waiting_for: set[int],
    next_offsets: dict[int, int],
    errors: BrokerErrors,
) -> Iterator[Message]:
    """Yield the messages of the log; note next offsets and the partitions whose end was reached.

    Args:
        messages: What was polled; the end of a partition is a message with an error.
        waiting_for: Loses the partitions whose end was reached.
        next_offsets: Receives the next offset of each partition.
        errors: Receives the errors of the broker.
    """
    for message in messages:
        partition, offset = message.partition() or 0, message.offset() or 0
        if (error := message.error()) is None:
            next_offsets[partition] = offset + 1
            yield message
            continue
        check(error, errors)
        if error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - its name
            waiting_for.discard(partition)
            next_offsets[partition] = offset
