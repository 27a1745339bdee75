"""Encode rows as KML 2.2: tracks with their times (gx:Track), and flights as boxes."""

import datetime as dt
import html
import re
from collections.abc import Sequence
from typing import Any

from processor.archive.flights.segmentation import DetectedFlight
from processor.history.export.flight_tracks import HALF_TURN, FlightTracks, Point, rows_by_name
from processor.history.export.table import ATTRIBUTION, Row, Table
from processor.history.export.values import iso_time, iso_times

MAX_POINTS = 5_000
"""Points of a placemark that are held in memory: half a day of an aircraft that is received every
ten seconds. The placemark is written when its flight ends, with the callsign that the flight has
then; a longer flight is written in parts, with the callsign that is known by then."""

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_BEGIN = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<kml xmlns="http://www.opengis.net/kml/2.2" xmlns:gx="http://www.google.com/kml/ext/2.2">\n'
    "<Document>\n<name>{name}</name>\n<description>{attribution}</description>\n"
)
_END = "</Document>\n</kml>\n"


class TrackPlacemarks:
    """A placemark for each flight of an aircraft; rows must be sorted by aircraft, then by time."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._tracks = FlightTracks(table, Placemark)

    def begin(self) -> bytes:
        """Return the beginning of the document."""
        return _begin(self._table)

    def add(self, rows: Sequence[Row]) -> bytes:
        """Return the tracks and placemarks that the rows have finished."""
        return "".join(self._tracks.add(rows)).encode()

    def end(self) -> bytes:
        """Return the last placemark and the end of the document."""
        return "".join([*self._tracks.end(), _END]).encode()


class Placemark:
    """The tracks of one flight.

    A track ends where the altitude begins or ceases to be received: without an altitude it is
    drawn on the ground, for 0 m may be deep inside a mountain. It also ends at the antimeridian,
    where a line would go around the globe.
    """

    def __init__(self, icao24: str) -> None:
        self._icao24 = icao24
        self._points: list[Point] = []
        self._tracks: list[str] = []
        self._n_held = 0
        self._is_begun = False

    def add(self, point: Point, flight: DetectedFlight) -> Sequence[str]:
        """Take the next point; return text only when more points are held than may be."""
        text: Sequence[str] = ()
        if self._n_held >= MAX_POINTS:
            text = self._flush(flight)
        elif self._points and self._begins_track(point):
            self._end_track()
        self._points.append(point)
        self._n_held += 1
        return text

    def end(self, flight: DetectedFlight) -> Sequence[str]:
        """Return the rest of the placemark; nothing if it has no points."""
        if not self._n_held:
            return ()
        return (*self._flush(flight), "</gx:MultiTrack>\n</Placemark>\n")

    def _flush(self, flight: DetectedFlight) -> Sequence[str]:
        self._end_track()
        tracks, self._tracks, self._n_held = self._tracks, [], 0
        if self._is_begun:
            return tracks
        self._is_begun = True
        return (_begin_placemark(self._icao24, flight), *tracks)

    def _end_track(self) -> None:
        if self._points:
            self._tracks.append(_track(self._points))
            self._points = []

    def _begins_track(self, point: Point) -> bool:
        last = self._points[-1]
        return (last.altitude is None) != (point.altitude is None) or abs(
            last.longitude - point.longitude
        ) > HALF_TURN


class BoxPlacemarks:
    """A placemark for each flight, with the time that it took and all that is known of it."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def begin(self) -> bytes:
        """Return the beginning of the document."""
        return _begin(self._table)

    def add(self, rows: Sequence[Row]) -> bytes:
        """Return the rows' placemarks."""
        return "".join(map(_box_placemark, rows_by_name(self._table, rows))).encode()

    def end(self) -> bytes:
        """Return the end of the document."""
        return _END.encode()


def escape(text: str) -> str:
    """Return a text as XML 1.0 has it; it has no way to write control characters."""
    return html.escape(_NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text))


def _begin(table: Table) -> bytes:
    return _BEGIN.format(name=table.name, attribution=escape(ATTRIBUTION)).encode()


def _begin_placemark(icao24: str, flight: DetectedFlight) -> str:
    known = {
        "icao24": icao24,
        "callsign": flight.callsign,
        "origin_country": flight.origin_country,
    }
    return (
        f"<Placemark>\n<name>{escape(flight.callsign or icao24)}</name>\n"
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
