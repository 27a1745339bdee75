"""The audit after months: retention, merged entries, an upgrade, a log whose offsets were reset."""

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable

import pytest

from processor.archive.audit.findings import Violation
from processor.archive.audit.ledger import CheckedOffsets, check_new_tiling, check_tiling
from processor.archive.database import Connection
from processor.archive.sql import load_audit_queries, load_queries
from testkit import databases, stored_log
from testkit.migration import migrate
from testkit.queries import fetch, fetch_value
from testkit.stored_log import audit

SECOND_DAY = dt.datetime(2026, 9, 22, tzinfo=dt.UTC)


def run(dsn: str, work: Callable[[Connection], Awaitable[None]]) -> None:
    """Do something as maintenance does, in one transaction."""

    async def in_transaction(connection: Connection) -> None:
        async with connection.transaction():
            await work(connection)

    async def connected() -> None:
        database = stored_log.open_database(dsn)
        await database.run(in_transaction)
        await database.close()

    asyncio.run(connected())


def expire(dsn: str, moment: dt.datetime) -> None:
    """Drop state vectors as retention does."""
    queries = load_queries()

    async def work(connection: Connection) -> None:
        assert await connection.fetch(queries.drop_expired, moment)
        await connection.execute(queries.mark_expired, moment)

    run(dsn, work)


def merge(dsn: str, limit: int = 1_000) -> None:
    """Merge the entries of the ledger, all of which are old enough."""

    async def work(connection: Connection) -> None:
        tomorrow = -1
        await connection.execute(load_queries().merge_ledger, tomorrow, limit)

    run(dsn, work)


def test_days_are_compared_after_retention_has_dropped_others(filled_dsn: str) -> None:
    """Rows that are kept are compared as before, and missing ones are noticed."""
    expire(filled_dsn, SECOND_DAY)
    done = audit(filled_dsn)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3600 rows of 3 days stored as they were inserted" in done.stdout
    assert "= 4800 inserted" in done.stdout
    databases.execute(
        filled_dsn,
        "DELETE FROM state_vectors WHERE icao24 = '000001' AND last_contact > '2026-09-23'",
    )
    done = audit(filled_dsn)
    assert done.returncode == 1, done.stdout
    assert "2026-09-23: 1185 rows are there, 1200 were inserted" in done.stdout


def test_a_message_of_long_ago_does_not_end_the_comparison(filled_dsn: str) -> None:
    """The day is dropped a minute later; all others are compared as before."""
    stored_log.fill(filled_dsn, [-8_000])
    expire(filled_dsn, dt.datetime(2026, 9, 20, tzinfo=dt.UTC))
    done = audit(filled_dsn)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4800 rows of 4 days stored as they were inserted" in done.stdout
    databases.execute(
        filled_dsn, "UPDATE stored_state_vectors SET velocity_e2 = 1 WHERE icao24 = '000001'"
    )
    assert "the digests differ" in audit(filled_dsn).stdout


def test_rows_that_come_after_their_day_was_dropped_are_accounted_for(filled_dsn: str) -> None:
    """A day that is stored again after retention must hold what was inserted since."""
    expire(filled_dsn, SECOND_DAY)
    stored_log.fill(filled_dsn, [0])
    done = audit(filled_dsn)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4800 rows of 4 days stored as they were inserted" in done.stdout


def test_merged_entries_prove_the_same(filled_dsn: str) -> None:
    """Each partition gets one entry for the day, with the same totals and transactions."""
    before = audit(filled_dsn).stdout
    merge(filled_dsn)
    assert fetch_value(filled_dsn, "SELECT count(*) FROM ingest_ledger") == stored_log.PARTITIONS
    assert audit(filled_dsn).stdout == before
    stored_log.fill(filled_dsn, [5, 6])
    merge(filled_dsn)
    done = audit(filled_dsn)
    assert done.returncode == 0, done.stdout + done.stderr
    assert fetch_value(filled_dsn, "SELECT sum(n_transactions)::int FROM ingest_ledger") == 12


