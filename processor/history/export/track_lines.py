"""Encode tracks as lines in GeoJSON (RFC 7946): a feature for each flight, without its points."""

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from processor.archive.flights.segmentation import DetectedFlight
from processor.history.export.flight_tracks import HALF_TURN, FlightTracks, Point
from processor.history.export.table import ATTRIBUTION, Row, Table
from processor.history.export.values import unix_seconds

MAX_POINTS = 20_000
"""Points of a line that are held in memory: a day of an aircraft that is received every 5 s. A
longer flight becomes several features, each of which begins with the last point of the one before.
"""

SILENCE = dt.timedelta(seconds=300)
"""A line is interrupted where no position was received for longer."""

FASTEST_M_S = 1_300 / 3.6
"""A line is interrupted where an aircraft would have had to fly faster: the bound of the SQL
function `plausible_parts`, which has marked single positions as implausible before."""

_SHORT_S = 60.0
"""Shorter steps count a second more, because times are rounded to whole seconds."""

_EARTH_RADIUS_M = 6_371_008.8

Coordinates = list[float]


class TrackLines:
    """A line for each flight of an aircraft; rows must be sorted by aircraft, then by time.

    Flights are those of `FlightTracks`. One with fewer than two points that can be joined has no
    feature.
    """

    def __init__(self, table: Table) -> None:
        self._tracks = FlightTracks(table, FlightLine)
        self._is_first = True

    def begin(self) -> bytes:
        """Return the first line of the collection."""
        attribution = msgspec.json.encode(ATTRIBUTION)
        return b'{"type":"FeatureCollection","attribution":' + attribution + b',"features":['

    def add(self, rows: Sequence[Row]) -> bytes:
        """Return the features that the rows have finished, each on a line of its own."""
        return self._join(self._tracks.add(rows))

    def end(self) -> bytes:
        """Return the last features and the end of the collection."""
        return self._join(self._tracks.end()) + b"\n]}\n"

    def _join(self, features: Sequence[str]) -> bytes:
        if not features:
            return b""
        separator = "\n" if self._is_first else ",\n"
        self._is_first = False
        return (separator + ",\n".join(features)).encode()


class FlightLine:
    """The line of one flight, in as many parts as silences, jumps and the antimeridian make."""

    def __init__(self, icao24: str) -> None:
        self._icao24 = icao24
        self._parts: list[list[Coordinates]] = []
        self._first: Point | None = None
        self._last: Point | None = None
        self._n_points = 0

    def add(self, point: Point, flight: DetectedFlight) -> Sequence[str]:
        """Take the next point; return a feature only when more points are held than may be."""
        features: Sequence[str] = ()
        if self._n_points >= MAX_POINTS and (last := self._last) is not None:
            features = self.end(flight)
            self._begin(last)
        if self._last is None or not _is_joined(self._last, point):
            self._begin(point)
        else:
            self._continue(self._last, point)
        return features

    def end(self, flight: DetectedFlight) -> Sequence[str]:
        """Return the feature; nothing if no two points are joined."""
        parts = [part for part in self._parts if len(part) > 1]
        first, last = self._first, self._last
        self._parts, self._first, self._last, self._n_points = [], None, None, 0
        if not parts or first is None or last is None:
            return ()
        properties = {
            "icao24": self._icao24,
            "callsign": flight.callsign,
            "origin_country": flight.origin_country,
            "from": unix_seconds(first.moment),
            "to": unix_seconds(last.moment),
        }
        return (_feature(parts, properties),)

    def _begin(self, point: Point) -> None:
        self._parts.append([[point.longitude, point.latitude]])
        self._first = self._first or point
        self._last = point
        self._n_points += 1

    def _continue(self, last: Point, point: Point) -> None:
        if abs(point.longitude - last.longitude) > HALF_TURN:
            edge, latitude = _crossing(last, point)
            self._parts[-1].append([edge, latitude])
            self._parts.append([[-edge, latitude]])
        self._parts[-1].append([point.longitude, point.latitude])
        self._last = point
        self._n_points += 1


def _is_joined(one: Point, other: Point) -> bool:
    """Whether the way between two positions is known: neither a silence nor a jump."""
    seconds = max((other.positioned - one.positioned).total_seconds(), 0.0)
    longest = FASTEST_M_S * (seconds + 1 if seconds < _SHORT_S else seconds)
    return seconds <= SILENCE.total_seconds() and _metres(one, other) <= longest


def _metres(one: Point, other: Point) -> float:
    """Return the great-circle distance (haversine formula)."""
    south, north = math.radians(one.latitude), math.radians(other.latitude)
    upwards = math.sin((north - south) / 2) ** 2
    sideways = math.sin(math.radians(other.longitude - one.longitude) / 2) ** 2
    part = upwards + math.cos(south) * math.cos(north) * sideways
    return 2 * _EARTH_RADIUS_M * math.asin(min(math.sqrt(part), 1.0))


def _crossing(one: Point, other: Point) -> tuple[float, float]:
    """Return the longitude of the antimeridian on the side of `one`, and the latitude there."""
    edge = math.copysign(HALF_TURN, one.longitude)
    beyond = other.longitude + 2 * edge
    width = beyond - one.longitude
    share = (edge - one.longitude) / width if width else 0.0
    return edge, round(one.latitude + share * (other.latitude - one.latitude), 6)


def _feature(parts: list[list[Coordinates]], properties: Mapping[str, Any]) -> str:
    geometry: Mapping[str, Any] = {"type": "MultiLineString", "coordinates": parts}
    if len(parts) == 1:
        geometry = {"type": "LineString", "coordinates": parts[0]}
    feature = {"type": "Feature", "geometry": geometry, "properties": properties}
    return msgspec.json.encode(feature).decode()
