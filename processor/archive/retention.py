"""Delete data that are older than their retention, a bounded part each minute."""

from collections.abc import Callable
from typing import NamedTuple

import structlog

from processor.archive.metrics import ArchiveMetrics
from processor.archive.sql import Queries
from processor.postgres import Connection

log = structlog.get_logger()

MAX_CLOCK_OFFSET_SECONDS = 120
"""Largest difference between the clocks of host and server with which anything is deleted. Clocks
under NTP differ by milliseconds; if they differ by minutes, one of them is wrong."""

FLIGHTS_A_RUN = 10_000
DEAD_LETTERS_A_RUN = 10_000
"""Rows deleted in one run, or in one transaction of dead letters beyond their bound: seconds of
work at most. Of state vectors and minutes, one run drops one day or chunk. At a run a minute that
is far more than arrives, and slow enough for an operator to stop a mistake."""


class RetentionPeriods(NamedTuple):
    """How many days each kind of data is kept; 0 is for ever. Dead letters also have a bound."""

    state_vectors_days: int
    minutely_days: int
    flights_days: int
    dead_letters_days: int
    dead_letter_rows: int = 200_000
    dead_letter_megabytes: int = 1_000


class Retention:
    """Deletes expired data, but nothing while the clocks of host and server differ."""

    def __init__(
        self,
        *,
        queries: Queries,
        metrics: ArchiveMetrics,
        kept: RetentionPeriods,
        clock_offset_seconds: Callable[[], float | None],
    ) -> None:
        self._queries = queries
        self._metrics = metrics
        self._kept = kept
        self._clock_offset_seconds = clock_offset_seconds
        self.refusal: str | None = None

    async def run(self, connection: Connection) -> None:
        """Delete a part of what is due, or set `refusal`."""
        await self._bound_dead_letters(connection)
        offset = self._clock_offset_seconds()
        self.refusal = _refusal(offset)
        self._metrics.observe_retention(offset, is_refused=self.refusal is not None)
        if self.refusal is not None:
            log.error("retention_refused", reason=self.refusal)
            return
        await self._drop_state_vectors(connection)
        await self._drop_minutes(connection)
        await self._delete_flights(connection)
        await self._delete_dead_letters(connection)

    async def _drop_state_vectors(self, connection: Connection) -> None:
        """Drop the oldest part, and close the accounts of its days."""
        n_rows = 0
        async with connection.transaction():
            expired = await self._drop_part(
                connection, self._queries.drop_expired, self._kept.state_vectors_days
            )
            if expired:
                closed = await connection.fetch(self._queries.mark_expired, expired)
                n_rows = sum(row["n_rows"] for row in closed)
        self._count("state_vectors", n_rows)

    async def _drop_minutes(self, connection: Connection) -> None:
        await self._drop_part(
            connection, self._queries.drop_expired_minutes, self._kept.minutely_days
        )

    async def _drop_part(self, connection: Connection, statement: str, days: int) -> object:
        """Drop the oldest part if it has expired; return its end, or None."""
        limit = await self._limit(connection, days)
        if limit is None:
            return None
        dropped = await connection.fetch(statement, limit)
        for row in dropped:
            log.info("dropped_by_retention", part=row["part"], ends=row["ends_before"].isoformat())
        return dropped[-1]["ends_before"] if dropped else None

    async def _bound_dead_letters(self, connection: Connection) -> None:
        """Delete the oldest dead letters beyond their bound, which depends on no clock."""
        limit = await connection.fetchval(
            self._queries.dead_letters_limit,
            self._kept.dead_letter_rows,
            self._kept.dead_letter_megabytes * 1_000_000,
        )
        deleted, n_last = 0, DEAD_LETTERS_A_RUN if limit is not None else 0
        while n_last == DEAD_LETTERS_A_RUN:
            n_last = await connection.fetchval(
                self._queries.delete_expired_dead_letters, limit, DEAD_LETTERS_A_RUN
            )
            deleted += n_last
        self._count("dead_letters", deleted)
        if deleted:
            log.warning(
                "dead_letters_deleted",
                deleted=deleted,
                reason="see database.dead_letter_max_rows and dead_letter_max_megabytes",
            )

    async def _delete_flights(self, connection: Connection) -> None:
        limit = await self._limit(connection, self._kept.flights_days)
        if limit is not None:
            deleted = await connection.execute(
                self._queries.delete_expired_flights, limit, FLIGHTS_A_RUN
            )
            self._count("flights", int(deleted.removeprefix("DELETE ")))

    async def _delete_dead_letters(self, connection: Connection) -> None:
        limit = await self._limit(connection, self._kept.dead_letters_days)
        if limit is not None:
            deleted = await connection.fetchval(
                self._queries.delete_expired_dead_letters, limit, DEAD_LETTERS_A_RUN
            )
            self._count("dead_letters", deleted)

    def _count(self, table: str, n_rows: int) -> None:
        self._metrics.expired_rows.labels(table).inc(n_rows)

    async def _limit(self, connection: Connection, days: int) -> object:
        """Return the time before which data kept for so many days may be deleted, or None."""
        if not days:
            return None
        return await connection.fetchval(self._queries.retention_limit, days)


def _refusal(offset_seconds: float | None) -> str | None:
    if offset_seconds is None:
        return "retention deletes nothing: the clock of the database server is not known yet"
    if abs(offset_seconds) <= MAX_CLOCK_OFFSET_SECONDS:
        return None
    direction = "ahead of" if offset_seconds > 0 else "behind"
    return (
        f"retention deletes nothing: this host's clock is {abs(offset_seconds):.0f} s {direction}"
        " that of the database server; set the one that is wrong (NTP)"
    )
