"""Derive the airport of a take-off or a landing from the positions around it.

OpenSky's flight lists name the airport nearest to the first or last position
(`estDepartureAirport`, with its distance and the number of other candidates), and so does the
library `traffic`. Here an airport is named only if the track shows that the aircraft was there:

* on the ground: the airport nearest to the last position on the ground before the take-off, or to
  the first one after the landing, within `GROUND_KM`;
* else from the air: the aircraft climbs, or descends, below `MAX_HEIGHT` above the airport, and
  the straight line through its positions meets the airport's elevation near the airport.

In every other case the airport is None. What the bounds do was measured on a recorded day
(docs/history.md, "Airports").
"""

import math
from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import NamedTuple

from processor.reference.airports import KM_PER_DEGREE, Airport, Airports, flat_km

GROUND_KM = 5.0
"""From a position on the ground to the reference point of its airport. In the recorded day 98 of
100 positions on the ground are within 5 km of one; the runways of Denver reach that far."""

MAX_HEIGHT = 600.0
"""Metres above the airport, 2,000 feet: on a slope of 3 degrees, 11 km before the runway."""

MIN_HEIGHT = -200.0
"""Metres: altitudes are of the standard atmosphere, or above the ellipsoid."""

AIR_KM = 3.0
"""From where the straight line meets the ground to the reference point of the airport."""

WINDOW_SECONDS = 120
"""The line is made of positions in the air within this time of the first or the last one."""

MIN_SECONDS = 5
"""Between the first and the last of these positions."""

MIN_RATE = 1.0
"""m/s up or down, 200 feet a minute: less is level flight."""

MAX_LINE_SECONDS = 180
"""How far the straight line is followed."""

MAX_SPEED = 140.0
"""m/s: 250 knots are allowed below 10,000 feet (14 CFR 91.117), and there is wind."""

FASTEST = 361.0
"""m/s, 1,300 km/h: two positions farther apart are not both true, as in `measure_flight`."""

PREFERENCE_KM = 1.5
"""An airport with an IATA code is taken before one without that is nearer by less than this: an air
base or a water aerodrome beside an airport shares its ground (EBMB and EBBR, PALH and PANC)."""

AMBIGUOUS_KM = 0.5
"""Two airports of equal rank whose distances differ by less are no answer."""

ROTORCRAFT = 8
"""OpenSky's category: only helicopters use the places that are not for aeroplanes."""

HELIPORT_KM = 0.5
"""From a position to a place for helicopters; nothing else of it is larger."""

_SEARCH_KM = AIR_KM + MAX_SPEED * MAX_LINE_SECONDS / 1_000


class Side(IntEnum):
    """The take-off, before which the line is followed backwards, or the landing."""

    TAKE_OFF = -1
    LANDING = 1


class Evidence(NamedTuple):
    """A position around a take-off or a landing.

    Attributes:
        moment: Unix seconds of the position.
        altitude: Metres above the ellipsoid, or barometric; None if neither was received.
        velocity: m/s; None if it was not received.
        true_track: Degrees; None if it was not received.
        category: As OpenSky's; None if it was not received.
    """

    moment: float
    longitude: float
    latitude: float
    altitude: float | None
    on_ground: bool
    velocity: float | None = None
    true_track: float | None = None
    category: int | None = None


class _Candidate(NamedTuple):
    km: float
    airport: Airport


def derive_airport(airports: Airports, side: Side, positions: Sequence[Evidence]) -> Airport | None:
    """Return the airport of a take-off or a landing; None unless the positions show it.

    Args:
        airports: Where to search.
        side: What the positions are around.
        positions: In order of time. If some are on the ground, these are taken: of a take-off the
            last ones before it, of a landing the first ones after it.
    """
    # From the ground into the air.
    ordered = list(positions) if side is Side.TAKE_OFF else list(reversed(positions))
    on_ground = [position for position in ordered if position.on_ground]
    has_rotor = any(position.category == ROTORCRAFT for position in positions)
    if on_ground:
        nearest = on_ground[-1]
        if all(_is_reachable(nearest, other) for other in ordered):
            return _choose(_around(airports, nearest, has_rotor=has_rotor))
        return None
    return _choose(_ahead(airports, side, ordered, has_rotor=has_rotor))


