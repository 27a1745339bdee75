"""Read flights, of the past and in the air, page by page."""

import datetime as dt
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncGenerator, Sequence
from typing import Any, TypeAlias

import msgspec

from processor.history.area_flights import FlightRow, read_area_flights
from processor.history.area_restriction import Boxes, box_columns
from processor.history.database import Connection, HistoryDatabase, Record, Use
from processor.history.errors import InvalidRequestError
from processor.history.queries import HistoryStatements
from processor.history.window import EARLIEST, EVER, LATEST, Window

AFTER_ALL = "\U0010ffff"
"""The last character of Unicode: it sorts after every character of a callsign."""

Row: TypeAlias = Record | FlightRow

PAGE_ROWS = 1_000
"""Rows that are fetched at once for a file; the rest stays in the database."""

ALL_ROWS = 2**62
"""No limit, for a statement that has a LIMIT: it is far more than any table holds."""


class Flight(msgspec.Struct, frozen=True):
    """One flight of an aircraft.

    For a principal that is restricted to areas it is made of the state vectors inside them. Then
    all fields that depend on other positions are None, and only `max_altitude` and `state_vectors`
    are measured.

    Attributes:
        first_seen: The time of the first state vector. All times are in Unix seconds.
        last_seen: The time of the last state vector; None while it is not known.
        take_off: None if the aircraft was first received in the air.
        landing: None if no landing was received, or if the aircraft is in the air.
        distance_km: The sum of the great-circle distances between plausible positions.
        max_altitude: Metres, barometric, or geometric if only that was received.
        state_vectors: The number of state vectors that were received.
        west: The western edge of all plausible positions in degrees, as the three edges that
            follow. It is greater than `east` if the flight crosses the antimeridian.
        implausible_positions: The number of positions that no aircraft can have flown to, which
            count for nothing; None if the flight was measured before these were counted.
        implausible_altitudes: The number of altitudes that count for nothing, in the same way.
        airborne: Whether the aircraft was received in the air. False for parked aircraft and
            vehicles, None for a flight that was stored before this was recorded.
        takeoff_airport: The ICAO code of the airport where the track shows the take-off; None if it
            shows none.
        landing_airport: The same of the landing.
    """

    icao24: str
    callsign: str | None
    origin_country: str | None
    first_seen: int
    last_seen: int | None
    take_off: int | None
    landing: int | None
    distance_km: float | None
    max_altitude: float | None
    state_vectors: int | None
    west: float | None
    south: float | None
    east: float | None
    north: float | None
    implausible_positions: int | None
    implausible_altitudes: int | None
    airborne: bool | None
    takeoff_airport: str | None
    landing_airport: str | None

    @property
    def window(self) -> Window:
        """The time from the first state vector to the last."""
        start, end = (
            dt.datetime.fromtimestamp(seconds, dt.UTC)
            for seconds in (self.first_seen, self.last_seen or self.first_seen)
        )
        return Window(start, end)


class FlightsPage(msgspec.Struct, frozen=True):
    """A page of flights, and the cursor of the next page; None if this is the last one."""

    flights: list[Flight]
    next: str | None


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """The last flight of a page, after which the next page begins."""

    first_seen_us: int
    icao24: str

    @property
    def first_seen(self) -> dt.datetime:
        """The time of that flight's first state vector."""
        return dt.datetime.fromtimestamp(0, dt.UTC) + dt.timedelta(microseconds=self.first_seen_us)


class FlightFilter(msgspec.Struct, frozen=True, kw_only=True):
    """The flights that a request asks for. None selects all.

    Attributes:
        callsign: A callsign; `*` at its end stands for any further characters.
        window: The time range that a flight must overlap.
        boxes: One of the flight's positions must lie in these boxes.
        include_ground: Whether to include flights of aircraft that were never received in the air.
        areas: The areas of the principal; flights are made of what was received inside them alone.
        takeoff_airport: An ICAO code, as the two that follow; without areas only.
        airport: Of the take-off or the landing.
    """

    icao24: str | None = None
    callsign: str | None = None
    country: str | None = None
    window: Window = EVER
    boxes: Boxes = None
    include_ground: bool = False
    areas: Boxes = None
    takeoff_airport: str | None = None
    landing_airport: str | None = None
    airport: str | None = None


async def read_page(
    connection: Connection,
    statements: HistoryStatements,
    flight_filter: FlightFilter,
    *,
    rows: int,
    after: Cursor | None = None,
) -> FlightsPage:
    """Return a page of flights, newest first, that begins after the last flight of another page."""
    found = await _read(connection, statements, flight_filter, rows + 1, after)
    page = found[:rows]
    flights = [to_flight(row) for row in page]
    cursor = encode_cursor(page[-1]["first_seen"], page[-1]["icao24"]) if page else None
    return FlightsPage(flights, cursor if len(found) > rows else None)


