"""Check every few seconds that the archive's database answers, also while nothing is stored."""

import asyncio
import time

from processor.archive.database import Connection, Database

INTERVAL_SECONDS = 5.0

UNANSWERED_SECONDS = 15.0
"""Time without an answer after which the database counts as away."""


class DatabaseWatch:
    """Sends a query over the connection that stores, after the batch that is being stored.

    Args:
        database: The database to check.
        statement_timeout_seconds: No statement takes longer, so a busy database answers within it.
    """

    def __init__(self, database: Database, *, statement_timeout_seconds: float) -> None:
        self._database = database
        self._unanswered_seconds = max(UNANSWERED_SECONDS, statement_timeout_seconds)
        self._answered_at = time.monotonic()

    @property
    def age_seconds(self) -> float:
        """Seconds since the last answer, or since the watch was made."""
        return time.monotonic() - self._answered_at

    @property
    def trouble(self) -> str | None:
        """Why the database may not be storing; None while it answers."""
        if self._database.is_reachable and self.age_seconds < self._unanswered_seconds:
            return None
        return (
            f"the database has not answered for {self.age_seconds:.0f} s; "
            "see database.url and the log"
        )

    async def run(self) -> None:
        """Query until cancelled."""
        while True:
            await self._database.run(_request)
            self._answered_at = time.monotonic()
            await asyncio.sleep(INTERVAL_SECONDS)


async def _request(connection: Connection) -> None:
    await connection.execute("SELECT 1")
