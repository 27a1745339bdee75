"""What the archive does beside storing: room for the coming days, retention, a standing audit."""

import asyncio
import datetime as dt

import structlog

from processor.archive.audit import Violation, check_tiling
from processor.archive.database import Connection, Database
from processor.archive.metrics import ArchiveMetrics
from processor.archive.sql import Queries

log = structlog.get_logger()

INTERVAL_SECONDS = 60

DAYS_AHEAD = 2
"""So that the first batch of a day finds its partition."""


class Maintenance:
    """Runs every minute on a connection of its own; instances may do so side by side."""

    def __init__(
        self,
        *,
        database: Database,
        queries: Queries,
        metrics: ArchiveMetrics,
        retention_days: int,
    ) -> None:
        self._database = database
        self._queries = queries
        self._metrics = metrics
        self._retention_days = retention_days

    async def run(self) -> None:
        """Maintain until cancelled."""
        while True:
            await self._database.run(self.maintain)
            await asyncio.sleep(INTERVAL_SECONDS)

    async def maintain(self, connection: Connection) -> None:
        """Do everything that is due."""
        now = dt.datetime.now(dt.UTC)
        days = [now.date() + dt.timedelta(days=ahead) for ahead in range(DAYS_AHEAD + 1)]
        await connection.execute(self._queries.make_partitions, days)
        if self._retention_days:
            await self._expire(connection, now - dt.timedelta(days=self._retention_days))
        await self._audit(connection)

    async def _expire(self, connection: Connection, before: dt.datetime) -> None:
        """Drop whole days, and the ledger of the transactions that stored them."""
        midnight = before.replace(hour=0, minute=0, second=0, microsecond=0)
        async with connection.transaction():
            dropped = await connection.fetch(self._queries.drop_expired, midnight)
            if dropped:
                await connection.execute(self._queries.mark_expired, midnight)
                await connection.execute(self._queries.prune_ledger, midnight)
                log.info("dropped_by_retention", before=midnight.isoformat(), parts=len(dropped))

    async def _audit(self, connection: Connection) -> None:
        try:
            await check_tiling(connection, self._queries)
        except Violation as violation:
            log.error("audit_violation", violation=str(violation))  # noqa: TRY400 - no stack needed
            self._metrics.audit_violations.set(1)
        else:
            self._metrics.audit_violations.set(0)
