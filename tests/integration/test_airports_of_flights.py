"""Where flights took off and landed: from stored state vectors to the view, by each way."""

import math
import time
from collections.abc import Iterator

import pytest

from processor.archive.audit.derived import Extent
from telemetry.state_vector import StateVector
from testkit.archive_site import ArchiveSite
from testkit.queries import fetch, fetch_value
from testkit.state_vectors import state_vector

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
def start() -> Iterator[int]:
    """Give a time some hours ago."""
    yield int(time.time()) // 60 * 60 - 3 * 3_600


async def test_a_flight_has_the_airports_where_it_was_on_the_ground(
    site: ArchiveSite, start: int
) -> None:
    await site.write(flight(start))
    await site.roll_up()
    assert fetch(site.dsn, AIRPORTS) == [("SWR280", "LSZH", "LSGG")]
