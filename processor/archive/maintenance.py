"""Maintain the archive every minute: coming days, rollups, retention, and a check of the ledger."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

import structlog

from processor.archive.aircraft_store import PackagedAircraft
from processor.archive.audit.findings import Violation
from processor.archive.audit.ledger import CheckedOffsets, check_new_tiling
from processor.archive.columnstore import Columnstore
from processor.archive.database import Database
from processor.archive.metrics import ArchiveMetrics
from processor.archive.retention import Retention, RetentionPeriods
from processor.archive.rollups import Rollups
from processor.archive.sql import Queries, load_audit_queries
from processor.database_errors import Action, explain
from processor.postgres import Connection

log = structlog.get_logger()

INTERVAL_SECONDS = 60

DAYS_AHEAD = 2
"""Days whose parts are made ahead, so that the first batch of a day finds its part."""

MERGED_AFTER_DAYS = 1
"""Days for which each transaction keeps its own ledger entry, so that it can be looked up."""

MERGED_AT_ONCE = 5_000
"""Entries of a partition that one statement merges: half a day of a poll every ten seconds."""

_Task = Callable[[Connection], Awaitable[object]]
"""Returns something true if it may have left work."""


class Maintenance:
    """Runs every minute on its own connection; several instances may run at the same time."""

    def __init__(
        self,
        *,
        database: Database,
        queries: Queries,
        metrics: ArchiveMetrics,
        kept: RetentionPeriods,
        chunk_rows: int,
        columnstore: Columnstore,
    ) -> None:
        self._database = database
        self._queries = queries
        self._audit_queries = load_audit_queries()
        self._checked: CheckedOffsets = {}
        self._metrics = metrics
        self._retention = Retention(
            queries=queries,
            metrics=metrics,
            kept=kept,
            clock_offset_seconds=database.clock_offset_seconds,
        )
        self._chunk_rows = chunk_rows
        self._columnstore = columnstore
        self._rollups = Rollups(queries)
        self._aircraft = PackagedAircraft()

    @property
    def refusal(self) -> str | None:
        """Why retention deletes nothing, with the remedy; None while it works."""
        return self._retention.refusal

    async def run(self) -> None:
        """Maintain until cancelled."""
        while True:
            next_round = time.monotonic() + INTERVAL_SECONDS
            await self._database.run(self.maintain)
            # Rolling up a long backlog waits each minute for what else is due.
            while time.monotonic() < next_round and await self._database.run(self._roll_up):
                pass
            await asyncio.sleep(max(0, next_round - time.monotonic()))

    async def maintain(self, connection: Connection) -> None:
        """Do everything that is due but the rollups."""
        await self._do_each(
            connection,
            {
                "parts": self._make_coming_parts,
                "aircraft": self._aircraft.load,
                "chunk spans": self._fit_chunks,
                "retention": self._retention.run,
                "audit": self._audit,
                "ledger": self._merge_ledger,
                "columnstore": self._columnstore.look,
                "waiting rollups": self._count_waiting,
            },
        )

    async def _roll_up(self, connection: Connection) -> bool:
        """Roll up a part of what is due; return whether any may be left."""
        return await self._do_each(
            connection,
            {
                "flights": self._rollups.measure_flights,
                "minutes": self._rollups.roll_up_minutes,
                "hours": self._rollups.roll_up_hours,
            },
        )

    async def _do_each(self, connection: Connection, tasks: Mapping[str, _Task]) -> bool:
        """Do each task, although others fail; return whether any may have left work.

        A failure that may pass by itself is logged, and the task is due again in the next round.
        Any other is raised once all tasks have had their turn.
        """
        failure: Exception | None = None
        has_more = False
        for name, task in tasks.items():
            failures = self._metrics.maintenance_failures.labels(name)
            try:
                has_more |= bool(await task(connection))
            except Exception as error:
                problem = explain(error)
                if connection.is_closed() or problem is None or not problem.is_retried:
                    raise
                log.warning("maintenance_task_failed", task=name, reason=str(problem))
                failures.inc()
                if problem.action is not Action.REPEAT:
                    failure = failure or error
        if failure is not None:
            raise failure
        return has_more

    async def _make_coming_parts(self, connection: Connection) -> None:
        await connection.execute(self._queries.make_coming_partitions, DAYS_AHEAD)

    async def _fit_chunks(self, connection: Connection) -> None:
        await connection.execute(self._queries.fit_chunks, self._chunk_rows)

    async def _merge_ledger(self, connection: Connection) -> None:
        """Merge the entries of each day that is over into one; one instance at a time does."""
        async with connection.transaction():
            if await connection.fetchval(self._queries.try_maintenance_lock):
                await connection.execute(
                    self._queries.merge_ledger, MERGED_AFTER_DAYS, MERGED_AT_ONCE
                )

    async def _count_waiting(self, connection: Connection) -> None:
        [waiting] = await connection.fetch(self._queries.waiting_rollups)
        for kind, n_waiting in waiting.items():
            self._metrics.waiting_rollups.labels(kind).set(n_waiting)

    async def _audit(self, connection: Connection) -> None:
        """Check the ledger entries that were added since the last check."""
        try:
            await check_new_tiling(connection, self._audit_queries, self._checked)
        except Violation as violation:
            log.error("audit_violation", violation=str(violation))  # noqa: TRY400 - no stack needed
            self._metrics.audit_violations.set(1)
        else:
            self._metrics.audit_violations.set(0)
