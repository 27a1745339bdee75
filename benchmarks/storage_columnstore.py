"""TimescaleDB Community's columnstore: all chunks moved into it, and what they take then.

Not run with the other benchmarks: the packages that they install are the Apache edition.
Names and columns are those of <https://www.tigerdata.com/docs/api/latest/hypercore>, 2.18 or newer.
"""

from collections.abc import Iterable
from enum import StrEnum

import asyncpg

from benchmarks.report import MeasurementError
from benchmarks.storage_sizes import Parts

_EXTENSION = "SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'"
_LICENSE = "SELECT current_setting('timescaledb.license', TRUE)"
_COLUMNSTORE_OF = """
SELECT hypertable::text FROM timescaledb_information.hypertable_columnstore_settings
"""
_ENABLE = """
ALTER TABLE {table} SET (
    timescaledb.enable_columnstore = TRUE,
    timescaledb.segmentby = '',
    timescaledb.orderby = 'icao24, {time} DESC'
)
"""
_TIMES = {"stored_state_vectors": "last_contact", "minutely_state_vectors": "minute"}
_STATS = """
SELECT after_compression_table_bytes, after_compression_toast_bytes,
       after_compression_index_bytes, after_compression_total_bytes,
       total_chunks, number_compressed_chunks
FROM hypertable_columnstore_stats($1::regclass)
"""


class Edition(StrEnum):
    """The edition of a database, in the words of the report."""

    PLAIN = "plain PostgreSQL"
    APACHE = "TimescaleDB Apache"
    COMMUNITY = "TimescaleDB Community"


async def find_edition(dsn: str) -> Edition:
    """Return the edition of a migrated database."""
    connection = await asyncpg.connect(dsn)
    try:
        return await _edition(connection)
    finally:
        await connection.close()


async def stop_policies(dsn: str) -> None:
    """Remove the policies, which would move chunks while they are measured as rows."""
    connection = await asyncpg.connect(dsn)
    try:
        if await _edition(connection) is Edition.COMMUNITY:
            for table in _TIMES:
                await connection.execute(
                    f"CALL remove_columnstore_policy('{table}', if_exists => TRUE)"
                )
    finally:
        await connection.close()


async def compress(dsn: str, tables: Iterable[str]) -> dict[str, Parts]:
    """Move every chunk to the columnstore, with settings for tables that have none.

    Raises:
        MeasurementError: Not all chunks could be moved.
    """
    connection = await asyncpg.connect(dsn)
    try:
        return {table: await _compress(connection, table) for table in tables}
    finally:
        await connection.close()


async def _compress(connection: "asyncpg.Connection[asyncpg.Record]", table: str) -> Parts:
    enabled = {row[0] for row in await connection.fetch(_COLUMNSTORE_OF)}
    if table not in enabled:
        await connection.execute(_ENABLE.format(table=table, time=_TIMES[table]))
    rows = await connection.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608 - ours
    for chunk in await connection.fetch("SELECT show_chunks($1::regclass)::text", table):
        # Each in a transaction of its own; the procedure takes no parameter of a prepared call.
        await connection.execute(f"CALL convert_to_columnstore('{chunk[0]}')")
    await connection.execute(f"VACUUM (ANALYZE) {table}")
    [stats] = await connection.fetch(_STATS, table)
    heap, toast, indexes, total, chunks, moved = stats
    if chunks != moved:
        raise MeasurementError(f"{moved} of {chunks} chunks of {table} are in the columnstore")
    return Parts(rows, heap, maps=0, toast=toast, primary_key=0, other_indexes=indexes, total=total)


async def _edition(connection: "asyncpg.Connection[asyncpg.Record]") -> Edition:
    if await connection.fetchval(_EXTENSION) is None:
        return Edition.PLAIN
    is_community = await connection.fetchval(_LICENSE) == "timescale"
    return Edition.COMMUNITY if is_community else Edition.APACHE
