"""One task of the maintenance that takes too long keeps no other from being done."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import asyncpg
import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from processor.archive.columnstore import Columnstore
from processor.archive.database import Database
from processor.archive.maintenance import Maintenance
from processor.archive.metrics import ArchiveMetrics
from processor.archive.retention import RetentionPeriods
from processor.archive.rollups import Rollups
from processor.archive.sql import Queries, load_queries
from testkit.archive_site import ArchiveSite
from testkit.queries import fetch, fetch_value
from testkit.state_vectors import state_vector

pytestmark = pytest.mark.real_database

DAY, HOUR = 86_400, 3600
NOW = int(time.time())
LONG_AGO = NOW // HOUR * HOUR - 30 * HOUR
"""A full hour, long enough ago for everything of it to be over."""

NEVER_DONE = "SELECT pg_sleep(60), $1::int"
KEPT = RetentionPeriods(state_vectors_days=30, minutely_days=0, flights_days=0, dead_letters_days=0)
STATE_VECTORS = "SELECT count(*) FROM state_vectors"
MINUTES = "SELECT count(*) FROM minutely_state_vectors"


@pytest.fixture
async def hurried(site: ArchiveSite) -> AsyncIterator[Database]:
    """Give a connection whose statements may take a second."""
    database = Database(
        url=site.dsn, application_name="t", connect_timeout_seconds=5, statement_timeout_seconds=1
    )
    yield database
    await database.close()


def make_maintenance(database: Database, queries: Queries) -> Maintenance:
    """Return a maintenance that runs these statements."""
    metrics = ArchiveMetrics(CollectorRegistry())
    return Maintenance(
        database=database,
        queries=queries,
        metrics=metrics,
        kept=KEPT,
        chunk_rows=25_000_000,
        columnstore=Columnstore(
            database=database, queries=queries, metrics=metrics, compress_after_days=4
        ),
    )


async def test_retention_does_not_wait_for_a_task_that_takes_too_long(
    site: ArchiveSite, hurried: Database
) -> None:
    """The task is due again in the next round, and the log says so."""
    expired = [state_vector("aaaaaa", NOW - 40 * DAY)]
    await site.write([*expired, *(state_vector(f"{n:06x}", NOW - DAY) for n in range(100))])
    queries = load_queries()._replace(make_coming_partitions=NEVER_DONE)
    with capture_logs() as lines:
        await hurried.run(make_maintenance(hurried, queries).maintain)
    assert fetch_value(site.dsn, STATE_VECTORS) == 100
    [failed] = [line for line in lines if line["event"] == "maintenance_task_failed"]
    assert failed["task"] == "parts"
    assert "statement_timeout_seconds" in failed["reason"]


async def test_hours_do_not_wait_for_minutes_that_take_too_long(
    site: ArchiveSite, hurried: Database
) -> None:
    """Each kind of rollup is a task of its own."""
    await site.write([state_vector("aaaaaa", LONG_AGO)])
    await site.roll_up()
    fetch(site.dsn, "INSERT INTO touched_hours SELECT min(hour) FROM hourly_counts")
    queries = load_queries()._replace(dirty_minutes=NEVER_DONE)
    await hurried.run(make_maintenance(hurried, queries)._roll_up)
    assert fetch_value(site.dsn, "SELECT count(*) FROM touched_hours") == 0


async def test_minutes_that_take_too_long_are_done_in_smaller_parts(
    site: ArchiveSite, hurried: Database
) -> None:
    """Half as many each time, and in the end the aircraft of a minute by themselves."""
    flown = [(icao24, LONG_AGO + offset) for icao24 in ("aaaaaa", "bbbbbb") for offset in (0, 60)]
    await site.write([state_vector(icao24, moment) for icao24, moment in flown])
    too_slow = "SELECT pg_sleep(60), $1::timestamptz[], $2::timestamptz, $3::timestamptz"
    rollups = Rollups(load_queries()._replace(roll_up_minutes=too_slow))
    amounts: list[int] = []
    while fetch_value(site.dsn, MINUTES) < len(flown) and len(amounts) < 20:
        amounts.append(rollups._minutes.present)
        with contextlib.suppress(asyncpg.QueryCanceledError):
            await hurried._attempt(rollups.roll_up_minutes)
    assert amounts[:6] == [30, 15, 7, 3, 1, 0]
    assert fetch_value(site.dsn, MINUTES) == len(flown)


async def test_a_chunk_that_cannot_be_compressed_is_named(site: ArchiveSite) -> None:
    """By health, log and metric; the others are compressed meanwhile, and storing goes on."""
    compressed = "SELECT 1 / CASE $1::text WHEN 'broken' THEN 0 ELSE 1 END, $2::int"
    queries = load_queries()._replace(
        chunks_to_compress="SELECT part, FALSE AS is_compressed"
        " FROM unnest(ARRAY['broken', 'sound']) AS part WHERE $1::int > 0",
        compress_part=compressed,
    )
    registry = CollectorRegistry()
    columnstore = Columnstore(
        database=site.database,
        queries=queries,
        metrics=ArchiveMetrics(registry),
        compress_after_days=4,
    )
    troubles = [columnstore.trouble]
    running = asyncio.create_task(columnstore.run())
    with capture_logs() as lines:
        for _ in range(2):
            await site.database.run(columnstore.look)
            await wait_for_idle(columnstore)
    running.cancel()
    assert [(line["event"], line["part"]) for line in lines] == [
        ("chunk_not_compressed", "broken"),
        ("chunk_compressed", "sound"),
    ]
    troubles.append(columnstore.trouble)
    assert troubles[0] is None
    assert str(troubles[1]).startswith("broken is not compressed: ")
    assert registry.get_sample_value("flightmonitor_archive_uncompressed_chunks") == 2


async def wait_for_idle(columnstore: Columnstore) -> None:
    """Wait until what was found last is compressed or has failed."""
    async with asyncio.timeout(20):
        while columnstore._is_busy or not columnstore._next.empty():  # noqa: ASYNC110 - no event says so
            await asyncio.sleep(0.01)