def _around(airports: Airports, position: Evidence, *, has_rotor: bool) -> Iterable[_Candidate]:
    """Yield the airports around a position on the ground."""
    for km, airport in airports.near(position.latitude, position.longitude, GROUND_KM):
        if _is_used(airport, km, has_rotor=has_rotor):
            yield _Candidate(km, airport)


def _ahead(
    airports: Airports, side: Side, positions: Sequence[Evidence], *, has_rotor: bool
) -> Iterable[_Candidate]:
    """Yield the airports where the line through positions in the air meets the ground.

    Args:
        airports: Where to search.
        side: Whether the line is followed forwards or backwards.
        positions: The one nearest to the ground comes first.
        has_rotor: Whether it is a helicopter.
    """
    known = [one for one in positions if one.altitude is not None]
    if len(known) < 2:  # noqa: PLR2004 - a line has two points
        return
    near, far = known[0], known[-1]
    seconds = abs(far.moment - near.moment)
    if seconds < MIN_SECONDS or not all(_is_reachable(near, other) for other in known):
        return
    rate = ((far.altitude or 0.0) - (near.altitude or 0.0)) / seconds
    north, east = _velocity(near, far, side)
    if rate < MIN_RATE or math.hypot(north, east) > MAX_SPEED:
        return
    for _, airport in airports.near(near.latitude, near.longitude, _SEARCH_KM):
        height = (near.altitude or 0.0) - airport.altitude
        left = max(0.0, height) / rate
        if not MIN_HEIGHT <= height <= MAX_HEIGHT or left > MAX_LINE_SECONDS:
            continue
        latitude = near.latitude + side * north * left / 1_000 / KM_PER_DEGREE
        longitude = near.longitude + side * east * left / 1_000 / KM_PER_DEGREE / max(
            0.01, math.cos(math.radians(near.latitude))
        )
        km = flat_km(latitude, longitude, airport.latitude, airport.longitude)
        if km <= AIR_KM and _is_used(airport, km, has_rotor=has_rotor):
            yield _Candidate(km, airport)


def _velocity(near: Evidence, far: Evidence, side: Side) -> tuple[float, float]:
    """Return the speed northwards and eastwards in m/s, as received or from two positions."""
    if near.velocity is not None and near.true_track is not None:
        track = math.radians(near.true_track)
        return near.velocity * math.cos(track), near.velocity * math.sin(track)
    seconds = abs(far.moment - near.moment)
    metres = side * KM_PER_DEGREE * 1_000 / seconds
    eastward = (near.longitude - far.longitude + 180) % 360 - 180
    return (
        (near.latitude - far.latitude) * metres,
        eastward * math.cos(math.radians(near.latitude)) * metres,
    )


def _is_reachable(one: Evidence, other: Evidence) -> bool:
    km = flat_km(one.latitude, one.longitude, other.latitude, other.longitude)
    # Times are whole seconds.
    return km * 1_000 <= FASTEST * (abs(one.moment - other.moment) + 1)


def _is_used(airport: Airport, km: float, *, has_rotor: bool) -> bool:
    return airport.is_for_aeroplanes or (has_rotor and km <= HELIPORT_KM)


def _choose(candidates: Iterable[_Candidate]) -> Airport | None:
    """Return the nearest airport, or the one with an IATA code beside it; None if unclear."""
    found = sorted(candidates)
    if not found:
        return None
    chosen = found[0]
    for other in found[1:]:
        is_preferred = chosen.airport.iata is None and other.airport.iata is not None
        if is_preferred and other.km - chosen.km <= PREFERENCE_KM:
            chosen = other
            break
    for other in found:
        is_equal = (other.airport.iata is None) == (chosen.airport.iata is None)
        if other != chosen and is_equal and abs(other.km - chosen.km) < AMBIGUOUS_KM:
            return None
    return chosen.airport
