"""Flights are measured from plausible positions and altitudes; the others are counted."""

import json
import time
from collections.abc import Iterable
from typing import Any

import pytest

from processor.archive.commands import rebuild
from processor.settings import DatabaseSettings, ProcessorSettings
from telemetry.state_vector import StateVector
from testkit.archive_site import ArchiveSite
from testkit.migration import migrate
from testkit.queries import fetch
from testkit.state_vectors import state_vector

pytestmark = pytest.mark.real_database

LONG_AGO = int(time.time()) // 3600 * 3600 - 30 * 3600
"""A full hour, long enough ago for everything of it to be over."""

STEP_KM = 2.4
"""The latitude flown in 10 s at 240 m/s, in degrees."""

Place = tuple[float, float]

FAR_AWAY = (35.5, 33.8)
"""The airport of Beirut, where jamming puts aircraft."""


def north(count: int, *, since: int = 0, longitude: float = 8.5) -> list[Place]:
    """Return positions on a way to the north, one step apart."""
    return [(longitude, 47.0 + (since + n) * STEP_KM / 111.195) for n in range(count)]


def flown(places: Iterable[Place | None], **fields: object) -> list[StateVector]:
    """Return a flight with a state vector every 10 s, some without a position."""
    return [
        state_vector(
            "aaaaaa",
            LONG_AGO + 10 * n,
            longitude=None if place is None else place[0],
            latitude=None if place is None else place[1],
            **fields,
        )
        for n, place in enumerate(places)
    ]


async def measured(site: ArchiveSite, vectors: list[StateVector]) -> dict[str, Any]:
    """Store a flight and return its measures, which are the same in the view and the table."""
    await site.write(vectors)
    [(before,)] = fetch(site.dsn, "SELECT to_jsonb(flights)::text FROM flights")
    await site.roll_up()
    [(after,)] = fetch(site.dsn, "SELECT to_jsonb(flights)::text FROM flights")
    assert after == before
    return dict(json.loads(after))


async def test_an_outlier_sets_aside_itself(site: ArchiveSite) -> None:
    """It does not affect the rest of the flight, wherever it stands; the distance skips it."""
    for at in (0, 1, 10, 19):
        await site.clear()
        await site.restart()
        places = north(20)
        places[at] = FAR_AWAY
        flight = await measured(site, flown(places))
        assert flight["implausible_positions"] == 1
        assert (flight["west"], flight["east"], flight["south"] >= 47.0) == (8.5, 8.5, True)
        steps = 18 if at in (0, 19) else 19
        assert flight["distance_km"] == pytest.approx(steps * STEP_KM, rel=0.01)


async def test_false_positions_amid_a_flight(site: ArchiveSite) -> None:
    """However many agree with each other, the flight continues where it can have flown to."""
    places = [*north(30), *[FAR_AWAY] * 25, *north(30, since=55)]
    flight = await measured(site, flown(places))
    assert flight["implausible_positions"] == 25
    assert (flight["west"], flight["east"]) == (8.5, 8.5)
    assert flight["distance_km"] == pytest.approx(84 * STEP_KM, rel=0.01)


async def test_a_flight_that_goes_on_elsewhere(site: ArchiveSite) -> None:
    """Both parts count, but not the jump between them; two positions make no part."""
    places = [*north(10), *north(8, since=400), FAR_AWAY, FAR_AWAY]
    flight = await measured(site, flown(places))
    assert flight["implausible_positions"] == 2
    assert flight["distance_km"] == pytest.approx(16 * STEP_KM, rel=0.01)


async def test_a_track_that_stumbles(site: ArchiveSite) -> None:
    """Late positions jump by some kilometres repeatedly; all of them count."""
    places = [*north(25), *north(40, since=28), *north(60, since=71)]
    flight = await measured(site, flown(places))
    assert flight["implausible_positions"] == 0
    assert flight["distance_km"] == pytest.approx((24 + 39 + 59) * STEP_KM, rel=0.01)


