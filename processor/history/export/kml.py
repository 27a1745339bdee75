"""Encode rows as KML 2.2: tracks with their times (gx:Track), and flights as boxes."""

import datetime as dt
import html
import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from processor.history.export.table import ATTRIBUTION, Row, Table
from processor.history.export.values import columns_of, iso_time, iso_times

NEW_FLIGHT_SILENCE = dt.timedelta(minutes=30)
"""After which it is another flight, as in the table of flights."""

MAX_POINTS = 5_000
"""Points of one gx:Track. All its times precede all its positions, so it is held until it ends."""

MAX_HELD = 100
"""Rows that are held until another callsign is received a second time."""

HALF_TURN = 180.0
"""Degrees of longitude: a step that seems to be longer crosses the antimeridian."""

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_BEGIN = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<kml xmlns="http://www.opengis.net/kml/2.2" xmlns:gx="http://www.google.com/kml/ext/2.2">\n'
    "<Document>\n<name>{name}</name>\n<description>{attribution}</description>\n"
)
_END = "</Document>\n</kml>\n"


class Point(msgspec.Struct, frozen=True, gc=False):
    """The position of an aircraft at a time; the altitude is None if it was not received."""

    moment: dt.datetime
    longitude: float
    latitude: float
    altitude: float | None


class TrackPlacemarks:
    """A placemark for each flight of an aircraft; rows must be sorted by aircraft, then by time.

    Rows without position are left out, and those whose position is known to be implausible. A track
    ends where the altitude begins or ceases to be received: without one it is drawn on the ground,
    for 0 m may be deep in a mountain. It ends at the antimeridian too, or a line would go around
    the globe. A callsign is another one when it is received twice.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._icao24: str | None = None
        self._callsign: str | None = None
        self._points: list[Point] = []
        self._held: list[tuple[dict[str, Any], Point]] = []

    def begin(self) -> bytes:
        """Return the beginning of the document."""
        return _begin(self._table)

    def add(self, rows: Sequence[Row]) -> bytes:
        """Return the tracks and placemarks that the rows have finished."""
        parts: list[str] = []
        for row in _dicts(self._table, rows):
            if (point := _point(row)) is not None:
                parts += self._take(row, point)
        return "".join(parts).encode()

    def end(self) -> bytes:
        """Return the last track and the end of the document."""
        return "".join([*self._end_placemark(), _END]).encode()

    def _take(self, row: dict[str, Any], point: Point) -> Iterator[str]:
        callsign = row["callsign"]
        if row["icao24"] != self._icao24 or point.moment - self._newest() > NEW_FLIGHT_SILENCE:
            yield from self._end_placemark()
            yield from self._begin_flight([(row, point)])
        elif self._held and callsign == self._held[0][0]["callsign"]:
            held, self._held = self._held, []
            yield from self._end_placemark()
            yield from self._begin_flight([*held, (row, point)])
        elif self._callsign is not None and callsign not in (None, self._callsign):
            yield from self._release()
            self._held = [(row, point)]
        elif self._held and callsign is None and len(self._held) < MAX_HELD:
            self._held.append((row, point))
        else:
            yield from self._release()
            self._callsign = self._callsign or callsign
            yield from self._append(point)

    def _newest(self) -> dt.datetime:
        return self._held[-1][1].moment if self._held else self._points[-1].moment

    def _begin_flight(self, rows: Sequence[tuple[dict[str, Any], Point]]) -> Iterator[str]:
        first, _ = rows[0]
        self._icao24, self._callsign = first["icao24"], first["callsign"]
        yield _begin_placemark(first)
        for _, point in rows:
            yield from self._append(point)

    def _release(self) -> Iterator[str]:
        """Leave what was held with the flight: its callsign was received once."""
        held, self._held = self._held, []
        for _, point in held:
            yield from self._append(point)

    def _append(self, point: Point) -> Iterator[str]:
        if self._points and self._is_another_track(point):
            yield _track(self._points)
            self._points = []
        self._points.append(point)

    def _is_another_track(self, point: Point) -> bool:
        last = self._points[-1]
        return (
            len(self._points) >= MAX_POINTS
            or (last.altitude is None) != (point.altitude is None)
            or abs(last.longitude - point.longitude) > HALF_TURN
        )

    def _end_placemark(self) -> Iterator[str]:
        yield from self._release()
        if self._points:
            yield _track(self._points)
            yield "</gx:MultiTrack>\n</Placemark>\n"
        self._points = []


class BoxPlacemarks:
    """A placemark for each flight, with the time that it took and all that is known of it."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def begin(self) -> bytes:
        """Return the beginning of the document."""
        return _begin(self._table)

    def add(self, rows: Sequence[Row]) -> bytes:
        """Return the rows' placemarks."""
        return "".join(map(_box_placemark, _dicts(self._table, rows))).encode()

    def end(self) -> bytes:
        """Return the end of the document."""
        return _END.encode()


