"""READ: all partitions of the log, from some minutes back, in a thread of its own."""

import asyncio
import logging
import threading
import time
import uuid
from collections.abc import Callable
from typing import Protocol

import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from processor.errors import LostLogError, UnavailableError
from processor.kafka import (
    TIMEOUT_SECONDS,
    Broker,
    check,
    consumer_config,
    is_embedded,
    read_watermarks,
)
from processor.live.log_time import find_log_time
from processor.live.position import Position, epoch_of
from processor.live.tracker import Update
from processor.message import LogIdentity, read_headers, read_poll_time, read_published_at
from processor.polling import Polling
from telemetry.codec import Headers, MalformedMessageError, decode
from telemetry.settings import KafkaSettings, LiveSettings
from telemetry.state_vector import StateVector

log = structlog.get_logger()

MESSAGES_AT_ONCE = 500
DELIVERIES_AHEAD = 8
"""How many such deliveries may wait for the event loop; then the reader waits."""


class Picture(Protocol):
    """The reader's audience; every call comes in the event loop's thread."""

    def begin(self, start: Position, resumable_after: Position) -> None: ...  # noqa: D102
    def take(self, updates: list[Update]) -> None: ...  # noqa: D102
    def caught_up(self) -> None: ...  # noqa: D102


class LiveReader:
    """Belongs to no group: every instance reads everything and can serve every viewer."""

    def __init__(
        self,
        *,
        kafka: KafkaSettings,
        live: LiveSettings,
        picture: Picture,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._kafka = kafka
        self._live = live
        self._picture = picture
        self._loop = loop
        self._stopping = threading.Event()
        self._ahead = threading.Semaphore(DELIVERIES_AHEAD)
        self._consumer: Consumer

    def stop(self) -> None:
        """Ask `run` to return; from any thread."""
        self._stopping.set()

    def run(self) -> None:
        """Read until `stop`; when the log is lost or away, begin anew with what is there."""
        while not self._stopping.is_set():
            try:
                self._run_once()
            except (LostLogError, UnavailableError) as error:
                log.warning("live_picture_begins_anew", reason=str(error))
                self._stopping.wait(1)

    def _run_once(self) -> None:
        config = consumer_config(self._kafka, f"flight-monitor-live-{uuid.uuid4()}")
        self._consumer = Consumer(
            config | {"enable.partition.eof": True}, logger=logging.getLogger("kafka.live")
        )
        try:
            identity = Broker(self._kafka).identify()
            start, resumable_after = self._find_start(identity)
            self._call(lambda: self._picture.begin(start, resumable_after))
            self._consumer.assign(self._at(start.offsets))
            self._read(waiting_for=set(range(identity.partitions)))
        finally:
            self._consumer.close()

    def _find_start(self, identity: LogIdentity) -> tuple[Position, Position]:
        """Return where to begin, and where viewers must have been that can be resumed.

        Whatever a viewer held at the second was last heard at most `expiry` earlier: after the
        first. An embedded broker cannot look positions up by time; there it is all or nothing.
        """
        epoch = epoch_of(identity)
        held = [
            read_watermarks(self._consumer, identity.topic, partition)
            for partition in range(identity.partitions)
        ]
        end = tuple(high for _, high in held)
        if is_embedded(identity.cluster_id):
            return Position(epoch, tuple(low for low, _ in held)), Position(epoch, end)
        resumable_since = self._log_time(end) - self._live.resume_window_seconds
        since = resumable_since - self._live.expiry_seconds
        return (
            Position(epoch, self._look_up(since, end)),
            Position(epoch, self._look_up(resumable_since, end)),
        )

    def _log_time(self, end: tuple[int, ...]) -> float:
        """Return the time from which to read back, also where the publishers' clocks differ."""
        span = self._live.resume_window_seconds + self._live.expiry_seconds
        return find_log_time(time.time(), span, lambda since: self._look_up(since, end) != end)

    def _look_up(self, since: float, end: tuple[int, ...]) -> tuple[int, ...]:
        """Return the first offset of each partition that was published at a time or later."""
        try:
            found = self._consumer.offsets_for_times(
                self._at([int(since * 1000)] * len(end)), timeout=TIMEOUT_SECONDS
            )
        except KafkaException as error:
            raise UnavailableError(f"cannot look up offsets by time: {error}") from error
        return tuple(
            item.offset if item.offset >= 0 else last for item, last in zip(found, end, strict=True)
        )

    def _at(self, offsets: "tuple[int, ...] | list[int]") -> list[TopicPartition]:
        return [
            TopicPartition(self._kafka.topic, partition, offset)
            for partition, offset in enumerate(offsets)
        ]

    def _read(self, waiting_for: set[int]) -> None:
        """Read on and on; tell once when the end of every partition has been seen."""
        is_behind = True
        polling = Polling(self._consumer, self._stopping)
        while not self._stopping.is_set():
            messages = polling.read(MESSAGES_AT_ONCE, wait_seconds=0.05)
            if messages:
                self._deliver(_sort_out(messages, waiting_for))
            if is_behind and not waiting_for:
                is_behind = False
                self._call(self._picture.caught_up)

    def _deliver(self, updates: list[Update]) -> None:
        while not self._ahead.acquire(timeout=0.5):
            if self._stopping.is_set():
                return
        self._call(lambda: self._take(updates))

    def _take(self, updates: list[Update]) -> None:
        self._ahead.release()
        self._picture.take(updates)

    def _call(self, function: Callable[[], None]) -> None:
        self._loop.call_soon_threadsafe(function)


def _sort_out(messages: list[Message], waiting_for: set[int]) -> list[Update]:
    """Decode messages; take partitions whose end is seen off those that are waited for."""
    updates = []
    for message in messages:
        partition, offset = message.partition() or 0, message.offset() or 0
        if (error := message.error()) is not None:
            check(error)
            if error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - its name
                waiting_for.discard(partition)
            continue
        headers = read_headers(message)
        times = read_poll_time(headers), read_published_at(message)
        updates.append(Update(partition, offset, _read(message, headers), *times))
    return updates


def _read(message: Message, headers: Headers) -> StateVector | None:
    try:
        return decode(message.value(), headers)
    except MalformedMessageError:  # the archive sets it aside
        return None
