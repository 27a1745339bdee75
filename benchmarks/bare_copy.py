"""The baseline of the archive: COPY of prepared rows on one connection, without a log."""

import datetime as dt
import time
from collections.abc import Iterator
from typing import NamedTuple

import asyncpg
import uvloop

from benchmarks.rows import Row, day_of
from processor.archive.stored_values import STORED_FIELDS
from testkit.process_resources import cpu_seconds

_STAGING = (
    "CREATE TEMPORARY TABLE IF NOT EXISTS staging (LIKE stored_state_vectors) ON COMMIT DELETE ROWS"
)
_INSERT = "INSERT INTO stored_state_vectors SELECT * FROM staging ON CONFLICT DO NOTHING"


class Stored(NamedTuple):
    """The costs of storing batches."""

    seconds: float
    cpu_seconds: float
    server_cpu_seconds: float
    rows: int


def store(dsn: str, batches: list[list[Row]], *, is_straight: bool = False) -> Stored:
    """Store every batch in a transaction of its own.

    Args:
        dsn: A migrated database.
        batches: Rows of stored_state_vectors in the order of the fields.
        is_straight: COPY into the table itself, instead of COPY into a temporary table and
            INSERT ... ON CONFLICT DO NOTHING, which is what a writer needs that may meet
            duplicates.
    """
    return uvloop.run(_store(dsn, batches, is_straight=is_straight))


async def _store(dsn: str, batches: list[list[Row]], *, is_straight: bool) -> Stored:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("SELECT make_partitions($1::date[])", list(_days(batches)))
        await connection.execute(_STAGING)
        server = await connection.fetchval("SELECT pg_backend_pid()")
        server_cpu, cpu, started = cpu_seconds(server), time.process_time(), time.monotonic()
        for rows in batches:
            await store_batch(connection, rows, is_straight=is_straight)
        return Stored(
            seconds=time.monotonic() - started,
            cpu_seconds=time.process_time() - cpu,
            server_cpu_seconds=cpu_seconds(server) - server_cpu,
            rows=sum(len(rows) for rows in batches),
        )
    finally:
        await connection.close()


async def store_batch(
    connection: "asyncpg.Connection[asyncpg.Record]", rows: list[Row], *, is_straight: bool = False
) -> None:
    """Store one batch."""
    async with connection.transaction():
        if is_straight:
            await connection.copy_records_to_table(
                "stored_state_vectors", records=rows, columns=STORED_FIELDS
            )
            return
        await connection.copy_records_to_table("staging", records=rows, columns=STORED_FIELDS)
        await connection.execute(_INSERT)


def _days(batches: list[list[Row]]) -> Iterator[dt.date]:
    yield from sorted({day_of(row) for rows in batches for row in rows})