def escape(text: str) -> str:
    """Return a text as XML 1.0 has it; it has no way to write control characters."""
    return html.escape(_NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text))


def _begin(table: Table) -> bytes:
    return _BEGIN.format(name=table.name, attribution=escape(ATTRIBUTION)).encode()


def _dicts(table: Table, rows: Sequence[Row]) -> Iterator[dict[str, Any]]:
    for row in zip(*columns_of(table, rows), strict=True):
        yield dict(zip(table.names, row, strict=True))


def _point(row: dict[str, Any]) -> Point | None:
    if row["longitude"] is None or row["latitude"] is None or row.get("implausible"):
        return None
    geometric, barometric = row["geo_altitude"], row["baro_altitude"]
    altitude = barometric if geometric is None else geometric
    return Point(row["last_contact"], row["longitude"], row["latitude"], altitude)


def _begin_placemark(row: dict[str, Any]) -> str:
    known = {name: row[name] for name in ("icao24", "callsign", "origin_country")}
    return (
        f"<Placemark>\n<name>{escape(row['callsign'] or row['icao24'])}</name>\n"
        f"{_extended_data(known)}<gx:MultiTrack>\n<gx:interpolate>1</gx:interpolate>\n"
    )


def _track(points: Sequence[Point]) -> str:
    mode = "clampToGround" if points[0].altitude is None else "absolute"
    times = iso_times([point.moment for point in points])
    whens = "".join(f"<when>{time}</when>\n" for time in times)
    coords = "".join(
        f"<gx:coord>{point.longitude} {point.latitude} {point.altitude or 0.0}</gx:coord>\n"
        for point in points
    )
    return f"<gx:Track>\n<altitudeMode>{mode}</altitudeMode>\n{whens}{coords}</gx:Track>\n"


def _box_placemark(row: dict[str, Any]) -> str:
    return (
        f"<Placemark>\n<name>{escape(row['callsign'] or row['icao24'])}</name>\n"
        f"{_time_span(row)}{_extended_data(row)}{_polygon(row)}</Placemark>\n"
    )


def _time_span(row: dict[str, Any]) -> str:
    begin, end = iso_time(row["first_seen"]), iso_time(row["last_seen"])
    ending = "" if end is None else f"<end>{end}</end>"
    return f"<TimeSpan><begin>{begin}</begin>{ending}</TimeSpan>\n"


def _polygon(row: dict[str, Any]) -> str:
    west, south, east, north = (row[name] for name in ("west", "south", "east", "north"))
    if None in (west, south, east, north):
        return ""
    if west <= east:
        return _box(west, south, east, north)
    # Programs would draw a box over the antimeridian around the globe, so it is divided there.
    halves = _box(west, south, 180.0, north) + _box(-180.0, south, east, north)
    return f"<MultiGeometry>\n{halves}</MultiGeometry>\n"


def _box(west: float, south: float, east: float, north: float) -> str:
    corners = ((west, south), (east, south), (east, north), (west, north), (west, south))
    coordinates = " ".join(f"{longitude},{latitude},0" for longitude, latitude in corners)
    return (
        "<Polygon><outerBoundaryIs><LinearRing><coordinates>"
        f"{coordinates}</coordinates></LinearRing></outerBoundaryIs></Polygon>\n"
    )


def _extended_data(row: dict[str, Any]) -> str:
    data = "".join(
        f'<Data name="{name}"><value>{escape(_text(value))}</value></Data>\n'
        for name, value in row.items()
        if value is not None
    )
    return f"<ExtendedData>\n{data}</ExtendedData>\n"


def _text(value: object) -> str:
    return iso_time(value) or "" if isinstance(value, dt.datetime) else str(value)
