"""The audit finds what a mistaken script, a bad restore or a lost log does to the tables."""

import pytest

from processor.archive.audit.derived import Extent
from testkit import databases, stored_log
from testkit.queries import fetch_value
from testkit.stored_log import audit

FIRST_DAY = "2026-09-21"


def test_what_was_stored_is_proven(filled_dsn: str) -> None:
    """The exit code is 0, and the output has the numbers of what was compared."""
    done = stored_log.command(filled_dsn, "audit")
    assert done.returncode == 0, done.stdout + done.stderr
    rows = stored_log.PARTITIONS * stored_log.BATCHES * stored_log.AIRCRAFT * 15
    assert done.stdout.startswith("audit clean: ")
    assert f"{rows} rows of {stored_log.BATCHES} days stored as they were inserted" in done.stdout
    assert f"= {rows} inserted + 8 duplicates + 8 dead letters" in done.stdout
    assert f"minutes, hours and flights of {stored_log.BATCHES} days" in done.stdout


ALTERATIONS: dict[str, tuple[list[str], str]] = {
    "a row replaced by an invented one": (
        [
            (
                "DELETE FROM state_vectors WHERE (icao24, last_contact) = (SELECT icao24,"
                " last_contact FROM state_vectors ORDER BY last_contact, icao24 LIMIT 1)"
            ),
            (
                "INSERT INTO state_vectors (icao24, last_contact, on_ground, spi, position_source)"
                " SELECT 'fffffe', min(last_contact), FALSE, FALSE, 0 FROM state_vectors"
            ),
        ],
        f"{FIRST_DAY}: 1200 rows are there, as many as were inserted, but not the same",
    ),
    "the time of a key changed": (
        [
            (
                "UPDATE state_vectors SET last_contact = last_contact + INTERVAL '1 second'"
                " WHERE icao24 = '000001' AND last_contact = (SELECT min(last_contact)"
                " FROM state_vectors)"
            )
        ],
        f"{FIRST_DAY}: 1200 rows are there, as many",
    ),
    "positions of an aircraft set to 0": (
        [
            (
                "UPDATE stored_state_vectors SET latitude_e4 = 0, longitude_e4 = 0"
                " WHERE icao24 = '001002'"
            )
        ],
        f"{FIRST_DAY}: 1200 rows are there, as many",
    ),
    "values changed places between rows": (
        [
            (
                "UPDATE stored_state_vectors AS one SET velocity_e2 = other.velocity_e2, callsign ="
                " other.callsign FROM stored_state_vectors AS other WHERE one.last_contact ="
                " other.last_contact AND (one.icao24, other.icao24) IN (('000001', '000002'),"
                " ('000002', '000001'))"
            )
        ],
        f"{FIRST_DAY}: 1200 rows are there, as many",
    ),
    "messages skipped": (
        [
            (
                "UPDATE ingest_ledger SET hi = hi + 1000 WHERE partition = 1"
                " AND hi = (SELECT max(hi) FROM ingest_ledger WHERE partition = 1)"
            ),
            "UPDATE ingest_offsets SET next_offset = next_offset + 1000 WHERE partition = 1",
        ],
        "telemetry.raw[1] of cluster cluster: the entry of the ledger from",
    ),
    "first tiles deleted with as many rows": (
        [
            (
                "DELETE FROM state_vectors WHERE last_contact ="
                " (SELECT min(last_contact) FROM state_vectors) AND icao24 < '001'"
            ),
            ("DELETE FROM ingest_ledger WHERE partition = 0 AND lo = 0"),
            (
                "UPDATE ingest_offsets SET ledger_start = (SELECT min(lo) FROM ingest_ledger"
                " WHERE partition = 0) WHERE partition = 0"
            ),
        ],
        "telemetry.raw[0] of cluster cluster: the ledger has 1800 rows inserted, the account",
    ),
    "inserted turned into duplicate, and the rows deleted": (
        [
            (
                "UPDATE ingest_ledger SET n_inserted = n_inserted - 15, n_duplicate ="
                " n_duplicate + 15 WHERE partition = 0 AND lo = 0"
            ),
            (
                "DELETE FROM state_vectors WHERE icao24 = '000001' AND last_contact <"
                " '2026-09-22 00:00Z'"
            ),
        ],
        "telemetry.raw[0] of cluster cluster: the entry of the ledger from 0 to",
    ),
    "a retention mark set, and a third of the rows deleted": (
        [
            "INSERT INTO retention_marks (dropped_before) VALUES ('2026-09-22 12:00Z')",
            "DELETE FROM state_vectors WHERE last_contact < '2026-09-22 12:00Z'",
        ],
        f"{FIRST_DAY}: 0 rows are there, 1200 were inserted",
    ),
    "the key replaced by another, and a duplicate inserted": (
        [
            "ALTER TABLE stored_state_vectors DROP CONSTRAINT stored_state_vectors_pkey",
            "CREATE UNIQUE INDEX ON stored_state_vectors (icao24, last_contact, velocity_e2)",
            (
                "INSERT INTO stored_state_vectors"
                " (icao24, last_contact, on_ground, spi, position_source, velocity_e2)"
                " SELECT icao24, last_contact, on_ground, spi, position_source, 1"
                " FROM state_vectors LIMIT 1"
            ),
        ],
        "has no unique index on (icao24, last_contact)",
    ),
    "minutes, hours and flights emptied": (
        ["TRUNCATE flight_legs, minutely_state_vectors, hourly_counts"],
        f"{FIRST_DAY}: minutely_state_vectors counts 0 state vectors",
    ),
    "hours emptied": (["TRUNCATE hourly_counts"], "hourly_counts has 0 state vectors"),
    "flights emptied": (["TRUNCATE flight_legs"], "is on no flight of flight_legs"),
    "a row deleted": (
        ["DELETE FROM state_vectors WHERE icao24 = '000001' AND velocity > 0"],
        "1185 rows are there, 1200 were inserted",
    ),
    "a row of a day that nothing was inserted into": (
        [
            (
                "INSERT INTO state_vectors (icao24, last_contact, on_ground, spi, position_source)"
                " VALUES ('fffffe', '2026-09-01 12:00Z', FALSE, FALSE, 0)"
            )
        ],
        "1 rows are there between",
    ),
    "a tile in the middle deleted": (
        ["DELETE FROM ingest_ledger WHERE partition = 0 AND lo = 602"],
        "the ledger has",
    ),
    "a dead letter deleted": (
        ["DELETE FROM dead_letters WHERE partition = 1 AND message_offset < 700"],
        "3 dead letters are there, 4 in the ledger",
    ),
    "the account of a day changed": (
        ["UPDATE ingest_days SET n_rows = n_rows - 1 WHERE partition = 0"],
        "the account of the days 2396",
    ),
}