async def read_last(
    connection: Connection,
    statements: HistoryStatements,
    icao24: str,
    *,
    areas: Boxes = None,
) -> Flight | None:
    """Return the flight of an aircraft in the air, or else its last flight; None if it has none."""
    flight_filter = FlightFilter(icao24=icao24, boxes=areas, areas=areas, include_ground=True)
    page = await read_page(connection, statements, flight_filter, rows=1)
    return page.flights[0] if page.flights else None


async def read_all(
    database: HistoryDatabase, statements: HistoryStatements, flight_filter: FlightFilter
) -> AsyncGenerator[Sequence[dict[str, Any]], None]:
    """Yield all flights, newest first, a page of rows at a time.

    Raises:
        RetryLaterError: The database does not answer, or all connections are in use.
        TooLargeError: The statement took longer than allowed.
    """
    async with database.reading(Use.EXPORTS) as connection:
        if flight_filter.areas is not None:
            found = await _read_inside(connection, statements, flight_filter)
            for first in range(0, len(found), PAGE_ROWS):
                yield found[first : first + PAGE_ROWS]
            return
        cursor = await connection.cursor(statements.flights, *_arguments(flight_filter, ALL_ROWS))
        while rows := await cursor.fetch(PAGE_ROWS):
            yield [dict(row) for row in rows]


async def _read(
    connection: Connection,
    statements: HistoryStatements,
    flight_filter: FlightFilter,
    rows: int,
    after: Cursor | None,
) -> Sequence[Row]:
    """Return so many flights, newest first, after the last flight of the previous page."""
    if flight_filter.areas is None:
        return await connection.fetch(statements.flights, *_arguments(flight_filter, rows, after))
    found = await _read_inside(connection, statements, flight_filter)
    if after is not None:
        last = (after.first_seen, after.icao24)
        found = [row for row in found if (row["first_seen"], row["icao24"]) < last]
    return found[:rows]


async def _read_inside(
    connection: Connection, statements: HistoryStatements, flight_filter: FlightFilter
) -> list[FlightRow]:
    """Return all flights for a principal with areas, newest first."""
    found = await read_area_flights(
        connection,
        statements,
        icao24=flight_filter.icao24,
        window=flight_filter.window,
        boxes=flight_filter.boxes,
        areas=flight_filter.areas,
    )
    return [row for row in found if _is_selected(row, flight_filter)]


def _is_selected(row: FlightRow, flight_filter: FlightFilter) -> bool:
    """Whether a flight has the callsign and country of the filter, and was in the air."""
    first, below = _callsigns(flight_filter.callsign)
    if first is not None and below is not None:
        callsign = row["callsign"]
        if callsign is None or not first <= callsign < below:
            return False
    if flight_filter.country is not None:
        country = row["origin_country"]
        if country is None or country.lower() != flight_filter.country.lower():
            return False
    return flight_filter.include_ground or row["airborne"]


def _arguments(
    flight_filter: FlightFilter, rows: int, after: Cursor | None = None
) -> Sequence[object]:
    return (
        flight_filter.icao24,
        *_callsigns(flight_filter.callsign),
        flight_filter.country,
        flight_filter.window.start,
        flight_filter.window.end,
        after.first_seen if after is not None else None,
        after.icao24 if after is not None else None,
        rows,
        *box_columns(flight_filter.boxes),
        flight_filter.include_ground,
        *(flight_filter.takeoff_airport, flight_filter.landing_airport, flight_filter.airport),
    )


def _callsigns(pattern: str | None) -> tuple[str | None, str | None]:
    """Return the range of callsigns that match a pattern: its start, and its end (excluded).

    The index that finds them sorts by bytes.
    """
    if pattern is None:
        return None, None
    first = pattern.upper().removesuffix("*")
    return first, first + (AFTER_ALL if pattern.endswith("*") else "\x01")


def to_flight(row: Row) -> Flight:
    """Return a row as a flight."""
    values: dict[str, Any] = {
        name: int(value.timestamp()) if isinstance(value, dt.datetime) else value
        for name, value in row.items()
    }
    if values["distance_km"] is not None:
        values["distance_km"] = round(values["distance_km"], 3)
    return Flight(**values)


def encode_cursor(first_seen: dt.datetime, icao24: str) -> str:
    """Write the last flight of a page as the text with which a client requests the next page."""
    since = first_seen - dt.datetime.fromtimestamp(0, dt.UTC)
    cursor = Cursor(since // dt.timedelta(microseconds=1), icao24)
    return urlsafe_b64encode(msgspec.json.encode(cursor)).decode().rstrip("=")


def decode_cursor(text: str) -> Cursor:
    """Read the text that `encode_cursor` wrote.

    Raises:
        InvalidRequestError: The text is no cursor.
    """
    try:
        padded = text + "=" * (-len(text) % 4)
        cursor = msgspec.json.decode(urlsafe_b64decode(padded.encode("ascii")), type=Cursor)
        if EARLIEST <= cursor.first_seen < LATEST and cursor.icao24.isalnum():
            return cursor
    except (ValueError, OverflowError, msgspec.DecodeError):
        pass
    raise InvalidRequestError(
        "after", f"{text!r} is not the `next` of a page of this list: leave it out to begin again"
    )
