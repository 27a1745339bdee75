"""Tables of thousands of parts, as an earlier version made of days without end, are worked off."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator

import asyncpg
import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from processor.archive.audit.audit import audit
from processor.archive.batch_division import MAX_BYTES
from processor.archive.command_connection import ONE_PART_AT_A_TIME
from processor.archive.database import Database
from processor.archive.metrics import ArchiveMetrics
from processor.archive.retention import DEAD_LETTERS_A_RUN, Retention, RetentionPeriods
from processor.archive.sql import load_audit_queries, load_queries
from testkit import databases
from testkit.messages import InventedMessage
from testkit.migration import create_migrated_database
from testkit.queries import fetch, fetch_value
from testkit.refusing import RefusingArchive

pytestmark = pytest.mark.timeout(300)

MAX_LOCKS = 50
"""Locks of one step; a statement without a time range takes four for each partition."""

_MAKE_SOME = """
DO $$ BEGIN
    FOR number IN {first}..{last} LOOP
        EXECUTE format(
            'CREATE TABLE stored_state_vectors_%s PARTITION OF stored_state_vectors'
            ' FOR VALUES FROM (%L) TO (%L)',
            to_char(date '2010-01-01' + number, 'YYYYMMDD'),
            (date '2010-01-01' + number)::timestamp AT TIME ZONE 'UTC',
            (date '2010-01-01' + number + 1)::timestamp AT TIME ZONE 'UTC');
    END LOOP;
END $$
"""
_ROW = """
INSERT INTO state_vectors (icao24, last_contact, on_ground, spi, position_source)
SELECT lpad(number::text, 6, '0'), $1, FALSE, FALSE, 0
FROM generate_series(1, $2::int) AS number
"""
_LETTERS = """
INSERT INTO dead_letters
    (cluster_id, topic, partition, message_offset, headers, reason, value, recorded_at)
SELECT 'c', 't', 0, n, '{}', 'x',
       (SELECT string_agg(sha256((n + part)::text::bytea), NULL)
        FROM generate_series(1, ceil($2::int / 32.0)::int) AS part),
       now() + (n - $1::bigint) * INTERVAL '1 second'
