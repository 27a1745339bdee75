"""Where a path over the earth leads: great circles, lines of them, and circles around a place."""

import math
from bisect import bisect_right
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import NamedTuple, Protocol

EARTH_RADIUS = 6_371_000.0  # metres

Vector = tuple[float, float, float]


class Place(NamedTuple):
    """A point on the earth in degrees."""

    latitude: float
    longitude: float


class Fix(NamedTuple):
    """A place on a path and the true track there, in degrees."""

    latitude: float
    longitude: float
    true_track: float


class Path(Protocol):
    """A line over the earth that can be asked for the place after some metres."""

    @property
    def length(self) -> float:
        """Metres from end to end; infinite for a path that closes."""

    def at(self, distance: float) -> Fix:
        """Return place and track after `distance` metres."""


@lru_cache(maxsize=1024)  # every airport is asked for again and again
def unit_vector(place: Place) -> Vector:
    """Point of the unit sphere under a place."""
    latitude, longitude = math.radians(place.latitude), math.radians(place.longitude)
    flat = math.cos(latitude)
    return flat * math.cos(longitude), flat * math.sin(longitude), math.sin(latitude)


def distance_between(start: Place, end: Place) -> float:
    """Metres along the great circle."""
    (ax, ay, az), (bx, by, bz) = unit_vector(start), unit_vector(end)
    chord = math.sqrt((ax - bx) ** 2 + (ay - by) ** 2 + (az - bz) ** 2)
    return 2 * EARTH_RADIUS * math.asin(min(1.0, chord / 2))


def initial_track(start: Place, end: Place) -> float:
    """Degrees clockwise from north in which the great circle leaves `start`."""
    return Arc(start, end).at(0.0).true_track


def offset(place: Place, true_track: float, distance: float) -> Place:
    """Place reached from `place` after `distance` metres on a great circle."""
    track, angle = math.radians(true_track), distance / EARTH_RADIUS
    point = unit_vector(place)
    north, east = _north_east(place)
    direction = _blend(north, math.cos(track), east, math.sin(track))
    fix = _fix(_blend(point, math.cos(angle), direction, math.sin(angle)), direction)
    return Place(fix.latitude, fix.longitude)


def _north_east(place: Place) -> tuple[Vector, Vector]:
    latitude, longitude = math.radians(place.latitude), math.radians(place.longitude)
    sin_latitude, cos_latitude = math.sin(latitude), math.cos(latitude)
    sin_longitude, cos_longitude = math.sin(longitude), math.cos(longitude)
    north = (-sin_latitude * cos_longitude, -sin_latitude * sin_longitude, cos_latitude)
    return north, (-sin_longitude, cos_longitude, 0.0)


def _blend(first: Vector, first_weight: float, second: Vector, second_weight: float) -> Vector:
    return (
        first[0] * first_weight + second[0] * second_weight,
        first[1] * first_weight + second[1] * second_weight,
        first[2] * first_weight + second[2] * second_weight,
    )


def _fix(point: Vector, tangent: Vector) -> Fix:
    px, py, pz = point
    tx, ty, tz = tangent
    return Fix(
        math.degrees(math.asin(max(-1.0, min(1.0, pz)))),
        math.degrees(math.atan2(py, px)),
        math.degrees(math.atan2(px * ty - py * tx, tz)) % 360.0,
    )


class Arc:
    """The great circle between two places."""

    __slots__ = ("_start", "_tangent", "length")

    def __init__(self, start: Place, end: Place) -> None:
        self._start = unit_vector(start)
        self.length = distance_between(start, end)
        angle = self.length / EARTH_RADIUS
        # Places that coincide have no direction; any tangent serves a path of no length.
        scale = 1.0 / math.sin(angle) if angle > 0 else 0.0
        shrink = -math.cos(angle) * scale
        self._tangent = _blend(unit_vector(end), scale, self._start, shrink)

    def at(self, distance: float) -> Fix:
        """Return place and track after `distance` metres."""
        angle = distance / EARTH_RADIUS
        sine, cosine = math.sin(angle), math.cos(angle)
        sx, sy, sz = self._start
        tx, ty, tz = self._tangent
        return _fix(
            (sx * cosine + tx * sine, sy * cosine + ty * sine, sz * cosine + tz * sine),
            (tx * cosine - sx * sine, ty * cosine - sy * sine, tz * cosine - sz * sine),
        )


class Line:
    """Great circles one after the other: gate, runway, way-point, runway, gate."""

    __slots__ = ("_arcs", "_ends", "length")

    def __init__(self, *places: Place) -> None:
        self._arcs = [Arc(start, end) for start, end in pairwise(places)]
        self._ends = list(accumulate(arc.length for arc in self._arcs))
        self.length = self._ends[-1]

    def at(self, distance: float) -> Fix:
        """Return place and track after `distance` metres; beyond the end, the end."""
        if distance >= self.length:
            return self._arcs[-1].at(self._arcs[-1].length)
        place = bisect_right(self._ends, distance)
        return self._arcs[place].at(distance - (self._ends[place - 1] if place else 0.0))


class Circle:
    """A circle flown clockwise or anticlockwise around a place, again and again."""

    __slots__ = ("_centre", "_north_east", "_radius", "_ring", "_turn", "length")

    def __init__(self, centre: Place, *, radius: float, clockwise: bool) -> None:
        self._centre = unit_vector(centre)
        self._north_east = _north_east(centre)
        self._radius = radius / EARTH_RADIUS
        self._ring = EARTH_RADIUS * math.sin(self._radius)
        self._turn = 1.0 if clockwise else -1.0
        self.length = math.inf

    def at(self, distance: float) -> Fix:
        """Return place and track after `distance` metres from due north of the centre."""
        angle = self._turn * distance / self._ring
        north, east = self._north_east
        outward = _blend(north, math.cos(angle), east, math.sin(angle))
        along = _blend(east, math.cos(angle), north, -math.sin(angle))
        point = _blend(self._centre, math.cos(self._radius), outward, math.sin(self._radius))
        return _fix(point, _blend(along, self._turn, along, 0.0))
