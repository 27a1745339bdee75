"""What only TimescaleDB Community has runs in PGlite: the statements of each *_columnstore.sql."""

import asyncio
import datetime as dt
import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import asyncpg
import pytest
from prometheus_client import CollectorRegistry

from migrations.editions import SQL
from processor.archive.columnstore import Columnstore
from processor.archive.database import Database
from processor.archive.instants import take_unix_seconds
from processor.archive.metrics import ArchiveMetrics
from processor.archive.rollups import Rollups
from processor.archive.sql import load_queries
from testkit.cache import PartUnavailableError
from testkit.migration import migrate
from testkit.pglite import Pglite
from testkit.queries import fetch, fetch_value

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(600)]

BEFORE = "0008"
"""The revision with segments of one aircraft each."""

LAYOUT = "0010"
"""The revision without segments."""

HOUR = dt.datetime(2026, 6, 1, 3, tzinfo=dt.UTC)
FILL = """
INSERT INTO state_vectors (icao24, last_contact, on_ground, spi, position_source, velocity)
SELECT lpad(to_hex(aircraft), 6, '0'), timestamptz '2026-06-01 00:00Z' + number * INTERVAL '20 s',
       FALSE, FALSE, 0, number
FROM generate_series(1, 30) AS aircraft, generate_series(0, 1000) AS number
"""
ROWS = "SELECT count(*), sum(velocity), count(DISTINCT icao24) FROM state_vectors"
SEGMENTS = """
SELECT DISTINCT coalesce(segmentby, '') FROM timescaledb_information.chunk_columnstore_settings
"""
TO_COMPRESS = "SELECT is_compressed FROM chunks_to_compress(4)"
LATE = """
INSERT INTO state_vectors (icao24, last_contact, on_ground, spi, position_source)
VALUES ('000001', '2026-06-01 03:00:05Z', FALSE, FALSE, 0)
"""
COLUMNSTORE_NODES = {"DecompressChunk", "ColumnarScan"}
"""The names of the node that reads a columnstore, in older and in newer versions."""

MINUTES = "SELECT sum(state_vectors)::int, count(*)::int FROM minutely_state_vectors"


@pytest.fixture(scope="module")
def server_before() -> Iterator[Pglite]:
    """Give a database with rows that were compressed before the migration to the new layout."""
    try:
        server = Pglite()
    except PartUnavailableError as error:
        pytest.skip(str(error))
    with server:
        migrate(server.owner_dsn, "upgrade", BEFORE)
        fetch(server.dsn, FILL)
        [(chunk,)] = fetch(server.dsn, "SELECT show_chunks('state_vectors')::text")
        fetch(server.dsn, f"CALL convert_to_columnstore('{chunk}')")
        migrate(server.owner_dsn, "upgrade", LAYOUT)
        yield server


@pytest.fixture(scope="module")
def server(server_before: Pglite) -> Pglite:
    """Give the same database with all migrations."""
    migrate(server_before.owner_dsn)
    return server_before


def test_old_chunks_are_compressed_again_without_segments(server_before: Pglite) -> None:
    """The archive does it by itself, and keeps every row."""
    server = server_before
    before = fetch(server.dsn, ROWS)
    assert fetch(server.dsn, SEGMENTS) == [("icao24",)]
    assert fetch(server.dsn, TO_COMPRESS) == [(True,)]
    for part, _ in fetch(server.dsn, "SELECT * FROM chunks_to_compress(4)"):
        fetch(server.dsn, "SELECT compress_part($1, 4)", part)
    assert fetch(server.dsn, SEGMENTS) == [("",)]
    assert fetch(server.dsn, TO_COMPRESS) == []
    assert fetch(server.dsn, ROWS) == before
    jobs = "SELECT count(*) FROM timescaledb_information.jobs WHERE hypertable_name IS NOT NULL"
    assert fetch_value(server.dsn, jobs) == 0


