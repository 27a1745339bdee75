"""Where flights took off and landed: from stored state vectors to the view, by each way."""

import math
import time

import msgspec
import pytest
from pydantic import SecretStr

from processor.archive.audit.derived import Extent
from processor.archive.commands import rebuild
from processor.settings import DatabaseSettings, ProcessorSettings
from telemetry.state_vector import StateVector
from testkit import databases
from testkit.archive_site import ArchiveSite
from testkit.queries import fetch, fetch_value
from testkit.state_vectors import state_vector
from testkit.stored_log import audit

pytestmark = pytest.mark.real_database

AIRPORTS = """
    SELECT callsign, takeoff_airport, landing_airport FROM flights ORDER BY icao24, first_seen
"""
ZURICH, GENEVA = (47.4647, 8.5492, 432.0), (46.2381, 6.1090, 430.0)
CLIMB_SECONDS, STEP = 180, 10


def flight(start: int, *, on_ground: bool = True, callsign: str = "SWR280") -> list[StateVector]:
    """Return a flight from Zurich to Geneva, with a minute on the ground at both ends or none."""
    moments = range(start, start + 1_500, STEP)
    rows = [_at(start, moment, callsign) for moment in moments]
    return [row for row in rows if on_ground or not row.on_ground]


def _at(start: int, moment: int, callsign: str) -> StateVector:
    since, left = moment - start, start + 1_490 - moment
    share = min(1.0, max(0.0, (since - 60) / 1_380))
    height = 10.0 * min(max(0, since - 60), max(0, left - 50), CLIMB_SECONDS * 2)
    on_ground = since <= 60 or left <= 50
    (south, east, low), (north, west, _) = ZURICH, GENEVA
    return state_vector(
        "4b1814",
        moment,
        callsign=callsign,
        latitude=south + (north - south) * share,
        longitude=east + (west - east) * share,
        baro_altitude=None if on_ground else low + height,
        on_ground=on_ground,
        velocity=5.0 if on_ground else 110.0,
        true_track=math.degrees(math.atan2((west - east) * 0.68, north - south)) % 360,
        vertical_rate=None,
        category=None,
    )


@pytest.fixture
def start() -> int:
    """Give a time some hours ago."""
    return int(time.time()) // 60 * 60 - 3 * 3_600


async def test_a_flight_has_the_airports_where_it_was_on_the_ground(
    site: ArchiveSite, start: int
) -> None:
    await site.write(flight(start))
    await site.roll_up()
    assert fetch(site.dsn, AIRPORTS) == [("SWR280", "LSZH", "LSGG")]


async def test_without_a_position_on_the_ground_the_climb_and_the_descent_show_them(
    site: ArchiveSite, start: int
) -> None:
    """The landing is known once the aircraft has been silent until half an hour later."""
    await site.write(flight(start, on_ground=False))
    await site.roll_up()
    assert fetch(site.dsn, AIRPORTS) == [("SWR280", "LSZH", None)]
    await site.write([state_vector("ffffff", start + 4_000, callsign="OTHER")])
    await make_due(site)
    assert fetch(site.dsn, AIRPORTS) == [("SWR280", "LSZH", "LSGG"), ("OTHER", None, None)]


async def test_a_flight_in_the_air_has_no_landing(site: ArchiveSite, start: int) -> None:
    """Not even low over an airport, nor for an archive that lags; it is looked at again."""
    rows = flight(start, on_ground=False)
    await site.write(rows[:-1])
    await site.roll_up()
    await make_due(site)
    assert fetch(site.dsn, AIRPORTS) == [("SWR280", "LSZH", None)]
    due = "SELECT count(*) FROM flight_legs WHERE airports_due > now() + INTERVAL '30 minutes'"
    assert fetch_value(site.dsn, due) == 1


async def test_the_next_flight_takes_off_where_the_last_landed(
    site: ArchiveSite, start: int
) -> None:
    """Also without a silence between them, when the ground belongs to the flight before."""
    there, back = flight(start), flight(start + 1_500, callsign="SWR281")
    returning = [_moved(row, back[-1 - number]) for number, row in enumerate(back)]
    await site.write([*there, *returning])
    await site.roll_up()
    assert fetch(site.dsn, AIRPORTS) == [("SWR280", "LSZH", "LSGG"), ("SWR281", "LSGG", "LSZH")]