async def test_old_positions_are_judged_by_their_own_time(site: ArchiveSite) -> None:
    """A position of five minutes ago and then a fresh one are no jump."""
    vectors = flown(north(40))
    old = [
        state_vector(
            "aaaaaa",
            vector.last_contact,
            longitude=vectors[5].longitude,
            latitude=vectors[5].latitude,
            time_position=vectors[5].last_contact,
        )
        for vector in vectors[5:35]
    ]
    flight = await measured(site, [*vectors[:5], *old, *vectors[35:]])
    assert flight["implausible_positions"] == 0
    assert flight["distance_km"] == pytest.approx(39 * STEP_KM, rel=0.01)


async def test_way_from_before_the_flight_is_not_its_way(site: ArchiveSite) -> None:
    """A first position of three minutes ago would make a flight of ten seconds too fast."""
    first, second = flown([(8.5, 47.0), (8.5, 47.4)])
    stale = state_vector(
        "aaaaaa", first.last_contact, longitude=8.5, latitude=47.0, time_position=LONG_AGO - 180
    )
    flight = await measured(site, [stale, second])
    assert flight["implausible_positions"] == 0
    assert flight["distance_km"] == pytest.approx(44.5 * 10 / 190, rel=0.01)


async def test_over_the_antimeridian(site: ArchiveSite) -> None:
    """The box follows the flight: west is greater than east (RFC 7946, 5.2)."""
    places = [(longitude, -17.0) for longitude in (179.96, 179.98, 180.0, -179.98, -179.96)]
    flight = await measured(site, flown(places))
    assert (flight["west"], flight["east"]) == (179.96, -179.96)
    assert flight["implausible_positions"] == 0
    assert 8 < flight["distance_km"] < 9


async def test_around_the_pole(site: ArchiveSite) -> None:
    """The box has all longitudes, because none is smaller."""
    places = [(float(longitude), 89.99) for longitude in (0, 60, 120, 180, -120, -60, 0, 60)]
    flight = await measured(site, flown(places))
    assert (flight["west"], flight["east"]) == (-180.0, 180.0)


@pytest.mark.parametrize("wrong", [37_887.0, 16_000.0])
async def test_impossible_altitudes(site: ArchiveSite, wrong: float) -> None:
    """The altitude is too high for any aircraft, or for the time since the last one."""
    vectors = flown(north(20), baro_altitude=11_000.0)
    vectors[7] = flown(north(20), baro_altitude=wrong)[7]
    flight = await measured(site, vectors)
    assert flight["max_altitude"] == 11_000.0
    assert (flight["implausible_altitudes"], flight["implausible_positions"]) == (1, 0)


async def test_no_position_at_all(site: ArchiveSite) -> None:
    flight = await measured(site, flown([None, None], baro_altitude=30_000.0))
    assert (flight["distance_km"], flight["west"], flight["max_altitude"]) == (0.0, None, None)
    assert (flight["implausible_positions"], flight["implausible_altitudes"]) == (0, 2)


async def test_what_was_never_in_the_air(site: ArchiveSite) -> None:
    """The column `airborne` is false."""
    parked = {"on_ground": True, "velocity": 0.0, "baro_altitude": None}
    flight = await measured(site, flown([(8.5, 47.4)] * 3, **parked))
    assert flight["airborne"] is False
    await site.clear()
    await site.restart()
    assert (await measured(site, flown(north(3))))["airborne"] is True


async def test_rebuild_measures_what_was_measured_before(site: ArchiveSite) -> None:
    """After the upgrade the new columns are empty, and the distances are unchanged."""
    places = north(20)
    places[10] = FAR_AWAY
    await measured(site, flown(places))
    migrate(site.dsn, "downgrade", "0004")
    assert fetch(site.dsn, "SELECT distance_km > 4000 FROM flights") == [(False,)]
    migrate(site.dsn)
    unknown = "SELECT implausible_positions, airborne FROM flights"
    assert fetch(site.dsn, unknown) == [(None, None)]
    await rebuild(ProcessorSettings(database=DatabaseSettings(url=site.dsn)), as_json=False)
    assert fetch(site.dsn, unknown) == [(1, True)]