def test_merging_takes_a_bounded_number_at_a_time(filled_dsn: str) -> None:
    """The oldest entries are merged first, in several runs."""
    merge(filled_dsn, limit=3)
    counts = "SELECT n_transactions FROM ingest_ledger WHERE partition = 1 ORDER BY lo"
    assert fetch(filled_dsn, counts) == [(3,), (1,)]
    assert audit(filled_dsn).returncode == 0


@pytest.mark.parametrize(
    "alteration",
    [
        "DELETE FROM ingest_ledger WHERE partition = 0 AND lo = 602",
        "UPDATE ingest_ledger SET (n_in, n_rows, n_dead) = (n_in-1, n_rows-1, 0) WHERE lo = 602",
    ],
)
def test_merging_hides_neither_a_hole_nor_a_change(filled_dsn: str, alteration: str) -> None:
    """Merging stops before them, and the audit still finds them."""
    databases.execute(filled_dsn, alteration)
    before = audit(filled_dsn)
    assert before.returncode == 1
    merge(filled_dsn)
    done = audit(filled_dsn)
    assert done.returncode == 1
    assert done.stdout == before.stdout


def test_what_was_stored_before_the_upgrade_is_named(filled_dsn: str) -> None:
    """Its rows cannot be compared by content; rows that were stored later can."""
    migrate(filled_dsn, "downgrade", "0005")
    migrate(filled_dsn)
    stored_log.fill(filled_dsn, [5])
    done = audit(filled_dsn)
    assert done.returncode == 4, done.stdout + done.stderr
    assert done.stdout.startswith("audit found nothing wrong: ")
    assert "1200 rows of 1 days stored as they were inserted" in done.stdout
    assert "not compared: 4800 rows of 4 days from 2026-09-21 to 2026-09-24" in done.stdout
    merge(filled_dsn)
    assert audit(filled_dsn).stdout == done.stdout


def test_every_later_audit_lists_the_loss_that_reset_offsets_acknowledges(
    filled_dsn: str,
) -> None:
    """The loss is listed with its offsets; it is no violation, and the rest is clean."""
    done = stored_log.command(filled_dsn, "reset-offsets")
    assert done.returncode == 0, done.stdout + done.stderr
    stored_log.fill(filled_dsn, [5], low=3_000)
    for _ in range(2):
        audited = audit(filled_dsn)
        assert audited.returncode == 0, audited.stdout + audited.stderr
        assert "acknowledged: telemetry.raw[0], reset-offsets of 20" in audited.stdout
        assert "offsets 2408 to 3000 (592) were removed before they were stored" in audited.stdout
        stored_log.fill(filled_dsn, [6])


def test_a_topic_that_was_made_again_is_listed_as_such(filled_dsn: str) -> None:
    """The number of messages that the old topic still held is unknown."""
    assert stored_log.command(filled_dsn, "reset-offsets").returncode == 0
    stored_log.fill(filled_dsn, [5], topic_id="another")
    done = audit(filled_dsn)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "stored up to offset 2408; the topic was created again" in done.stdout


def test_the_standing_check_looks_at_what_is_new(filled_dsn: str) -> None:
    """Checked entries are not read again; a later fault is found until it is repaired."""
    queries = load_audit_queries()
    marks: CheckedOffsets = {}
    run(filled_dsn, lambda connection: check_new_tiling(connection, queries, marks))
    assert set(marks.values()) == {2408}
    databases.execute(
        filled_dsn,
        "UPDATE ingest_ledger SET n_in = n_in - 1, n_rows = n_rows - 1, n_dead = 0 WHERE lo = 0",
    )
    run(filled_dsn, lambda connection: check_new_tiling(connection, queries, marks))
    with pytest.raises(Violation):
        run(filled_dsn, lambda connection: check_tiling(connection, queries))
    stored_log.fill(filled_dsn, [5])
    databases.execute(
        filled_dsn, "UPDATE ingest_ledger SET n_dead = 0, n_duplicate = 2 WHERE lo = 2408"
    )
    for _ in range(2):
        with pytest.raises(Violation):
            run(filled_dsn, lambda connection: check_new_tiling(connection, queries, marks))
        assert set(marks.values()) == {2408}
