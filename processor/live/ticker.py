"""The living picture: what is read goes into the tracker, and out to viewers at each tick."""

import asyncio
import math
import time
from collections import Counter
from collections.abc import Callable, Sequence

import structlog

from processor.live.broadcaster import Broadcaster
from processor.live.clock_report import ClockReport
from processor.live.data_clock import DataClock, Evidence
from processor.live.metrics import LiveMetrics
from processor.settings import LiveSettings
from processor.stream.live_state import LiveState, Untimely, Update
from processor.stream.log_position import LogPosition

log = structlog.get_logger()

IDLE_SECONDS = 2.0
"""How late a removal or a heartbeat may come."""

IGNORED_LOG_SECONDS = 60
"""Between two lines about state vectors that were left out: a wrong producer sends thousands."""


class Ticker:
    """Decides when to tell the viewers: at once when a burst has ended, at most once a second."""

    def __init__(
        self,
        *,
        settings: LiveSettings,
        heartbeat_seconds: float,
        broadcaster: Broadcaster,
        metrics: LiveMetrics,
        clock: DataClock,
    ) -> None:
        self._settings = settings
        self._heartbeat_seconds = heartbeat_seconds
        self._broadcaster = broadcaster
        self._metrics = metrics
        self._data_clock = clock
        self._clock: Callable[[], float] = clock
        self._report = ClockReport(metrics)
        self._is_whole = False
        self._ignored: Counter[Untimely] = Counter()
        self._log_ignored_at = 0.0
        self._tracker: LiveState | None = None
        self._delivered = asyncio.Event()

    def clock_trouble(self) -> str | None:
        """Return how far this host's clock and the data differ, with the remedy; None if little."""
        return self._report.trouble

    def begin(
        self, start: LogPosition, resumable_after: LogPosition, *, is_whole: bool = True
    ) -> None:
        """Forget everything: the log is read from here.

        Args:
            start: Where.
            resumable_after: As the tracker has it,
            is_whole: unless messages are gone that others may have read.
        """
        self._is_whole = False
        self._tracker = LiveState(
            start=start,
            resumable_after=resumable_after,
            expiry_seconds=self._settings.expiry_seconds,
            resume_window_seconds=self._settings.resume_window_seconds,
            clock=self._clock,
        )
        if not is_whole:
            self._tracker.distrust()
        self._broadcaster.begin(self._tracker)

    def extend(self, starts: Sequence[int]) -> None:
        """Take up partitions that were added to the log, which are read from these offsets on."""
        if self._tracker is None:
            return
        self._tracker.extend(starts)
        if any(starts):
            self._tracker.distrust()

    def take(self, updates: list[Update]) -> None:
        """Take in what was read."""
        if self._tracker is None:
            return
        self._data_clock.observe(_evidence(updates), is_fresh=self._is_whole)
        self._count_ignored(self._tracker.apply(updates))
        self._metrics.malformed.inc(sum(update.state_vector is None for update in updates))
        self._delivered.set()

    def caught_up(self) -> None:
        """Serve: the end of the log has been reached."""
        self._is_whole = True
        self._broadcaster.open()
        log.info("live_picture_whole", aircraft=len(self._tracker or ()))

    async def run(self) -> None:
        """Tick until cancelled."""
        beat_at = time.monotonic() + self._heartbeat_seconds
        while True:
            has_heard = await self._burst()
            if not self._broadcaster.is_open:
                continue
            is_beat = time.monotonic() >= beat_at
            if is_beat:
                beat_at = time.monotonic() + self._heartbeat_seconds
            self._broadcaster.tick(is_beat=is_beat)
            self.observe_times()
            if has_heard:
                await asyncio.sleep(self._settings.tick_seconds)

    async def _burst(self) -> bool:
        """Wait until something came, and then nothing more; whether anything did.

        Without, a tick is due all the same, for aircraft fall silent and viewers want heartbeats.
        """
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                await self._delivered.wait()
        except TimeoutError:
            return False
        give_up_at = time.monotonic() + self._settings.tick_seconds
        while self._delivered.is_set() and time.monotonic() < give_up_at:
            self._delivered.clear()
            await asyncio.sleep(self._settings.quiet_seconds)
        self._delivered.clear()
        return True

    def observe_times(self) -> None:
        """Measure by the clock of the data, for the host's says nothing about them."""
        self._report.observe(self._data_clock.offset_seconds, time.monotonic())
        newest = self._tracker.newest_contact if self._tracker is not None else None
        delay = math.nan if newest is None else max(0.0, self._clock() - newest)
        self._metrics.delay.set(delay)

    def _count_ignored(self, ignored: Counter[Untimely]) -> None:
        for reason, count in ignored.items():
            self._metrics.ignored.labels(reason).inc(count)
        self._ignored += ignored
        if self._ignored and time.monotonic() >= self._log_ignored_at:
            self._log_ignored_at = time.monotonic() + IGNORED_LOG_SECONDS
            log.warning("live_messages_ignored", ignored=dict(self._ignored))
            self._ignored.clear()


def _evidence(updates: list[Update]) -> set[Evidence]:
    """Return what messages show of the time; those of one answer show the same."""
    return {
        Evidence(update.poll_time, update.published_at, update.poll_time)
        if update.poll_time is not None
        else Evidence(
            update.state_vector.last_contact, update.published_at, _answer_without_poll_time(update)
        )
        for update in updates
        if update.state_vector is not None
    }


def _answer_without_poll_time(update: Update) -> int:
    """Take messages for one answer that were published within ten seconds; 0 if none says when."""
    return (update.published_at or 0) // 10
