"""Compress old chunks: one after another, over a connection of its own.

TimescaleDB's background jobs could do that as well. But where all of them fail, as version 2.29.2
does on PostgreSQL 17.12, nothing says so, and the tables grow to five times their size.
"""

import asyncio
import functools
import time

import structlog

from processor.archive.database import Database
from processor.archive.metrics import ArchiveMetrics
from processor.archive.sql import Queries
from processor.database_errors import explain
from processor.postgres import Connection

log = structlog.get_logger()

COMPRESSION_TIMEOUT_SECONDS = 3600
"""How long compressing one chunk may take. 25 million rows take some minutes."""


class Columnstore:
    """Looks for chunks to compress each minute, and compresses one at a time.

    Args:
        database: A connection that is used for compressing only, and closed in between.
        queries: The statements.
        metrics: Shows how many old chunks are not compressed.
        compress_after_days: The age of chunks that are compressed; 0 is never.
    """

    def __init__(
        self,
        *,
        database: Database,
        queries: Queries,
        metrics: ArchiveMetrics,
        compress_after_days: int,
    ) -> None:
        self._database = database
        self._queries = queries
        self._metrics = metrics
        self._days = compress_after_days
        self._next: asyncio.Queue[str] = asyncio.Queue(maxsize=1)
        self._is_busy = False
        self._failed: dict[str, str] = {}

    @property
    def trouble(self) -> str | None:
        """Why an old chunk is not compressed, with the remedy; None while all can be."""
        return next(iter(self._failed.values()), None)

    async def look(self, connection: Connection) -> None:
        """Count the chunks that are to be compressed, and let `run` compress one of them.

        Chunks that could not be compressed are tried again once none is left that was not tried.
        """
        due = await connection.fetch(self._queries.chunks_to_compress, self._days)
        self._metrics.uncompressed_chunks.set(sum(not row["is_compressed"] for row in due))
        parts = [row["part"] for row in due]
        self._failed = {part: why for part, why in self._failed.items() if part in parts}
        untried = [part for part in parts if part not in self._failed]
        if parts and not self._is_busy and self._next.empty():
            self._next.put_nowait((untried or parts)[0])

    async def run(self) -> None:
        """Compress the chunks that `look` finds, until cancelled."""
        while True:
            part = await self._next.get()
            self._is_busy = True
            try:
                await self._database.run(functools.partial(self._compress, part))
                await self._database.close()
            finally:
                self._is_busy = False

    async def _compress(self, part: str, connection: Connection) -> None:
        began_at = time.monotonic()
        self._failed.pop(part, None)
        try:
            is_done = await connection.fetchval(self._queries.compress_part, part, self._days)
        except Exception as error:
            problem = explain(error)
            if problem is None or connection.is_closed():
                raise
            self._failed[part] = f"{part} is not compressed: {problem.reason}"
            log.warning("chunk_not_compressed", part=part, reason=str(problem))
        else:
            if is_done:
                seconds = round(time.monotonic() - began_at, 1)
                log.info("chunk_compressed", part=part, seconds=seconds)
