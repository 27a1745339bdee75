"""A recording for the map: the invented sky of the simulator, with straight flights."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from simulator.picture import (
    CALLSIGN,
    ICAO24,
    LAST_CONTACT,
    LATITUDE,
    LONGITUDE,
    ORIGIN_COUNTRY,
    TIME_POSITION,
    VELOCITY,
    Cell,
    Grid,
    Row,
)
from simulator.traffic import InventedTraffic

AIRCRAFT = 600
SECONDS = 1800
"""Longer than the tests take; after it the recording begins again, and all aircraft jump back."""

ANSWER_SECONDS = 2
"""From one answer to the next, which is less than from one poll to the next."""

EMERGENCY = "7700"

_MOMENT = 1_790_000_000
_METRES_OF_A_DEGREE = 111_195.0
_BARO_ALTITUDE, _ON_GROUND, _TRUE_TRACK, _VERTICAL_RATE, _GEO_ALTITUDE, _SQUAWK = (
    7,
    8,
    10,
    11,
    13,
    14,
)
_CEILING_M, _FLOOR_M = 12_500.0, 300.0
_MEASURED = (LATITUDE, LONGITUDE, _BARO_ALTITUDE, VELOCITY, _TRUE_TRACK, _VERTICAL_RATE)
# The map is read at its best between these, and longitudes do not run away.
_HIGHEST_LATITUDE = 60.0

Rate = tuple[int, Callable[[int], Cell]]
"""A place in the row, and what stands there after so many seconds."""


class RecordedSky:
    """All aircraft at one time, and the callsigns of those that the tests use."""

    def __init__(self) -> None:
        # Wrong values last for 20 s only: who counts must not meet them.
        traffic = InventedTraffic(aircraft=AIRCRAFT, seed=4, grid=Grid(1.0), outliers=0)
        self.rows = traffic.picture(traffic.step_at(_MOMENT)).rows or []
        flying = [row for row in self.rows if _is_flying(row)]
        lonely = max(flying, key=lambda row: _distance_to_next(row, self.rows))
        climbing = max(flying, key=lambda row: number(row, _VERTICAL_RATE))
        others = [row for row in flying if row not in (lonely, climbing)]
        in_trouble = next(row for row in others if row[ORIGIN_COUNTRY] == "Germany")
        in_trouble[_SQUAWK] = EMERGENCY
        self.lonely, self.climbing = callsign(lonely), callsign(climbing)
        self.in_trouble = callsign(in_trouble)

    def icao24(self, name: str) -> str:
        """Return the icao24 of the aircraft with a callsign."""
        return next(str(row[ICAO24]) for row in self.rows if callsign(row) == name)

    def write(self, path: Path) -> None:
        """Write the recording: an answer for each `ANSWER_SECONDS`."""
        courses = [(row, _rates(row)) for row in self.rows]
        with path.open("wb") as file:
            for second in range(0, SECONDS, ANSWER_SECONDS):
                states = [_later(row, rates, second) for row, rates in courses]
                answer = {"time": _MOMENT + second, "states": states}
                file.write(msgspec.json.encode(answer) + b"\n")


def callsign(row: Row) -> str:
    """Return the callsign without its padding."""
    return str(row[CALLSIGN] or "").strip()


def number(row: Row, place: int) -> float:
    """Return a measure, 0 where it was not received."""
    value = row[place]
    return float(value) if isinstance(value, int | float) else 0.0


def _is_flying(row: Row) -> bool:
    return (
        all(row[place] is not None for place in _MEASURED)
        and row[_ON_GROUND] is False
        and len(callsign(row)) > 4
        and abs(number(row, LATITUDE)) < _HIGHEST_LATITUDE
        and number(row, VELOCITY) > 100
    )


def _distance_to_next(row: Row, others: Sequence[Row]) -> float:
    """Return how far away the nearest of the others is, in degrees."""
    return min(
        math.hypot(
            number(row, LATITUDE) - number(other, LATITUDE),
            _turned(number(row, LONGITUDE) - number(other, LONGITUDE)),
        )
        for other in others
        if other is not row and other[LONGITUDE] is not None
    )


def _turned(degrees: float) -> float:
    return (degrees + 180) % 360 - 180


def _rates(row: Row) -> list[Rate]:
    """Return what changes in the row of an aircraft that flies straight on."""
    rates: list[Rate] = [
        (place, int(number(row, place)).__add__)
        for place in (TIME_POSITION, LAST_CONTACT)
        if row[place] is not None
    ]
    if row[LATITUDE] is not None and row[_TRUE_TRACK] is not None:
        rates += _course(row)
    climb = number(row, _VERTICAL_RATE)
    for place in (_BARO_ALTITUDE, _GEO_ALTITUDE):
        if row[place] is not None and climb:
            rates.append((place, _climb(number(row, place), climb)))
    return rates


def _course(row: Row) -> list[Rate]:
    latitude, longitude = number(row, LATITUDE), number(row, LONGITUDE)
    track = math.radians(number(row, _TRUE_TRACK))
    degrees = number(row, VELOCITY) / _METRES_OF_A_DEGREE
    north = degrees * math.cos(track)
    east = degrees * math.sin(track) / max(math.cos(math.radians(latitude)), 0.05)
    return [
        (LATITUDE, lambda second: round(latitude + north * second, 4)),
        (LONGITUDE, lambda second: round(_turned(longitude + east * second), 4)),
    ]


def _climb(start: float, rate: float) -> Callable[[int], Cell]:
    return lambda second: round(min(max(start + rate * second, _FLOOR_M), _CEILING_M), 2)


def _later(row: Row, rates: Sequence[Rate], second: int) -> Row:
    later = row.copy()
    for place, value in rates:
        later[place] = value(second)
    return later