FROM generate_series(0, $1::bigint - 1) AS n
"""


class Expiry:
    """The retention of an archive."""

    def __init__(self, dsn: str, kept: RetentionPeriods) -> None:
        self.dsn = dsn
        self.database = Database(
            url=dsn, application_name="t", connect_timeout_seconds=5, statement_timeout_seconds=30
        )
        self.retention = Retention(
            queries=load_queries(),
            metrics=ArchiveMetrics(CollectorRegistry()),
            kept=kept,
            clock_offset_seconds=lambda: 0.0,
        )

    async def expire(self) -> None:
        """Do what is done each minute, once the clock of the server is known."""
        await self.database.run(self.retention.run)


@pytest.fixture
async def dsn(embedded_server: str) -> AsyncIterator[str]:
    """Give a migrated database of plain PostgreSQL with its default settings."""
    dsn = await asyncio.to_thread(create_migrated_database, embedded_server)
    yield dsn
    databases.drop_database(embedded_server, dsn)


async def make_old_parts(dsn: str, count: int) -> None:
    """Make a part for each of many old days, and 100 rows of today."""
    connection = await asyncpg.connect(dsn)
    for first in range(0, count, 100):
        await connection.execute(_MAKE_SOME.format(first=first, last=first + 99))
    await connection.execute("SELECT make_partitions(ARRAY[(now() AT TIME ZONE 'UTC')::date])")
    await connection.execute(_ROW, await connection.fetchval("SELECT now()"), 100)
    await connection.close()


async def locks_of(dsn: str, statement: str, *arguments: object) -> int:
    """Return how many locks a statement leaves to the end of its transaction."""
    connection = await asyncpg.connect(dsn, server_settings=ONE_PART_AT_A_TIME)
    try:
        async with connection.transaction():
            await connection.fetch(statement, *arguments)
            count = await connection.fetchval(
                "SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid()"
            )
        return int(count)
    finally:
        await connection.close()


@pytest.mark.parametrize(
    "count",
    [200, pytest.param(3_000, marks=[pytest.mark.nightly, pytest.mark.timeout(1_800)])],
)
async def test_retention_works_off_any_number_of_parts(dsn: str, count: int) -> None:
    """One part a run, the oldest first, and no step needs more locks than a few parts have."""
    await make_old_parts(dsn, count)
    assert await locks_of(dsn, "SELECT * FROM state_vectors WHERE icao24 = '000001'") > 3 * count
    assert await locks_of(dsn, load_queries().retention_limit, 30) < MAX_LOCKS
    since = dt.datetime.now(dt.UTC) - dt.timedelta(days=30)
    assert await locks_of(dsn, load_queries().drop_expired, since) < MAX_LOCKS
    assert await locks_of(dsn, load_queries().mark_expired, since) < MAX_LOCKS
    expiry = Expiry(dsn, RetentionPeriods(30, 0, 0, 0))
    left: list[int] = []
    while not left or left[-1] > 1:
        await expiry.expire()
        left.append(fetch_value(dsn, "SELECT count(*) FROM parts_of('stored_state_vectors')"))
    assert left == list(range(count - 1, 0, -1))
    assert fetch_value(dsn, "SELECT count(*) FROM state_vectors") == 100
    await expiry.database.close()


async def test_an_audit_locks_the_parts_of_one_day(dsn: str) -> None:
    """Each of its questions about a day leaves the other days alone."""
    await make_old_parts(dsn, 100)
    day = dt.datetime(2010, 2, 1, tzinfo=dt.UTC)
    span = (day, day + dt.timedelta(days=1))
    queries = load_audit_queries()
    assert await locks_of(dsn, queries.stored, *span, day) < MAX_LOCKS
    assert await locks_of(dsn, queries.strays, *span) < MAX_LOCKS
    assert await locks_of(dsn, queries.minutes, *span) < MAX_LOCKS
    assert await locks_of(dsn, queries.without_flight, *span) < MAX_LOCKS
    assert await locks_of(dsn, load_queries().mark_part_dirty, *span) < MAX_LOCKS
    assert await locks_of(dsn, load_queries().first_contacts, *span) < MAX_LOCKS


async def set_aside(dsn: str, count: int, *, n_bytes: int = 10) -> None:
    """Store dead letters in order of age, with their offsets and ledger."""
    connection = await asyncpg.connect(dsn)
    await connection.execute(
        "INSERT INTO ingest_offsets (cluster_id, topic, partition, ledger_start, next_offset,"
        " epoch, owner) VALUES ('c', 't', 0, 0, $1, 1, 'test')",
        count,
    )
    await connection.execute(
        "INSERT INTO ingest_ledger (cluster_id, topic, partition, lo, hi, n_in, n_rows,"
        " n_inserted, n_duplicate, n_dead, epoch) SELECT 'c', 't', 0, n, n + 1, 1, 1, 0, 0, 1, 1"
        " FROM generate_series(0, $1::bigint - 1) AS n",
        count,
    )
    await connection.execute(_LETTERS, count, n_bytes)
    await connection.close()


async def test_dead_letters_are_bounded_in_number(dsn: str) -> None:
    """The oldest go, in transactions of a bounded size, and the audit knows."""
    count = 2 * DEAD_LETTERS_A_RUN + 500
    await set_aside(dsn, count)
    expiry = Expiry(dsn, RetentionPeriods(0, 0, 0, 0, dead_letter_rows=300))
    with capture_logs() as lines:
        await expiry.expire()
    assert [line["deleted"] for line in lines] == [count - 300]
    left = fetch(dsn, "SELECT min(message_offset), count(*) FROM dead_letters")
    assert left == [(count - 300, 300)]
    assert "audit clean" in str(
        await expiry.database.run(lambda session: audit(session, load_audit_queries()))
    )
    await expiry.database.close()


async def test_dead_letters_are_bounded_in_bytes(dsn: str) -> None:
    """Few large ones are as many as many small ones."""
    await set_aside(dsn, 200, n_bytes=16_384)
    expiry = Expiry(dsn, RetentionPeriods(0, 0, 0, 0, dead_letter_megabytes=1))
    await expiry.expire()
    assert 50 < fetch_value(dsn, "SELECT count(*) FROM dead_letters") <= 1_000_000 // 16_384
    await expiry.database.close()


async def test_one_dead_letter_is_bounded_in_bytes(dsn: str) -> None:
    """The begin of a message of a megabyte is kept, and the reason says so."""
    archive = RefusingArchive(dsn)
    await archive.claim()
    large = InventedMessage(0, 0, b"x" * 1_000_000, {"h" * 40_000: b"v"})
    assert (await archive.write(archive.read([large]))).n_dead == 1
    [row] = fetch(dsn, "SELECT octet_length(value), headers::text, reason FROM dead_letters")
    assert row[:2] == (MAX_BYTES, "{}")
    assert row[2].endswith("of 40,001 bytes of headers and 1,000,000 bytes of value)")
    assert (await archive.audit()).startswith("audit clean")
    await archive.database.close()
