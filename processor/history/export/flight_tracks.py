"""Divide the rows of tracks into flights, and hand the points of each to a writer of its own."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import msgspec

from processor.archive.flights.divider import FlightDivider, Portion
from processor.archive.flights.segmentation import DetectedFlight, Observation
from processor.history.export.table import Row, Table
from processor.history.export.values import columns_of

HALF_TURN = 180.0
"""Degrees. A step in longitude that seems to be longer crosses the antimeridian."""


class Point(msgspec.Struct, frozen=True, gc=False):
    """The position of an aircraft at a time; the altitude is None if it was not received.

    Attributes:
        moment: When the state vector was received.
        positioned: When the position was, which may be earlier.
    """

    moment: dt.datetime
    positioned: dt.datetime
    longitude: float
    latitude: float
    altitude: float | None


class FlightWriter(Protocol):
    """Writes one flight in some format."""

    def add(self, point: Point, flight: DetectedFlight) -> Sequence[str]:
        """Take the next point, and the flight as it is known by now; return finished text."""

    def end(self, flight: DetectedFlight) -> Sequence[str]:
        """Return the rest of the text; nothing if there is nothing to draw."""


class FlightTracks:
    """Hands the points of each flight to a writer; rows must be sorted by aircraft, then by time.

    The flights are the stored ones where rows have them (`Table.has_flights`), else those that the
    archive would store of these rows. Rows without a position, and those whose position is known
    to be implausible, belong to a flight but are no points.

    Args:
        table: The columns of the rows.
        writer: Makes the writer of a flight of an aircraft.
    """

    def __init__(self, table: Table, writer: Callable[[str], FlightWriter]) -> None:
        self._table = table
        self._new_writer = writer
        self._icao24 = ""
        self._divider = FlightDivider[Point | None]()
        self._stored: DetectedFlight | None = None
        self._writer = writer("")

    def add(self, rows: Sequence[Row]) -> Sequence[str]:
        """Return the text that the rows have finished."""
        parts: list[str] = []
        for row, values in zip(rows, rows_by_name(self._table, rows), strict=True):
            stored = row["flight"] if self._table.has_flights else None
            if values["icao24"] != self._icao24 or stored != self._stored:
                parts += self.end()
                self._icao24, self._stored = values["icao24"], stored
                self._writer = self._new_writer(self._icao24)
            parts += self._segment(values) if stored is None else self._take(values, stored)
        return parts

    def end(self) -> Sequence[str]:
        """Return the rest of the last flight."""
        return list(self._end_flight())

    def _take(self, row: dict[str, Any], flight: DetectedFlight) -> Sequence[str]:
        point = _point(row)
        return () if point is None else self._writer.add(point, flight)

    def _segment(self, row: dict[str, Any]) -> Iterator[str]:
        contact, point = int(row["last_contact"].timestamp()), _point(row)
        if self._divider.continues(contact, row["callsign"], row["on_ground"]):
            if point is not None:
                yield from self._writer.add(point, self._divider.flight)
            return
        for portion in self._divider.add(_observation(row, contact), point):
            yield from self._write(portion)

    def _end_flight(self) -> Iterator[str]:
        if self._stored is not None:
            yield from self._writer.end(self._stored)
        for portion in self._divider.end():
            yield from self._write(portion)
        self._divider = FlightDivider()

    def _write(self, portion: Portion[Point | None]) -> Iterator[str]:
        for point in portion.items:
            if point is not None:
                yield from self._writer.add(point, portion.flight)
        if portion.is_last:
            yield from self._writer.end(portion.flight)
            self._writer = self._new_writer(self._icao24)


def rows_by_name(table: Table, rows: Sequence[Row]) -> Iterator[dict[str, Any]]:
    """Yield rows as dictionaries of the table's columns."""
    for row in zip(*columns_of(table, rows), strict=True):
        yield dict(zip(table.names, row, strict=True))


def _point(row: dict[str, Any]) -> Point | None:
    if row["longitude"] is None or row["latitude"] is None or row.get("implausible"):
        return None
    geometric, barometric = row["geo_altitude"], row["baro_altitude"]
    return Point(
        row["last_contact"],
        row["time_position"] or row["last_contact"],
        row["longitude"],
        row["latitude"],
        barometric if geometric is None else geometric,
    )


def _observation(row: dict[str, Any], last_contact: int) -> Observation:
    geometric, barometric = row["geo_altitude"], row["baro_altitude"]
    return Observation(
        last_contact=last_contact,
        callsign=row["callsign"],
        origin_country=row["origin_country"],
        on_ground=row["on_ground"],
        velocity=row["velocity"],
        altitude=geometric if barometric is None else barometric,
    )
