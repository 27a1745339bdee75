"""Maintenance measures flights that are over, and rolls up minutes and hours."""

import time

import pytest

from processor.archive.commands import rebuild
from processor.archive.rollups import Rollups
from processor.archive.sql import load_queries
from processor.settings import DatabaseSettings, ProcessorSettings
from telemetry.state_vector import StateVector
from testkit.archive_site import ArchiveSite
from testkit.edition import has_columnstore
from testkit.queries import fetch, fetch_value
from testkit.state_vectors import state_vector

pytestmark = pytest.mark.real_database

LONG_AGO = int(time.time()) // 3600 * 3600 - 30 * 3600
"""A full hour, long enough ago for everything of it to be over."""

MINUTES = """
    SELECT extract(epoch FROM minute)::int, icao24, state_vectors, velocity::int
    FROM minutely_state_vectors ORDER BY 1, 2
"""
HOURS = """
    SELECT extract(epoch FROM hour)::int, origin_country, aircraft::int, state_vectors::int
    FROM hourly_traffic ORDER BY 1, 2
"""


def climb(icao24: str, *after: int) -> list[StateVector]:
    """Return state vectors so many seconds after LONG_AGO, each a little further north."""
    return [
        state_vector(
            icao24,
            LONG_AGO + seconds,
            velocity=float(seconds),
            latitude=47.0 + seconds / 3600,
            longitude=8.5,
            baro_altitude=1_000.0 + seconds,
        )
        for seconds in after
    ]


async def test_minutes_and_hours(site: ArchiveSite) -> None:
    """A minute keeps the newest state vector, and how many there were."""
    await site.write([*climb("aaaaaa", 0, 10, 59, 60, 3600), *climb("bbbbbb", 5)])
    await site.roll_up()
    assert fetch(site.dsn, MINUTES) == [
        (LONG_AGO, "aaaaaa", 3, 59),
        (LONG_AGO, "bbbbbb", 1, 5),
        (LONG_AGO + 60, "aaaaaa", 1, 60),
        (LONG_AGO + 3600, "aaaaaa", 1, 3600),
    ]
    assert fetch(site.dsn, HOURS) == [
        (LONG_AGO, "Switzerland", 2, 5),
        (LONG_AGO + 3600, "Switzerland", 1, 1),
    ]
    assert fetch_value(site.dsn, "SELECT count(*) FROM touched_hours") == 0


async def test_late_state_vectors_are_counted(site: ArchiveSite) -> None:
    """They count in minutes, hours and flights that were rolled up before as well."""
    await site.write(climb("aaaaaa", 0, 600))
    await site.roll_up()
    assert [flight.state_vectors for flight in await site.flights()] == [2]
    await site.write(climb("aaaaaa", 5, 300))
    assert [flight.state_vectors for flight in await site.flights()] == [4]
    await site.roll_up()
    assert [row[2] for row in fetch(site.dsn, MINUTES)] == [2, 1, 1]
    assert [row[3] for row in fetch(site.dsn, HOURS)] == [4]


async def test_the_current_hour_is_counted_so_far(site: ArchiveSite) -> None:
    """It is counted from its minutes, without the newest three."""
    now = int(time.time())
    vectors = [state_vector("aaaaaa", now - age) for age in (5, 250, 400)]
    await site.write(vectors)
    await site.roll_up()
    assert sum(row[3] for row in fetch(site.dsn, HOURS)) == 2


async def test_a_flight_is_measured_once_it_is_over(site: ArchiveSite) -> None:
    """Its measures stay when its state vectors expire."""
    await site.write(climb("aaaaaa", 0, 60, 120))
    await site.roll_up()
    fetch(site.dsn, "DELETE FROM state_vectors")
    [flight] = fetch(
        site.dsn,
        "SELECT distance_km, max_altitude, state_vectors, south, north FROM flights",
    )
    # A degree of latitude on a sphere of 6,371.0088 km.
    assert flight[0] == pytest.approx(111.19508 * 0.0333, rel=1e-6)
    assert flight[1:3] == (1_120.0, 3)
    assert flight[3:] == pytest.approx((47.0, 47.0333))


async def test_a_flight_that_has_just_changed_is_measured_later(site: ArchiveSite) -> None:
    """Late state vectors seldom come alone, and the archive would wait for the measuring."""
    await site.write(climb("aaaaaa", 0, 60))
    rollups = Rollups(load_queries())
    assert await site.database.run(rollups.measure_flights) == 0
    fetch(site.dsn, "UPDATE flight_legs SET airports_due = airports_due - INTERVAL '1 minute'")
    assert await site.database.run(rollups.measure_flights) == 1


