"""Notice when this host's clock is set, and log by how much."""

import asyncio
import time
from collections.abc import Callable

import structlog

log = structlog.get_logger()

STEP_SECONDS = 3
"""What NTP corrects little by little stays far below this; it sets a clock that is further off."""

LOOK_SECONDS = 2


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

    def look(self) -> float | None:
        """Return by how many seconds the clock was set since the last look; None if it was not.

        A machine that was suspended looks the same: its monotonic clock stood still.
        """
        before, self._lead = self._lead, self._wall() - self._monotonic()
        step = self._lead - before
        return step if abs(step) > STEP_SECONDS else None


def carried_on(wall: Callable[[], float], monotonic: Callable[[], float]) -> Callable[[], float]:
    """Return a clock that shows the time as of now, and that later steps do not move."""
    lead = wall() - monotonic()
    return lambda: monotonic() + lead


async def watch_host_clock() -> None:
    """Log each step until cancelled."""
    clock = HostClock()
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        if (step := clock.look()) is not None:
            log.warning("host_clock_stepped", by_seconds=round(step, 1))