async def test_a_callsign_that_changes_in_flight_is_no_landing(
    site: ArchiveSite, start: int
) -> None:
    """Neither flight has an airport there, though the aircraft descends beside one."""
    first = flight(start, on_ground=False)
    cut = len(first) - 4
    renamed = [msgspec.structs.replace(row, callsign="SWR999") for row in first[cut:]]
    await site.write([*first[:cut], *renamed])
    await site.write([state_vector("ffffff", start + 4_000, callsign="OTHER")])
    await make_due(site)
    assert fetch(site.dsn, AIRPORTS)[:2] == [("SWR280", "LSZH", None), ("SWR999", None, "LSGG")]


async def test_what_is_never_in_the_air_has_no_airport(site: ArchiveSite, start: int) -> None:
    await site.write([row for row in flight(start) if row.on_ground][:6])
    await site.roll_up()
    assert fetch(site.dsn, AIRPORTS) == [("SWR280", None, None)]


async def test_rebuild_and_audit_derive_the_same(site: ArchiveSite, start: int) -> None:
    """So an airport that was changed is noticed, and made again."""
    await fly_and_measure(site, start)
    airports = fetch(site.dsn, AIRPORTS)
    assert airports[:2] == [("SWR280", "LSZH", "LSGG"), ("SWR281", "LSZH", "LSGG")]
    assert audit(site.dsn, Extent.ALL).returncode == 0
    databases.execute(site.dsn, "UPDATE flight_legs SET landing_airport = 'LSZB'")
    changed = audit(site.dsn, Extent.ALL)
    assert (changed.returncode, "the flight of 4b1814" in changed.stdout) == (1, True)
    settings = ProcessorSettings(database=DatabaseSettings(url=SecretStr(site.dsn)))
    assert await rebuild(settings, as_json=False) == 0
    assert fetch(site.dsn, AIRPORTS) == airports
    assert audit(site.dsn, Extent.ALL).returncode == 0


async def test_flights_from_before_there_were_airports_get_them_at_leisure(
    site: ArchiveSite, start: int
) -> None:
    """The migration makes them due; until then the audit does not compare them."""
    await fly_and_measure(site, start)
    airports = fetch(site.dsn, AIRPORTS)
    databases.execute(
        site.dsn,
        "UPDATE flight_legs SET takeoff_airport = NULL, landing_airport = NULL,"
        " airports_due = '1970-01-01Z'",
    )
    assert audit(site.dsn, Extent.ALL).returncode == 0
    await site.roll_up()
    assert fetch(site.dsn, AIRPORTS) == airports
    measured = "SELECT count(*) FROM flight_legs WHERE last_seen IS NOT NULL AND"
    assert fetch_value(site.dsn, f"{measured} airports_due IS NOT NULL") == 0


async def test_airports_outlive_the_state_vectors(site: ArchiveSite, start: int) -> None:
    """A flight whose state vectors have expired keeps its airports when it is due again."""
    await fly_and_measure(site, start)
    airports = fetch(site.dsn, AIRPORTS)
    await site.expire(start + 2_000)
    databases.execute(site.dsn, "UPDATE flight_legs SET airports_due = now()")
    await site.roll_up()
    assert fetch(site.dsn, AIRPORTS) == airports


async def test_a_late_state_vector_gives_a_measured_flight_its_airport(
    site: ArchiveSite, start: int
) -> None:
    """The flight is derived from what it has in the end."""
    long_ago = start - 2 * 86_400
    rows = flight(long_ago)
    late = [row for row in rows if row.on_ground]
    await site.write(
        [row for row in rows if not 200 < row.last_contact - long_ago < 1_300 and row not in late]
    )
    await site.write(flight(long_ago + 6 * 3_600, callsign="SWR281"))
    await site.roll_up()
    await site.write(late)
    await site.roll_up()
    assert fetch(site.dsn, AIRPORTS)[0] == ("SWR280", "LSZH", "LSGG")


async def fly_and_measure(site: ArchiveSite, start: int) -> None:
    """Store two flights of an aircraft; the first one is measured."""
    await site.write([*flight(start - 8_000), *flight(start, callsign="SWR281")])
    await site.write([state_vector("ffffff", start + 4_000, callsign="OTHER")])
    await site.roll_up()
    await make_due(site)
    assert fetch_value(site.dsn, "SELECT count(last_seen) FROM flight_legs") > 0


async def make_due(site: ArchiveSite) -> None:
    """Derive the airports of all flights that are not final, as maintenance does later."""
    databases.execute(
        site.dsn, "UPDATE flight_legs SET airports_due = now() WHERE airports_due IS NOT NULL"
    )
    await site.roll_up()


def _moved(row: StateVector, to: StateVector) -> StateVector:
    """Return a state vector with the position of another one."""
    return msgspec.structs.replace(
        row,
        longitude=to.longitude,
        latitude=to.latitude,
        true_track=((row.true_track or 0) + 180) % 360,
    )
