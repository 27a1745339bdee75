"""The clocks, and pauses that end at once when the process is to stop."""

import asyncio
import contextlib
import time


class Clock:
    """The clocks of the host; tests pass a clock of their own."""

    def __init__(self) -> None:
        self._stop = asyncio.Event()

    @property
    def is_stopping(self) -> bool:
        """Whether `stop` was called."""
        return self._stop.is_set()

    def stop(self) -> None:
        """End all present and future pauses."""
        self._stop.set()

    async def stopped(self) -> None:
        """Wait for `stop`."""
        await self._stop.wait()

    def now(self) -> float:
        """Return Unix seconds."""
        return time.time()

    def monotonic(self) -> float:
        """Return seconds of a clock that never steps."""
        return time.monotonic()

    async def pause(self, seconds: float) -> None:
        """Wait for so many seconds, or until `stop` is called."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), max(0.0, seconds))
