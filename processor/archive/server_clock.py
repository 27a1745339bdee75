"""The clock of the database server, carried on between two looks by the monotonic clock."""

import time
from collections.abc import Callable

from processor.postgres import Connection

LOOK_SECONDS = 30
"""How old a look may be until the next: one round trip, so that a clock that is set is noticed."""


class ServerClock:
    """What the server's clock shows, as far as it is known."""

    def __init__(
        self,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        host_clock: Callable[[], float] = time.time,
    ) -> None:
        self._monotonic = monotonic
        self._host_clock = host_clock
        self._ahead_seconds: float | None = None
        self._looked_at = 0.0

    @property
    def is_due(self) -> bool:
        """Whether it is time for another look."""
        is_old = self._monotonic() - self._looked_at >= LOOK_SECONDS
        return self._ahead_seconds is None or is_old

    async def look(self, connection: Connection) -> None:
        """Ask the server for its time; half of the round trip is the way back."""
        asked_at = self._monotonic()
        shown: float = await connection.fetchval(
            "SELECT extract(epoch FROM clock_timestamp())::float8"
        )
        self._looked_at = self._monotonic()
        self._ahead_seconds = shown - (asked_at + self._looked_at) / 2

    def now(self) -> float | None:
        """Return the server's time in Unix seconds; None until it was asked."""
        if self._ahead_seconds is None:
            return None
        return self._monotonic() + self._ahead_seconds

    def offset_seconds(self) -> float | None:
        """Return how far the host's clock is ahead of the server's; None until it is known."""
        now = self.now()
        return None if now is None else self._host_clock() - now