@pytest.mark.parametrize("name", ALTERATIONS)
def test_alteration_is_noticed(filled_dsn: str, name: str) -> None:
    """The exit code is 1, and the output names the place."""
    statements, words = ALTERATIONS[name]
    if "day that nothing" in name:
        databases.execute(filled_dsn, "SELECT make_partitions('{2026-09-01}')")
    for statement in statements:
        databases.execute(filled_dsn, statement)
    done = audit(filled_dsn)
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stdout.startswith("audit violation: ")
    assert words in done.stdout


DERIVED = {
    "a flight renamed": (
        "UPDATE flight_legs SET callsign = 'ABC1' WHERE icao24 = '000001'",
        "the flight of 000001 from 2026-09-21",
    ),
    "the distance of a flight changed": (
        "UPDATE flight_legs SET distance_km = distance_km + 1 WHERE icao24 = '001001'",
        "the flight of 001001 from 2026-09-21",
    ),
    "a flight invented": (
        (
            "INSERT INTO flight_legs (icao24, first_seen, ends_before, callsign, last_seen) VALUES"
            " ('000002', '2026-09-01 12:00Z', '2026-09-01 13:00Z', 'ABC1', '2026-09-01 12:30Z')"
        ),
        "the flight of 000002 from 2026-09-01",
    ),
    "a minute changed": (
        (
            "UPDATE minutely_state_vectors SET velocity = 0 WHERE (icao24, minute) ="
            " (SELECT icao24, minute FROM minutely_state_vectors ORDER BY 1, 2 LIMIT 1)"
        ),
        "of 000000 in minutely_state_vectors",
    ),
    "an hour changed": ("UPDATE hourly_counts SET aircraft = aircraft - 1", "hourly_counts of"),
}


