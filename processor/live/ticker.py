"""Publishes a tick when one is due, and feeds the live fleet with what the reader has read."""

import asyncio
import contextlib
import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import structlog

from processor.answers import AnswerPart
from processor.live.broadcaster import Broadcaster
from processor.live.clock_report import ClockReport
from processor.live.data_clock import DataClock, Evidence
from processor.live.first_frame import FirstFrame
from processor.live.fleet import Fleet, Untimely, Update
from processor.live.metrics import LiveMetrics
from processor.live.tick_schedule import TickSchedule
from processor.settings import LiveSettings
from processor.stream.log_position import LogPosition

log = structlog.get_logger()

IDLE_SECONDS = 2.0
"""How late a removal or a heartbeat may be while nothing is read."""

IGNORED_LOG_SECONDS = 60
"""Least time between two log events about ignored state vectors; a wrong producer sends thousands
of them."""


class Ticker:
    """Publishes a tick as soon as an answer was read; `TickSchedule` has the rules.

    Args:
        monotonic: Seconds of a clock that never steps.
        first_frame: Traces ticks; None if none are traced.
    """

    def __init__(
        self,
        *,
        settings: LiveSettings,
        heartbeat_seconds: float,
        broadcaster: Broadcaster,
        metrics: LiveMetrics,
        clock: DataClock,
        monotonic: Callable[[], float] = time.monotonic,
        first_frame: FirstFrame | None = None,
    ) -> None:
        self._settings = settings
        self._heartbeat_seconds = heartbeat_seconds
        self._broadcaster = broadcaster
        self._metrics = metrics
        self._first_frame = first_frame or FirstFrame()
        self._data_clock = clock
        self._clock: Callable[[], float] = clock
        self._report = ClockReport(metrics)
        self._is_caught_up = False
        self._ignored: Counter[Untimely] = Counter()
        self._log_ignored_at = 0.0
        self._fleet: Fleet | None = None
        self._monotonic = monotonic
        self._received = asyncio.Event()
        self._schedule = TickSchedule(
            tick_seconds=settings.tick_seconds, quiet_seconds=settings.quiet_seconds
        )

    @property
    def fleet(self) -> Fleet | None:
        """The fleet that is filled or shown; None until the log was opened."""
        return self._fleet

    def clock_trouble(self) -> str | None:
        """Return how the clocks of host and data differ, with the remedy; None if they agree."""
        return self._report.trouble

    def begin(
        self, start: LogPosition, resumable_after: LogPosition, *, is_complete: bool = True
    ) -> None:
        """Start an empty fleet.

        Args:
            start: The position from which the log is read.
            resumable_after: As of `Fleet`.
            is_complete: Whether no message is missing that another instance may have read.
        """
        self._is_caught_up = False
        self._schedule.begin()
        self._fleet = Fleet(
            start=start,
            resumable_after=resumable_after,
            expiry_seconds=self._settings.expiry_seconds,
            resume_window_seconds=self._settings.resume_window_seconds,
            clock=self._clock,
        )
        if not is_complete:
            self._fleet.forbid_resume()
        self._broadcaster.begin(self._fleet)

    def add_partitions(self, starts: Sequence[int]) -> None:
        """Follow partitions that were added to the log, each from its start offset."""
        if self._fleet is None:
            return
        self._fleet.add_partitions(starts)
        if any(starts):
            self._fleet.forbid_resume()

    def receive(
        self,
        updates: list[Update],
        parts: Sequence[AnswerPart] = (),
        traceparents: Iterable[bytes] = (),
    ) -> None:
        """Apply messages that were read.

        Args:
            updates: Their rows.
            parts: How many of these messages are from which answer.
            traceparents: The contexts of the traces of their polls.
        """
        if self._fleet is None:
            return
        self._data_clock.observe(_evidence(updates), is_fresh=self._is_caught_up)
        self._count_ignored(self._fleet.apply(updates))
        self._metrics.malformed.inc(sum(update.state_vector is None for update in updates))
        self._first_frame.read(traceparents)
        self._schedule.receive(parts, self._monotonic())
        self._received.set()

    def caught_up(self) -> None:
        """Serve streams, because the log has been read to its end."""
        self._is_caught_up = True
        self._first_frame.forget()
        self._broadcaster.open()
        log.info("live_state_complete", aircraft=len(self._fleet or ()))

    async def run(self) -> None:
        """Publish ticks until cancelled."""
        heartbeat_at = self._monotonic() + self._heartbeat_seconds
        while True:
            await self._wait_until_due()
            if not self._broadcaster.is_open:
                continue
            is_heartbeat = self._monotonic() >= heartbeat_at
            if is_heartbeat:
                heartbeat_at = self._monotonic() + self._heartbeat_seconds
            self._first_frame.begin()
            await self._broadcaster.publish(is_heartbeat=is_heartbeat)
            self.observe_times()

    async def _wait_until_due(self) -> None:
        """Wait until messages are to be shown, or for `IDLE_SECONDS` if none come.

        Then a tick is due all the same, since aircraft expire and subscribers need heartbeats.
        """
        idle_at = self._monotonic() + IDLE_SECONDS
        while True:
            due_at = self._schedule.due_at()
            seconds = (idle_at if due_at == math.inf else due_at) - self._monotonic()
            if seconds <= 0:
                break
            self._received.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._received.wait()
        if due_at != math.inf:
            self._schedule.tick(self._monotonic())

    def observe_times(self) -> None:
        """Measure clock offset and delay by the clock of the data; the host's may be wrong."""
        self._report.observe(self._data_clock.offset_seconds, self._monotonic())
        newest = self._fleet.newest_contact if self._fleet is not None else None
        delay = math.nan if newest is None else max(0.0, self._clock() - newest)
        self._metrics.delay.set(delay)

    def _count_ignored(self, ignored: Counter[Untimely]) -> None:
        for reason, count in ignored.items():
            self._metrics.ignored.labels(reason).inc(count)
        self._ignored += ignored
        if self._ignored and self._monotonic() >= self._log_ignored_at:
            self._log_ignored_at = self._monotonic() + IGNORED_LOG_SECONDS
            log.warning("live_messages_ignored", ignored=dict(self._ignored))
            self._ignored.clear()


def _evidence(updates: list[Update]) -> set[Evidence]:
    """Return what messages prove about the time; those of one answer prove the same."""
    dated = {
        (update.poll_time, update.published_at)
        for update in updates
        if update.poll_time is not None and update.state_vector is not None
    }
    undated = {
        Evidence(
            update.state_vector.last_contact, update.published_at, _answer_without_poll_time(update)
        )
        for update in updates
        if update.poll_time is None and update.state_vector is not None
    }
    return undated | {Evidence(time, published_at, time) for time, published_at in dated}


def _answer_without_poll_time(update: Update) -> int:
    """Return a key for messages published within the same ten seconds; 0 without a time."""
    return (update.published_at or 0) // 10
