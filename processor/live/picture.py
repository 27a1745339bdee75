"""The living picture: what is read goes into the tracker, and out to viewers at each tick."""

import asyncio
import math
import time
from collections.abc import Callable, Sequence

import structlog

from processor.live.broadcaster import Broadcaster
from processor.live.metrics import LiveMetrics
from processor.live.position import Position
from processor.live.tracker import Tracker, Update
from telemetry.settings import LiveSettings

log = structlog.get_logger()

IDLE_SECONDS = 2.0
"""How late a removal or a heartbeat may come."""


class LivePicture:
    """Decides when to tell the viewers: at once when a burst has ended, at most once a second."""

    def __init__(
        self,
        *,
        settings: LiveSettings,
        heartbeat_seconds: float,
        broadcaster: Broadcaster,
        metrics: LiveMetrics,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._heartbeat_seconds = heartbeat_seconds
        self._broadcaster = broadcaster
        self._metrics = metrics
        self._clock = clock
        self._tracker: Tracker | None = None
        self._delivered = asyncio.Event()

    def begin(self, start: Position, resumable_after: Position, *, is_whole: bool = True) -> None:
        """Forget everything: the log is read from here.

        Args:
            start: Where.
            resumable_after: As the tracker has it,
            is_whole: unless messages are gone that others may have read.
        """
        self._tracker = Tracker(
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
        self._tracker.apply(updates)
        self._metrics.malformed.inc(sum(update.state_vector is None for update in updates))
        self._delivered.set()

    def caught_up(self) -> None:
        """Serve: the end of the log has been reached."""
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
            self._observe_delay()
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

    def _observe_delay(self) -> None:
        newest = self._tracker.newest_contact if self._tracker is not None else None
        self._metrics.delay.set(math.nan if newest is None else self._clock() - newest)
