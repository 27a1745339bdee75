"""Flights, minutes and hours outlive the state vectors they were made of, whatever comes later."""

import time

import pytest

from testkit.archive_site import ArchiveSite
from testkit.queries import fetch
from testkit.state_vectors import state_vector

pytestmark = pytest.mark.real_database

HOUR, DAY = 3_600, 86_400
LONG_AGO = int(time.time()) // DAY * DAY - 3 * DAY
"""A midnight; what is older than the one after it is dropped here."""

MEASURES = """
    SELECT callsign, state_vectors, round(distance_km::numeric, 1)::float, max_altitude
    FROM flights ORDER BY first_seen
"""


async def fly(site: ArchiveSite, callsign: str, begin: int, *after: int) -> None:
    """Store state vectors of a flight, so many seconds after its beginning."""
    await site.write(
        [
            state_vector("aaaaaa", begin + seconds, callsign=callsign, latitude=47 + seconds / HOUR)
            for seconds in after
        ]
    )


@pytest.mark.parametrize("is_remembered", [True, False])
async def test_the_next_flight_leaves_the_measure_of_the_last(
    site: ArchiveSite, *, is_remembered: bool
) -> None:
    """Also of an archive that has run all the time, and knows where the aircraft stood."""
    await fly(site, "SWR1", LONG_AGO, 0, 60, 120)
    await site.roll_up()
    await site.expire(LONG_AGO + DAY)
    [measured] = fetch(site.dsn, MEASURES)
    assert measured[:2] == ("SWR1", 3)
    if not is_remembered:
        await site.restart()
    await fly(site, "SWR2", LONG_AGO + 2 * DAY, 0, 60)
    assert fetch(site.dsn, MEASURES)[0] == measured
    await site.roll_up()
    assert fetch(site.dsn, MEASURES)[0] == measured
    ends = "SELECT extract(epoch FROM ends_before)::int FROM flight_legs WHERE callsign = 'SWR1'"
    assert fetch(site.dsn, ends) == [(LONG_AGO + 2 * DAY,)]


async def test_what_is_older_than_all_that_is_kept_changes_no_flight(site: ArchiveSite) -> None:
    """It would be cut and measured out of itself alone."""
    await fly(site, "SWR1", LONG_AGO, 0, 60, 120)
    await fly(site, "SWR2", LONG_AGO + 2 * HOUR, 0, 60)
    await fly(site, "SWR3", LONG_AGO + 2 * DAY, 0, 60)
    await site.roll_up()
    await site.expire(LONG_AGO + DAY)
    before = fetch(site.dsn, MEASURES)
    assert [row[:2] for row in before] == [("SWR1", 3), ("SWR2", 2), ("SWR3", 2)]
    for begin in (LONG_AGO - HOUR, LONG_AGO + 30, LONG_AGO + HOUR):
        await fly(site, "SWR9", begin, 0)
    assert fetch(site.dsn, MEASURES) == before


async def test_a_flight_that_has_lost_its_beginning_stays_as_it_is(site: ArchiveSite) -> None:
    """What comes late would make it begin later; flights after it are cut anew all the same."""
    midnight = LONG_AGO + DAY
    await fly(site, "SWR1", midnight - 120, 0, 60, 180, 240)
    await fly(site, "SWR2", midnight + HOUR, 0, 10, 60, 70)
    await site.roll_up()
    await site.expire(LONG_AGO + DAY)
    before = fetch(site.dsn, MEASURES)
    await fly(site, "SWR9", midnight - 120, 210)
    assert fetch(site.dsn, MEASURES) == before
    await fly(site, "SWR9", midnight + HOUR, 30, 40)
    assert [row[0] for row in fetch(site.dsn, MEASURES)] == ["SWR1", "SWR2", "SWR9", "SWR2"]
    assert fetch(site.dsn, MEASURES)[0] == before[0]


async def test_what_comes_late_begins_the_next_flight(site: ArchiveSite) -> None:
    """An aircraft is back after more than is kept, and an outage has hidden its first minutes."""
    await fly(site, "SWR1", LONG_AGO, 0, 60, 120)
    await site.roll_up()
    await site.expire(LONG_AGO + DAY)
    [measured] = fetch(site.dsn, MEASURES)
    await fly(site, "SWR2", LONG_AGO + 2 * DAY, 0, 60)
    await fly(site, "SWR2", LONG_AGO + 2 * DAY, -600, -1200)
    flights = await site.flights()
    assert [(flight.callsign, flight.first_seen - LONG_AGO) for flight in flights] == [
        ("SWR1", 0),
        ("SWR2", 2 * DAY - 1200),
    ]
    [first, second] = fetch(site.dsn, MEASURES)
    assert (first, second[:2]) == (measured, ("SWR2", 4))
    ends = "SELECT extract(epoch FROM min(ends_before))::int FROM flight_legs"
    assert fetch(site.dsn, ends) == [(LONG_AGO + 2 * DAY - 1200,)]


async def test_a_minute_that_has_expired_is_not_counted_anew(site: ArchiveSite) -> None:
    """Out of what came late alone it would have one state vector."""
    await fly(site, "SWR1", LONG_AGO, 0, 20, 40)
    await site.roll_up()
    await site.expire(LONG_AGO + DAY)
    await fly(site, "SWR1", LONG_AGO, 50)
    await site.roll_up()
    counts = "SELECT state_vectors::int FROM minutely_state_vectors"
    assert fetch(site.dsn, counts) == [(3,)]
    assert fetch(site.dsn, "SELECT state_vectors::int FROM hourly_traffic") == [(3,)]


async def test_compressed_chunks_take_whatever_comes_late(site: ArchiveSite) -> None:
    """Beyond a limit TimescaleDB would refuse a transaction, however often it is tried."""
    name = "timescaledb.max_tuples_decompressed_per_dml_transaction"
    limit = await site.database.run(
        lambda connection: connection.fetchval(
            "SELECT setting FROM pg_settings WHERE name = $1", name
        )
    )
    assert limit == "0"
