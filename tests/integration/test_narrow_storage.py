"""The migration to whole numbers keeps every row and the audit's meaning, also if interrupted."""

import asyncio
import contextlib
from collections.abc import Iterator

import asyncpg
import pytest

from processor.archive.audit.derived import Extent
from testkit.databases import execute
from testkit.migration import migrate
from testkit.queries import fetch, fetch_value
from testkit.stored_log import audit

BEFORE = "0010"
ROWS = "SELECT * FROM state_vectors ORDER BY icao24, last_contact"
TYPES = """
SELECT attname, format_type(atttypid, NULL), col_description(attrelid, attnum) FROM pg_attribute
WHERE attrelid = 'state_vectors'::regclass AND attnum > 0 ORDER BY attnum
"""
PARTS = "SELECT count(*)::int FROM parts_of($1)"
HASH = """
SELECT (last_contact AT TIME ZONE 'UTC')::date, hashint8extended(h, h) FROM (
    SELECT last_contact, hash_record_extended(state, 0) AS h FROM state_vectors AS state
    WHERE icao24 = '000001' ORDER BY last_contact LIMIT 1
) AS hashed
"""
MORE_DIGITS = """
UPDATE state_vectors SET longitude = 8.123456, velocity = 231.5049
WHERE icao24 = '000001'
  AND last_contact = (SELECT min(last_contact) FROM state_vectors WHERE icao24 = '000001')
"""
ROUNDED = """
SELECT longitude, velocity::text FROM state_vectors
WHERE icao24 = '000001' ORDER BY last_contact LIMIT 1
"""
ACCOUNT = """
UPDATE ingest_days
SET digest_dropped = as_bigint(digest_dropped::numeric + $2::bigint - $3::bigint)
WHERE (cluster_id, topic, partition, day)
    = (SELECT cluster_id, topic, partition, day FROM ingest_days WHERE day = $1 LIMIT 1)
"""


@contextlib.contextmanager
def reading(dsn: str, part: str) -> Iterator[None]:
    """Hold the lock of a statement that reads a part."""
    with asyncio.Runner() as runner:
        connection = runner.run(asyncpg.connect(dsn))
        runner.run(connection.execute(f"BEGIN; LOCK TABLE {part} IN ACCESS SHARE MODE"))
        yield
        runner.run(connection.close())


def test_rows_and_their_audit_stay_the_same_down_and_up(filled_dsn: str) -> None:
    """Names, types and comments stay as well, and so does every privilege."""
    rows, types = fetch(filled_dsn, ROWS), fetch(filled_dsn, TYPES)
    execute(filled_dsn, "GRANT INSERT, SELECT ON state_vectors TO pg_monitor")
    migrate(filled_dsn, "downgrade", BEFORE)
    assert (fetch(filled_dsn, ROWS), fetch(filled_dsn, TYPES)) == (rows, types)
    migrate(filled_dsn)
    assert (fetch(filled_dsn, ROWS), fetch(filled_dsn, TYPES)) == (rows, types)
    done = audit(filled_dsn, Extent.ALL)
    assert done.returncode == 0, done.stdout + done.stderr
    for role, table in (
        *(("flights_reader", "state_vectors"), ("pg_monitor", "state_vectors")),
        ("pg_monitor", "stored_state_vectors"),
    ):
        asked = "SELECT has_table_privilege($1, $2::text, 'SELECT')"
        assert fetch_value(filled_dsn, asked, role, table)


def test_the_audit_expects_the_digits_that_are_stored(filled_dsn: str) -> None:
    """A row with more digits is rounded, and its digest changes on the account too."""
    migrate(filled_dsn, "downgrade", BEFORE)
    [(day, before)] = fetch(filled_dsn, HASH)
    execute(filled_dsn, MORE_DIGITS)
    [(_, after)] = fetch(filled_dsn, HASH)
    fetch(filled_dsn, ACCOUNT, day, before, after)
    migrate(filled_dsn)
    assert fetch(filled_dsn, ROUNDED) == [(8.1235, "231.5")]
    done = audit(filled_dsn)
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_interrupted_migration_continues(filled_dsn: str) -> None:
    """The parts that were moved stay moved; the next attempt moves the others."""
    rows = fetch(filled_dsn, ROWS)
    migrate(filled_dsn, "downgrade", BEFORE)
    parts = fetch(filled_dsn, "SELECT part FROM parts_of('state_vectors') ORDER BY begins")
    with reading(filled_dsn, parts[2][0]), pytest.raises(RuntimeError, match="did not complete"):
        migrate(filled_dsn)
    assert fetch_value(filled_dsn, PARTS, "former_state_vectors") == len(parts) - 2
    assert fetch_value(filled_dsn, PARTS, "stored_state_vectors") == 2
    assert f"1 of {len(parts) - 2}" in migrate(filled_dsn)
    assert fetch(filled_dsn, ROWS) == rows
    assert audit(filled_dsn).returncode == 0
    assert fetch_value(filled_dsn, "SELECT to_regclass('former_state_vectors')") is None
