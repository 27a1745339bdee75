"""WATCH: ask the archive's database for a sign of life, also while there is nothing to store."""

import asyncio
import time

from processor.archive.database import Connection, Database

ASK_SECONDS = 5.0

UNANSWERED_SECONDS = 15.0


class DatabaseWatch:
    """Asks over the connection that stores, after the batch that is being stored.

    Args:
        database: What is asked.
        statement_timeout_seconds: No statement takes longer; silence beyond it is none of a
            busy database.
    """

    def __init__(self, database: Database, *, statement_timeout_seconds: float) -> None:
        self._database = database
        self._unanswered_seconds = max(UNANSWERED_SECONDS, statement_timeout_seconds)
        self._answered_at = time.monotonic()

    @property
    def age_seconds(self) -> float:
        """How long ago it has answered, or since there is a watch."""
        return time.monotonic() - self._answered_at

    @property
    def trouble(self) -> str | None:
        """Why the database is not known to store; None while it is."""
        if self._database.is_reachable and self.age_seconds < self._unanswered_seconds:
            return None
        return (
            f"the database has not answered for {self.age_seconds:.0f} s; "
            "see database.url and the log"
        )

    async def run(self) -> None:
        """Ask until cancelled."""
        while True:
            await self._database.run(_request)
            self._answered_at = time.monotonic()
            await asyncio.sleep(ASK_SECONDS)


async def _request(connection: Connection) -> None:
    await connection.execute("SELECT 1")