async def compress_all(dsn: str) -> None:
    """Compress what is due, as the archive does."""
    database = Database(
        url=dsn, application_name="t", connect_timeout_seconds=60, statement_timeout_seconds=600
    )
    queries, metrics = load_queries(), ArchiveMetrics(CollectorRegistry())
    columnstore = Columnstore(
        database=database, queries=queries, metrics=metrics, compress_after_days=4
    )
    while True:
        await database.run(columnstore.look)
        if columnstore._next.empty():
            break
        await database.run(partial(columnstore._compress, columnstore._next.get_nowait()))
        assert columnstore.trouble is None
    await database.close()


def test_chunks_that_move_stay_compressed(server: Pglite) -> None:
    """The migration to whole numbers compresses what was compressed, and keeps every row."""
    assert fetch(server.dsn, ROWS) == [(30 * 1001, 30 * 500_500, 30)]
    assert fetch(server.dsn, SEGMENTS) == [("",)]
    assert fetch(server.dsn, TO_COMPRESS) == []


def test_rollups_do_not_compare_each_row_with_each_minute(server: Pglite) -> None:
    """A compressed chunk is read once, and its rows find their minute by a hash."""
    plan = list(nodes(asyncio.run(plan_of_rollup(server.dsn))))
    reads = [node for node in plan if node.get("Custom Plan Provider") in COLUMNSTORE_NODES]
    assert [node["Actual Loops"] for node in reads] == [1]
    assert sum(node.get("Rows Removed by Join Filter", 0) for node in plan) == 0


async def plan_of_rollup(dsn: str) -> dict[str, Any]:
    """Return how half an hour was rolled up."""
    connection = await asyncpg.connect(dsn, server_settings={"timezone": "UTC"}, timeout=60)
    queries = load_queries()
    minutes = [HOUR + dt.timedelta(minutes=number) for number in range(30)]
    async with connection.transaction():
        await connection.execute(queries.plan_for_given_times)
        found = await connection.fetchval(
            f"EXPLAIN (ANALYZE, FORMAT JSON) {queries.roll_up_minutes}",
            minutes,
            HOUR,
            HOUR + dt.timedelta(minutes=30),
        )
    await connection.close()
    plan: dict[str, Any] = json.loads(found)[0]["Plan"]
    return plan


def nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield all nodes of a plan."""
    yield node
    for child in node.get("Plans", []):
        yield from nodes(child)


def test_late_rows_are_rolled_up_into_compressed_minutes(server: Pglite) -> None:
    """Both tables are compressed when the row comes."""
    fetch(
        server.dsn,
        "INSERT INTO touched_minutes (minute)"
        " SELECT DISTINCT date_trunc('minute', last_contact) FROM state_vectors",
    )
    asyncio.run(roll_up(server.dsn))
    asyncio.run(compress_all(server.dsn))
    [(rows, minutes)] = fetch(server.dsn, MINUTES)
    fetch(server.dsn, LATE)
    fetch(server.dsn, "INSERT INTO touched_minutes (minute, icao24) VALUES ($1, '000001')", HOUR)
    asyncio.run(roll_up(server.dsn))
    assert fetch(server.dsn, MINUTES) == [(rows + 1, minutes)]


async def roll_up(dsn: str) -> None:
    """Roll up everything that is due."""
    connection = await asyncpg.connect(dsn, server_settings={"timezone": "UTC"}, timeout=60)
    await take_unix_seconds(connection)
    rollups = Rollups(load_queries())
    while any(await rollups.roll_up(connection)):
        pass
    await connection.close()


def test_migrations_go_down_and_up_again(server: Pglite) -> None:
    """Each file with statements of the columnstore runs, and the rows stay."""
    files = {file.name for file in SQL.glob("*_columnstore*.sql")}
    of_this_edition = {name for name in files if "_no_columnstore" not in name}
    assert of_this_edition == {
        *("0001_columnstore.sql", "0002_columnstore.sql", "0004_columnstore.sql"),
        *("0010_columnstore.sql", "0010_columnstore_down.sql"),
        *("0011_columnstore.sql", "0011_columnstore_down.sql"),
    }
    before = fetch(server.dsn, ROWS)
    migrate(server.owner_dsn, "downgrade", BEFORE)
    fetch(server.owner_dsn, "SELECT compress_after(4)")
    migrate(server.owner_dsn)
    assert fetch(server.dsn, ROWS) == before
