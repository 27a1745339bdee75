"""Flights of the past and those in the air, page by page."""

import datetime as dt
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncGenerator, Sequence
from typing import Any, TypeAlias

import msgspec

from processor.history.area_flights import FlightRow, read_area_flights
from processor.history.area_restriction import Places, box_columns
from processor.history.database import Connection, HistoryDatabase, Record, Use
from processor.history.errors import InvalidRequestError
from processor.history.queries import Queries
from processor.history.window import EARLIEST, EVER, LATEST, Window

AFTER_ALL = "\U0010ffff"
"""Sorts behind every character of a callsign."""


Row: TypeAlias = Record | FlightRow

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


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which flights.

    Attributes:
        callsign: `*` at the end stands for any more characters.
        window: Which they overlap.
        places: Where one of a flight's positions lies.
        include_ground: Also those that were never seen in the air.
        areas: Of which alone anything may be known.
    """

    icao24: str | None = None
    callsign: str | None = None
    country: str | None = None
    window: Window = EVER
    places: Places = None
    include_ground: bool = False
    areas: Places = None


async def read_page(
    connection: Connection,
    queries: Queries,
    wanted: Wanted,
    *,
    rows: int,
    after: Cursor | None = None,
) -> FlightsPage:
    """Return so many flights, newest first, after the last one of the page before."""
    found = await _read(connection, queries, wanted, rows + 1, after)
    page = found[:rows]
    flights = [to_flight(row) for row in page]
    cursor = encode_cursor(page[-1]["first_seen"], page[-1]["icao24"]) if page else None
    return FlightsPage(flights, cursor if len(found) > rows else None)


async def read_last(
    connection: Connection,
    queries: Queries,
    icao24: str,
    *,
    areas: Places = None,
) -> Flight | None:
    """Return the flight that an aircraft is on, or its last one."""
    wanted = Wanted(icao24=icao24, places=areas, areas=areas, include_ground=True)
    page = await read_page(connection, queries, wanted, rows=1)
    return page.flights[0] if page.flights else None


async def read_all(
    database: HistoryDatabase, queries: Queries, wanted: Wanted
) -> AsyncGenerator[Sequence[dict[str, Any]], None]:
    """Return all flights, newest first, a page at a time.

    Raises:
        UnavailableError: The database does not answer, or too many ask at once.
        TooMuchError: The statement took longer than allowed.
    """
    async with database.reading(Use.EXPORTS) as connection:
        if wanted.areas is not None:
            found = await _read_inside(connection, queries, wanted)
            for first in range(0, len(found), PAGE_ROWS):
                yield found[first : first + PAGE_ROWS]
            return
        cursor = await connection.cursor(queries.flights, *_arguments(wanted, ALL_ROWS))
        while rows := await cursor.fetch(PAGE_ROWS):
            yield [dict(row) for row in rows]


async def _read(
    connection: Connection, queries: Queries, wanted: Wanted, rows: int, after: Cursor | None
) -> Sequence[Row]:
    """Return so many flights, newest first, after the last one of the page before."""
    if wanted.areas is None:
        return await connection.fetch(queries.flights, *_arguments(wanted, rows, after))
    found = await _read_inside(connection, queries, wanted)
    if after is not None:
        last = (after.first_seen, after.icao24)
        found = [row for row in found if (row["first_seen"], row["icao24"]) < last]
    return found[:rows]


async def _read_inside(connection: Connection, queries: Queries, wanted: Wanted) -> list[FlightRow]:
    """Return all flights for a principal with areas, newest first."""
    found = await read_area_flights(
        connection,
        queries,
        icao24=wanted.icao24,
        window=wanted.window,
        places=wanted.places,
        areas=wanted.areas,
    )
    return [row for row in found if _is_wanted(row, wanted)]


def _is_wanted(row: FlightRow, wanted: Wanted) -> bool:
    """Whether a flight has the callsign and the country that are wanted, and was in the air."""
    first, below = _callsigns(wanted.callsign)
    if first is not None and below is not None:
        callsign = row["callsign"]
        if callsign is None or not first <= callsign < below:
            return False
    if wanted.country is not None:
        country = row["origin_country"]
        if country is None or country.lower() != wanted.country.lower():
            return False
    return wanted.include_ground or row["airborne"]


def _arguments(wanted: Wanted, rows: int, after: Cursor | None = None) -> Sequence[object]:
    return (
        wanted.icao24,
        *_callsigns(wanted.callsign),
        wanted.country,
        wanted.window.start,
        wanted.window.end,
        after.first_seen if after is not None else None,
        after.icao24 if after is not None else None,
        rows,
        *box_columns(wanted.places),
        wanted.include_ground,
    )


def _callsigns(pattern: str | None) -> tuple[str | None, str | None]:
    """Return from which callsign on and below which, in the order of bytes."""
    if pattern is None:
        return None, None
    first = pattern.upper().removesuffix("*")
    return first, first + (AFTER_ALL if pattern.endswith("*") else "\x01")


def to_flight(row: Row) -> Flight:
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
