"""The airport of a take-off or a landing is the one that the track shows, or none."""

import math

import pytest

from processor.archive.airports.derivation import (
    FASTEST,
    GROUND_KM,
    MAX_HEIGHT,
    MAX_SPEED,
    MIN_RATE,
    ROTORCRAFT,
    Evidence,
    Side,
    derive_airport,
)
from processor.reference.airports import Airport, Airports

KM = 1 / 111.195
"""Degrees of latitude."""


def place(icao: str, north_km: float = 0.0, *, iata: str | None = None, name: str = "") -> Airport:
    """Return an airport so many kilometres north of a place, 400 m above the sea."""
    return Airport(icao, iata, name or icao, "", "CH", 47 + north_km * KM, 8.0, 400.0)


HOME = place("HOME", iata="HOM")


def standing(north_km: float = 0.0, moment: float = 0.0, category: int | None = None) -> Evidence:
    latitude = 47 + north_km * KM
    return Evidence(moment, 8.0, latitude, None, on_ground=True, category=category)


def descent(
    *, height: float = 200.0, rate: float = 3.5, speed: float = 70.0, north_km: float | None = None
) -> list[Evidence]:
    """Return seven positions of a flight northwards, 10 s apart, that descends to a height.

    The straight line ends at the airport unless the last position is given.
    """
    if north_km is None:
        north_km = -speed * height / rate / 1_000
    return [
        Evidence(
            60.0 - before,
            8.0,
            47 + (north_km - speed * before / 1_000) * KM,
            400 + height + rate * before,
            on_ground=False,
            velocity=speed,
            true_track=0.0,
        )
        for before in range(60, -1, -10)
    ]


def climb(positions: list[Evidence]) -> list[Evidence]:
    """Return the same positions flown the other way, southwards."""
    return [one._replace(moment=60 - one.moment, true_track=180.0) for one in reversed(positions)]


def derive(positions: list[Evidence], *airports: Airport, side: Side = Side.LANDING) -> str | None:
    found = derive_airport(Airports(airports or (HOME,)), side, positions)
    return None if found is None else found.icao


@pytest.mark.parametrize("side", Side)
def test_on_the_ground_it_is_the_nearest_airport(side: Side) -> None:
    far = place("FARR", 4, iata="FAR")
    assert derive([standing(1)], HOME, far, side=side) == "HOME"
    assert derive([standing(3.5)], HOME, far, side=side) == "FARR"
    assert derive([standing(GROUND_KM + 0.1)], HOME, side=side) is None
    assert derive([], HOME, side=side) is None


def test_an_airport_with_an_iata_code_is_taken_before_a_part_of_it() -> None:
    """An air base or a water aerodrome shares its ground; another airport does not."""
    assert derive([standing(0.9)], HOME, place("BASE", 1)) == "HOME"
    assert derive([standing(2.7)], HOME, place("BASE", 4)) == "HOME"  # 1.4 km farther
    assert derive([standing(2.8)], HOME, place("BASE", 4)) == "BASE"  # 1.6 km farther
    assert derive([standing(3.9)], HOME, place("BASE", 4)) == "BASE"


def test_two_airports_that_are_equally_near_are_no_answer() -> None:
    assert derive([standing(1)], HOME, place("TWIN", 2.2, iata="TWN")) is None


def test_only_helicopters_land_at_heliports() -> None:
    pad = place("PAD1", 0.2, name="Hospital Heliport")
    assert derive([standing(0.2)], pad) is None
    assert derive([standing(0.2, category=ROTORCRAFT)], pad) == "PAD1"
    assert derive([standing(1.2, category=ROTORCRAFT)], pad) is None


def test_a_position_on_the_ground_that_cannot_be_reached_is_no_answer() -> None:
    air = descent()
    assert derive([*air, standing(0, 100)]) == "HOME"
    assert derive([*air, standing(FASTEST, 100)], place("AWAY", FASTEST)) is None


def test_the_straight_line_shows_the_landing_and_the_take_off() -> None:
    assert derive(descent()) == "HOME"
    assert derive(climb(descent()), side=Side.TAKE_OFF) == "HOME"


def test_the_line_is_made_of_positions_where_no_speed_was_received() -> None:
    rows = [one._replace(velocity=None, true_track=None) for one in descent()]
    assert derive(rows) == "HOME"
    assert derive(climb(rows), side=Side.TAKE_OFF) == "HOME"


def test_a_descent_is_no_take_off_and_a_climb_is_no_landing() -> None:
    assert derive(descent(), side=Side.TAKE_OFF) is None
    assert derive(climb(descent())) is None


@pytest.mark.parametrize(
    "rows",
    [
        descent(height=MAX_HEIGHT + 10, rate=10.0),
        descent(rate=MIN_RATE / 2, north_km=0.0),
        descent(speed=MAX_SPEED + 10),
        descent(north_km=6.0),
        descent(height=-250.0, north_km=0.0),
        descent()[-1:],
        [one._replace(altitude=None) for one in descent()],
        [*descent()[:-1], descent()[-1]._replace(latitude=49.0)],
    ],
    ids=["high", "level", "fast", "past it", "too low", "one", "no altitude", "a jump"],
)
def test_what_shows_no_landing_is_no_answer(rows: list[Evidence]) -> None:
    assert derive(rows) is None


@pytest.mark.parametrize(
    ("height", "past_km", "expected"),
    [(599, 0, "HOME"), (601, 0, None), (200, 2.9, "HOME"), (200, 3.1, None), (200, -3.1, None)],
)
def test_how_high_and_how_far_the_line_may_be(
    height: float, past_km: float, expected: str | None
) -> None:
    """At most 600 m above the airport, and it ends within 3 km of its reference point."""
    north_km = past_km - 70.0 * height / 5.0 / 1_000
    assert derive(descent(height=height, rate=5.0, north_km=north_km)) == expected


def test_an_airport_that_is_flown_over_is_none() -> None:
    """The line ends at the second one, and passes the first one at 300 m."""
    under = place("UNDR", -6.0, iata="UND")
    rows = descent(height=300.0)
    assert math.isclose(rows[-1].latitude, under.latitude, abs_tol=0.01)
    assert derive(rows, HOME, under) == "HOME"