@pytest.mark.parametrize("name", DERIVED)
def test_change_of_what_is_derived_is_noticed_by_computing_it_again(
    filled_dsn: str, name: str
) -> None:
    """The numbers agree, so only `--deep all` finds it; the output names the place."""
    statement, words = DERIVED[name]
    databases.execute(filled_dsn, statement)
    assert audit(filled_dsn).returncode == 0
    done = audit(filled_dsn, Extent.ALL)
    assert done.returncode == 1, done.stdout + done.stderr
    assert words in done.stdout


@pytest.mark.parametrize("extent", Extent)
def test_computing_again_agrees_and_writes_nothing(filled_dsn: str, extent: Extent) -> None:
    """The output counts what was computed again, and the tables are unchanged."""
    before = contents(filled_dsn)
    done = audit(filled_dsn, extent)
    assert done.returncode == 0, done.stdout + done.stderr
    flights = stored_log.PARTITIONS * stored_log.BATCHES * stored_log.AIRCRAFT
    if extent is Extent.ALL:
        assert f"all of what is derived, computed again: {flights} flights" in done.stdout
        assert "the minutes of 4 hours are as they are stored" in done.stdout
    else:
        assert "a sample of what is derived, computed again: " in done.stdout
        assert "not asked for: computing all flights, minutes and hours again" in done.stdout
    assert contents(filled_dsn) == before


def contents(dsn: str) -> list[str]:
    """Return a hash of each table."""
    return [
        fetch_value(dsn, f"SELECT md5(string_agg(t::text, '' ORDER BY t::text)) FROM {name} AS t")  # noqa: S608 - our names
        for name in ("state_vectors", "flight_legs", "minutely_state_vectors", "hourly_counts")
    ]


def test_everything_truncated_is_nothing_to_audit(filled_dsn: str) -> None:
    """The exit code is 3, and the output does not say "clean"."""
    databases.execute(
        filled_dsn,
        "TRUNCATE stored_state_vectors, ingest_ledger, ingest_offsets, ingest_days, dead_letters,"
        " flight_legs, minutely_state_vectors, hourly_counts, retention_marks",
    )
    done = audit(filled_dsn)
    assert done.returncode == 3, done.stdout + done.stderr
    assert done.stdout.startswith("nothing to audit")
    assert "clean" not in done.stdout


def test_rows_without_digest_are_named_and_the_audit_is_not_clean(filled_dsn: str) -> None:
    """Rows of a version without digests are counted in total, and the audit is not clean."""
    databases.execute(filled_dsn, "UPDATE ingest_ledger SET digest = NULL, seal = NULL")
    databases.execute(filled_dsn, "DELETE FROM ingest_days")
    databases.execute(
        filled_dsn,
        "INSERT INTO ingest_days (cluster_id, topic, partition, day) SELECT DISTINCT '', '', -1,"
        " last_contact::date FROM state_vectors",
    )
    done = audit(filled_dsn)
    assert done.returncode == 4, done.stdout + done.stderr
    assert done.stdout.startswith("audit found nothing wrong: ")
    assert "clean" not in done.stdout
    assert (
        "not compared: 4800 rows of 4 days from 2026-09-21 to 2026-09-24: a version" in done.stdout
    )
    databases.execute(
        filled_dsn, "DELETE FROM state_vectors WHERE icao24 = '000001' AND velocity > 0"
    )
    databases.execute(filled_dsn, "DELETE FROM minutely_state_vectors WHERE icao24 = '000001'")
    databases.execute(filled_dsn, "TRUNCATE hourly_counts")
    assert fetch_value(filled_dsn, "SELECT count(*) FROM state_vectors") == 4740
    done = audit(filled_dsn)
    assert done.returncode == 1, done.stdout + done.stderr
