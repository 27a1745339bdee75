"""Time, and waiting that ends at once when the process is told to stop."""

import asyncio
import contextlib
import time


class Clock:
    """The real time; tests pass one of their own."""

    def __init__(self) -> None:
        self._stop = asyncio.Event()

    @property
    def is_stopping(self) -> bool:
        """Whether the process was told to stop."""
        return self._stop.is_set()

    def stop(self) -> None:
        """End every pause, now and from now on."""
        self._stop.set()

    async def stopped(self) -> None:
        """Wait for `stop`."""
        await self._stop.wait()

    def now(self) -> float:
        """Return Unix seconds."""
        return time.time()

    def monotonic(self) -> float:
        """Return seconds that no correction of the clock moves."""
        return time.monotonic()

    async def pause(self, seconds: float) -> None:
        """Wait, but not beyond `stop`."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), max(0.0, seconds))
