"""Notice when the clock of this host is set, and log by how much."""

import asyncio
import time
from collections.abc import Callable

import structlog

log = structlog.get_logger()

STEP_SECONDS = 3
"""Steps up to this are ignored: NTP corrects them gradually, and sets a clock that is further
off."""

INTERVAL_SECONDS = 2


class HostClock:
    """Compares the progress of the wall clock with that of the monotonic clock."""

    def __init__(
        self,
        *,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self._lead = wall() - monotonic()

    def step_seconds(self) -> float | None:
        """Return by how many seconds the clock was set since the last call; None if it was not.

        After a suspended machine resumes, the result is the same: its monotonic clock stood still.
        """
        before, self._lead = self._lead, self._wall() - self._monotonic()
        step = self._lead - before
        return step if abs(step) > STEP_SECONDS else None


def carried_on(wall: Callable[[], float], monotonic: Callable[[], float]) -> Callable[[], float]:
    """Return a clock that continues from the current time and ignores later steps."""
    lead = wall() - monotonic()
    return lambda: monotonic() + lead


async def watch_host_clock() -> None:
    """Log each step until cancelled."""
    clock = HostClock()
    while True:
        await asyncio.sleep(INTERVAL_SECONDS)
        if (step := clock.step_seconds()) is not None:
            log.warning("host_clock_stepped", by_seconds=round(step, 1))
