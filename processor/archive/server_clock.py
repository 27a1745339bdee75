"""The clock of the database server, read from time to time and extrapolated between readings."""

import time
from collections.abc import Callable

from processor.postgres import Connection

READ_SECONDS = 30
"""How old a reading may get. Reading costs one round trip, and notices a clock that was set."""


class ServerClock:
    """Extrapolates the server's clock by the monotonic clock of this host."""

    def __init__(
        self,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        host_clock: Callable[[], float] = time.time,
    ) -> None:
        self._monotonic = monotonic
        self._host_clock = host_clock
        self._ahead_seconds: float | None = None
        self._read_at = 0.0

    @property
    def is_due(self) -> bool:
        """Whether it is time to read the clock again."""
        is_old = self._monotonic() - self._read_at >= READ_SECONDS
        return self._ahead_seconds is None or is_old

    async def read(self, connection: Connection) -> None:
        """Query the server's time, which it reports half a round trip before the answer arrives."""
        requested_at = self._monotonic()
        shown: float = await connection.fetchval(
            "SELECT extract(epoch FROM clock_timestamp())::float8"
        )
        self._read_at = self._monotonic()
        self._ahead_seconds = shown - (requested_at + self._read_at) / 2

    def now(self) -> float | None:
        """Return the server's time in Unix seconds; None until it was read once."""
        if self._ahead_seconds is None:
            return None
        return self._monotonic() + self._ahead_seconds

    def offset_seconds(self) -> float | None:
        """Return how far the host's clock is ahead of the server's; None until it is known."""
        now = self.now()
        return None if now is None else self._host_clock() - now