async def test_a_flight_without_state_vectors_counts_as_measured(
    site: ArchiveSite,
) -> None:
    """An archive that was down for longer than the retention does not try for ever."""
    await site.write(climb("aaaaaa", 0, 60, 120))
    fetch(site.dsn, "DELETE FROM state_vectors")
    await site.roll_up()
    assert fetch(site.dsn, "SELECT last_seen = first_seen, state_vectors FROM flights") == [
        (True, 0)
    ]


async def test_a_flight_that_goes_on_is_not_measured_for_good(site: ArchiveSite) -> None:
    """A log that is read a day later continues flights that seemed to be over."""
    await site.write(climb("aaaaaa", 0, 60))
    await site.roll_up()
    await site.write(climb("aaaaaa", 120))
    [flight] = await site.flights()
    assert (flight.last_seen, flight.state_vectors) == (LONG_AGO + 120, 3)


async def test_rebuild_gives_the_same_result(site: ArchiveSite) -> None:
    """It needs the state vectors alone."""
    await site.write([*climb("aaaaaa", 0, 10, 4000), *climb("bbbbbb", 5)])
    await site.roll_up()
    before = (await site.flights(), fetch(site.dsn, MINUTES), fetch(site.dsn, HOURS))
    tables = "flight_legs, minutely_state_vectors, hourly_counts, touched_minutes, touched_hours"
    fetch(site.dsn, f"TRUNCATE {tables}")
    assert await site.flights() == []
    settings = ProcessorSettings(database=DatabaseSettings(url=site.dsn))
    assert await rebuild(settings, as_json=False) == 0
    assert (await site.flights(), fetch(site.dsn, MINUTES), fetch(site.dsn, HOURS)) == before


@pytest.mark.parametrize(
    ("rows_an_hour", "days"), [(1_000, 7.0), (900_000, 1.0), (4_000_000, 0.25), (9_000_000, 1 / 24)]
)
async def test_chunks_follow_the_traffic(site: ArchiveSite, rows_an_hour: int, days: float) -> None:
    """Whatever the poll interval, a chunk holds about as many rows."""
    fetch(
        site.dsn,
        "INSERT INTO hourly_counts VALUES (date_trunc('hour', now()), 'Chile', 1, $1)",
        rows_an_hour,
    )
    fetch(site.dsn, "SELECT fit_chunks(25000000)")
    spans = """
        SELECT extract(epoch FROM time_interval)::float / 86400
        FROM timescaledb_information.dimensions WHERE hypertable_name = 'stored_state_vectors'
    """
    if has_columnstore(site.dsn) and 24 * rows_an_hour > 2_000_000:
        days = min(days, 0.25)
    assert fetch_value(site.dsn, spans) == pytest.approx(days)


MARKS = """
    SELECT extract(epoch FROM minute)::int, icao24 FROM touched_minutes ORDER BY 1, 2 NULLS FIRST
"""


async def test_late_state_vectors_mark_their_aircraft_alone(site: ArchiveSite) -> None:
    """In an hour that was counted; in any other hour the whole minute is marked."""
    await site.write([*climb("aaaaaa", 0), *climb("bbbbbb", 5)])
    assert set(fetch(site.dsn, MARKS)) == {(LONG_AGO, None)}
    await site.roll_up()
    assert fetch(site.dsn, MARKS) == []
    await site.write([*climb("aaaaaa", 7, 8, 3600), *climb("cccccc", 61)])
    assert fetch(site.dsn, MARKS) == [
        (LONG_AGO, "aaaaaa"),
        (LONG_AGO + 60, "cccccc"),
        (LONG_AGO + 3600, None),
    ]
    await site.roll_up()
    assert fetch(site.dsn, MINUTES) == [
        (LONG_AGO, "aaaaaa", 3, 8),
        (LONG_AGO, "bbbbbb", 1, 5),
        (LONG_AGO + 60, "cccccc", 1, 61),
        (LONG_AGO + 3600, "aaaaaa", 1, 3600),
    ]
    assert [row[3] for row in fetch(site.dsn, HOURS)] == [5, 1]


async def test_other_aircraft_of_a_late_minute_are_not_written_again(site: ArchiveSite) -> None:
    """A row of theirs that is written would unpack its part of the columnstore."""
    versions = "SELECT icao24, xmin::text FROM minutely_state_vectors ORDER BY 1"
    await site.write([*climb("aaaaaa", 0), *climb("bbbbbb", 5)])
    await site.roll_up()
    before = dict(fetch(site.dsn, versions))
    await site.write(climb("aaaaaa", 7))
    await site.roll_up()
    after = dict(fetch(site.dsn, versions))
    assert after["aaaaaa"] != before["aaaaaa"]
    assert after["bbbbbb"] == before["bbbbbb"]
