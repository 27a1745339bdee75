"""Flights of the past and those in the air, page by page."""

import datetime as dt
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from typing import Any

import msgspec

from processor.history.area_restriction import Boxes, box_columns
from processor.history.database import Connection, HistoryDatabase, Record, Use
from processor.history.errors import InvalidRequestError
from processor.history.queries import HistoryStatements
from processor.history.window import EARLIEST, EVER, LATEST, Window

AFTER_ALL = "\U0010ffff"
"""Sorts behind every character of a callsign."""


PAGE_ROWS = 1_000
ALL_ROWS = 2**62


class Flight(msgspec.Struct, frozen=True):
    """One flight of an aircraft; for a principal with areas, of what lies inside them.

    Then nothing is measured but `max_altitude` and `state_vectors`: what follows from positions
    elsewhere is None.

    Attributes:
        first_seen: Unix seconds, as all times.
        take_off: None where it was first seen in the air.
        landing: None where it was not seen to land, or is in the air.
        distance_km: The sum of the great circles from plausible position to plausible position.
        max_altitude: Metres, barometric, or geometric where only that was received.
        state_vectors: How many were received.
        west: Of all its plausible positions, as the three that follow; greater than `east` where
            the flight crosses the antimeridian.
        implausible_positions: How many do not count, for no aircraft flies that fast; None where
            the flight was measured before they were counted.
        implausible_altitudes: The same of altitudes.
        airborne: Whether it was seen in the air; False for parked aircraft and vehicles, None for
            a flight from before that was kept.
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

    @property
    def window(self) -> Window:
        """From its first state vector to its last."""
        start, end = (
            dt.datetime.fromtimestamp(seconds, dt.UTC)
            for seconds in (self.first_seen, self.last_seen or self.first_seen)
        )
        return Window(start, end)


class FlightsPage(msgspec.Struct, frozen=True):
    """Some flights, and the cursor with which the list goes on, if it does."""

    flights: list[Flight]
    next: str | None


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """The last flight of a page."""

    first_seen_us: int
    icao24: str

    @property
    def first_seen(self) -> dt.datetime:
        """When that flight was first seen."""
        return dt.datetime.fromtimestamp(0, dt.UTC) + dt.timedelta(microseconds=self.first_seen_us)


class FlightFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which flights.

    Attributes:
        callsign: `*` at the end stands for any more characters.
        window: Which they overlap.
        boxes: Where one of a flight's positions lies.
        include_ground: Also those that were never seen in the air.
        areas: Of which alone anything may be known.
    """

    icao24: str | None = None
    callsign: str | None = None
    country: str | None = None
    window: Window = EVER
    boxes: Boxes = None
    include_ground: bool = False
    areas: Boxes = None


async def read_page(
    connection: Connection,
    statements: HistoryStatements,
    wanted: FlightFilter,
    *,
    rows: int,
    after: Cursor | None = None,
) -> FlightsPage:
    """Return so many flights, newest first, after the last one of the page before."""
    found = await connection.fetch(*_statement(statements, wanted, rows + 1, after))
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
    """Return the flight that an aircraft is on, or its last one."""
    wanted = FlightFilter(icao24=icao24, boxes=areas, areas=areas, include_ground=True)
    page = await read_page(connection, statements, wanted, rows=1)
    return page.flights[0] if page.flights else None


async def read_all(
    database: HistoryDatabase, statements: HistoryStatements, wanted: FlightFilter
) -> AsyncGenerator[Sequence[dict[str, Any]], None]:
    """Return all flights, newest first, a page at a time.

    Raises:
        RetryLaterError: The database does not answer, or too many ask at once.
        TooLargeError: The statement took longer than allowed.
    """
    async with database.reading(Use.EXPORTS) as connection:
        cursor = await connection.cursor(*_statement(statements, wanted, ALL_ROWS))
        while rows := await cursor.fetch(PAGE_ROWS):
            yield [dict(row) for row in rows]


def iterate(
    connection: Connection, statements: HistoryStatements, wanted: FlightFilter
) -> AsyncIterator[Record]:
    """Return the rows of all flights, newest first, some at a time in memory."""
    rows: AsyncIterator[Record] = aiter(
        connection.cursor(*_statement(statements, wanted, ALL_ROWS), prefetch=PAGE_ROWS)
    )
    return rows


def _statement(
    statements: HistoryStatements, wanted: FlightFilter, rows: int, after: Cursor | None = None
) -> tuple[Any, ...]:
    """Return the statement and what it takes."""
    arguments = _arguments(wanted, rows, after)
    if wanted.areas is None:
        return (statements.flights, *arguments)
    return (statements.flights_within, *arguments, *box_columns(wanted.areas))


def _arguments(wanted: FlightFilter, rows: int, after: Cursor | None = None) -> Sequence[object]:
    return (
        wanted.icao24,
        *_callsigns(wanted.callsign),
        wanted.country,
        wanted.window.start,
        wanted.window.end,
        after.first_seen if after is not None else None,
        after.icao24 if after is not None else None,
        rows,
        *box_columns(wanted.boxes),
        wanted.include_ground,
    )


def _callsigns(pattern: str | None) -> tuple[str | None, str | None]:
    """Return from which callsign on and below which, in the order of bytes."""
    if pattern is None:
        return None, None
    first = pattern.upper().removesuffix("*")
    return first, first + (AFTER_ALL if pattern.endswith("*") else "\x01")


def to_flight(row: Record) -> Flight:
    """Turn a row into a flight."""
    values: dict[str, Any] = {
        name: int(value.timestamp()) if isinstance(value, dt.datetime) else value
        for name, value in row.items()
    }
    if values["distance_km"] is not None:
        values["distance_km"] = round(values["distance_km"], 3)
    return Flight(**values)


def encode_cursor(first_seen: dt.datetime, icao24: str) -> str:
    """Name the last flight of a page so that the next page can be asked for."""
    since = first_seen - dt.datetime.fromtimestamp(0, dt.UTC)
    cursor = Cursor(since // dt.timedelta(microseconds=1), icao24)
    return urlsafe_b64encode(msgspec.json.encode(cursor)).decode().rstrip("=")


def decode_cursor(text: str) -> Cursor:
    """Read a cursor.

    Raises:
        InvalidRequestError: It is none of ours.
    """
    try:
        padded = text + "=" * (-len(text) % 4)
        cursor = msgspec.json.decode(urlsafe_b64decode(padded.encode("ascii")), type=Cursor)
        if EARLIEST <= cursor.first_seen < LATEST and cursor.icao24.isalnum():
            return cursor
    except (ValueError, OverflowError, msgspec.DecodeError):
        pass
    raise InvalidRequestError("after", f"{text!r} is not the `next` of a page of this list")
