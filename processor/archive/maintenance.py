"""What the archive does beside storing: room for coming days, sums, retention, a standing audit."""

import asyncio
import datetime as dt
from typing import NamedTuple

import structlog

from processor.archive.audit_ledger import Marks, check_new_tiling
from processor.archive.audit_words import Violation
from processor.archive.database import Connection, Database
from processor.archive.metrics import ArchiveMetrics
from processor.archive.sql import Queries, load_audit_queries
from processor.archive.sums import Sums

log = structlog.get_logger()

INTERVAL_SECONDS = 60

DAYS_AHEAD = 2
"""So that the first batch of a day finds its partition."""

MERGED_AFTER = dt.timedelta(days=1)
"""How long each transaction has an entry of its own, for those who look for one."""

MERGED_AT_ONCE = 5_000
"""Entries of a partition in one statement: half a day of a poll every ten seconds."""


class Kept(NamedTuple):
    """How many days each is kept; 0 is for ever."""

    state_vectors_days: int
    minutely_days: int
    flights_days: int


class Maintenance:
    """Runs every minute on a connection of its own; instances may do so side by side."""

    def __init__(
        self,
        *,
        database: Database,
        queries: Queries,
        metrics: ArchiveMetrics,
        kept: Kept,
        chunk_rows: int,
        compress_after_days: int,
    ) -> None:
        self._database = database
        self._queries = queries
        self._audit_queries = load_audit_queries()
        self._checked: Marks = {}
        self._metrics = metrics
        self._kept = kept
        self._chunk_rows = chunk_rows
        self._compress_after_days = compress_after_days
        self._sums = Sums(queries)

    async def run(self) -> None:
        """Maintain until cancelled."""
        await self._database.run(self._settle)
        while True:
            await self._database.run(self.maintain)
            while any(await self._database.run(self._sums.sum_up)):
                pass
            await asyncio.sleep(INTERVAL_SECONDS)

    async def _settle(self, connection: Connection) -> None:
        """Do what the settings ask for once."""
        await connection.execute(self._queries.compress_after, self._compress_after_days)

    async def maintain(self, connection: Connection) -> None:
        """Do everything that is due."""
        now = dt.datetime.now(dt.UTC)
        days = [now.date() + dt.timedelta(days=ahead) for ahead in range(DAYS_AHEAD + 1)]
        await connection.execute(self._queries.make_partitions, days)
        await connection.execute(self._queries.fit_chunks, self._chunk_rows)
        await self._expire(connection, now)
        await self._audit(connection)
        await self._merge_ledger(connection, now)

    async def _expire(self, connection: Connection, now: dt.datetime) -> None:
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        if days := self._kept.state_vectors_days:
            await self._expire_state_vectors(connection, midnight - dt.timedelta(days=days))
        if days := self._kept.minutely_days:
            await connection.fetch(
                self._queries.drop_expired_minutes, midnight - dt.timedelta(days=days)
            )
        if days := self._kept.flights_days:
            await connection.execute(
                self._queries.delete_expired_flights, midnight - dt.timedelta(days=days)
            )

    async def _expire_state_vectors(self, connection: Connection, midnight: dt.datetime) -> None:
        """Drop whole days."""
        async with connection.transaction():
            dropped = await connection.fetch(self._queries.drop_expired, midnight)
            if dropped:
                await connection.execute(self._queries.mark_expired, midnight)
                log.info("dropped_by_retention", before=midnight.isoformat(), parts=len(dropped))

    async def _merge_ledger(self, connection: Connection, now: dt.datetime) -> None:
        """Make one entry of the entries of each day that is over; of several instances one does."""
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        async with connection.transaction():
            if await connection.fetchval(self._queries.take_turns):
                await connection.execute(
                    self._queries.merge_ledger, midnight - MERGED_AFTER, MERGED_AT_ONCE
                )

    async def _audit(self, connection: Connection) -> None:
        """Check what was added to the ledger since the last time."""
        try:
            await check_new_tiling(connection, self._audit_queries, self._checked)
        except Violation as violation:
            log.error("audit_violation", violation=str(violation))  # noqa: TRY400 - no stack needed
            self._metrics.audit_violations.set(1)
        else:
            self._metrics.audit_violations.set(0)
