"""Read statistics: traffic by hour, country and altitude, and the busiest aircraft."""

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Literal, TypeVar

import msgspec

from processor.history.area_flights import FlightRow, read_area_flights
from processor.history.area_restriction import Boxes, box_columns
from processor.history.database import Connection, Record
from processor.history.errors import InvalidRequestError, TooLargeError
from processor.history.queries import HistoryStatements
from processor.history.window import Window

BAND_METRES = 1_000
"""The height of an altitude band, as in the statement `altitudes`."""

Measure = Literal["flights", "hours", "state_vectors", "distance_km"]


class Hour(msgspec.Struct, frozen=True):
    """The traffic of an hour.

    Attributes:
        hour: The beginning of the hour (Unix seconds).
        aircraft: The number of aircraft received.
        state_vectors: The number of state vectors received. None for a restricted principal, here
            and below: a minute's count includes those outside its areas.
    """

    hour: int
    aircraft: int
    state_vectors: int | None


class Country(msgspec.Struct, frozen=True):
    """The traffic of a country.

    Attributes:
        origin_country: None for aircraft whose country is not known.
        aircraft_hours: The numbers of aircraft of all hours, added up.
        max_aircraft: The number of aircraft of the busiest hour.
    """

    origin_country: str | None
    aircraft_hours: int
    max_aircraft: int
    state_vectors: int | None


class Band(msgspec.Struct, frozen=True):
    """The traffic of an altitude band, or on the ground.

    Attributes:
        hour: The beginning of the hour (Unix seconds); None for the whole time range.
        low: The lower edge in metres; None on the ground, and if no altitude was received.
        high: The upper edge in metres, which belongs to the next band.
    """

    hour: int | None
    on_ground: bool
    low: int | None
    high: int | None
    aircraft: int
    state_vectors: int | None


class BusyAircraft(msgspec.Struct, frozen=True):
    """The totals of an aircraft's flights; for a restricted principal, of what lies in its areas.

    Attributes:
        hours: The time in the air and on the ground, from the first to the last state vector.
        state_vectors: None for a restricted principal if only the rows by minute are still stored.
        distance_km: None for a restricted principal.
    """

    icao24: str
    origin_country: str | None
    flights: int
    hours: float
    state_vectors: int | None
    distance_km: float | None


Statistic = TypeVar("Statistic", Hour, Country, Band, BusyAircraft)


async def read_hours(
    connection: Connection,
    statements: HistoryStatements,
    window: Window,
    *,
    country: str | None,
    boxes: Boxes,
    max_rows: int,
) -> list[Hour]:
    """Return the traffic of each hour that has any, oldest first."""
    arguments = (*_hours(window), country, max_rows + 1)
    if boxes is None:
        rows = await connection.fetch(statements.hours, *arguments)
    else:
        rows = await connection.fetch(statements.hours_within, *arguments, *box_columns(boxes))
    return [Hour(**_plain(row)) for row in _bounded(rows, max_rows)]


async def read_countries(
    connection: Connection,
    statements: HistoryStatements,
    window: Window,
    *,
    boxes: Boxes,
    max_rows: int,
) -> list[Country]:
    """Return the traffic of each country, the busiest first."""
    arguments = (*_hours(window), max_rows + 1)
    if boxes is None:
        rows = await connection.fetch(statements.countries, *arguments)
    else:
        rows = await connection.fetch(statements.countries_within, *arguments, *box_columns(boxes))
    return [Country(**_plain(row)) for row in _bounded(rows, max_rows)]


async def read_altitudes(
    connection: Connection,
    statements: HistoryStatements,
    window: Window,
    *,
    is_by_hour: bool,
    boxes: Boxes,
    max_rows: int,
) -> list[Band]:
    """Return the traffic of each altitude band, of the whole time range or of each hour."""
    rows = await connection.fetch(
        statements.altitudes,
        *(window.start, window.end, is_by_hour, max_rows + 1),
        *box_columns(boxes),
    )
    return [_band(row) for row in _bounded(rows, max_rows)]


async def read_busiest(
    connection: Connection,
    statements: HistoryStatements,
    window: Window,
    *,
    measure: Measure,
    areas: Boxes,
    rows: int,
) -> list[BusyAircraft]:
    """Return the aircraft with the largest totals, of flights that began in a time range.

    Flights that are not over do not count, except for a restricted principal.

    Args:
        connection: A connection to the history.
        statements: Its SQL statements.
        window: The time range.
        measure: What is compared.
        areas: The areas of the principal.
        rows: The number of aircraft to return.

    Raises:
        InvalidRequestError: The measure is not available to a restricted principal.
    """
    if areas is not None:
        if measure == "distance_km":
            raise InvalidRequestError(
                "by", "distance_km is not available to keys with areas; choose another measure"
            )
        flights = await read_area_flights(
            connection, statements, icao24=None, window=window, boxes=areas, areas=areas
        )
        busy = _add_up((flight for flight in flights if flight["airborne"]), window)
        found = sorted(busy, key=lambda one: (-(getattr(one, measure) or 0), one.icao24))
        return [msgspec.structs.replace(one, hours=round(one.hours, 3)) for one in found[:rows]]
    records = await connection.fetch(statements.busiest, window.start, window.end, measure, rows)
    return [BusyAircraft(**_plain(row)) for row in records]


def _add_up(flights: Iterable[FlightRow], window: Window) -> Collection[BusyAircraft]:
    """Return the totals of each aircraft, of its flights that began in the time range."""
    busy: dict[str, BusyAircraft] = {}
    for flight in flights:
        if flight["first_seen"] >= window.start:
            busy[flight["icao24"]] = _with_flight(busy.get(flight["icao24"]), flight)
    return busy.values()


def _with_flight(known: BusyAircraft | None, flight: FlightRow) -> BusyAircraft:
    """Add a flight to the totals of its aircraft; it must be older than those already added."""
    hours = (flight["last_seen"] - flight["first_seen"]) / dt.timedelta(hours=1)
    count = flight["state_vectors"]
    if known is None:
        return BusyAircraft(flight["icao24"], flight["origin_country"], 1, hours, count, None)
    total = known.state_vectors
    return msgspec.structs.replace(
        known,
        flights=known.flights + 1,
        hours=known.hours + hours,
        state_vectors=None if total is None or count is None else total + count,
    )


def _hours(window: Window) -> tuple[dt.datetime, dt.datetime]:
    return window.start.replace(minute=0, second=0, microsecond=0), window.end


def _bounded(rows: Sequence[Record], max_rows: int) -> Sequence[Record]:
    if len(rows) > max_rows:
        raise TooLargeError(f"the answer has more than {max_rows} rows: choose a shorter range")
    return rows


def _plain(row: Record) -> dict[str, Any]:
    return {name: _plain_value(value) for name, value in row.items()}


def _plain_value(value: object) -> object:
    if isinstance(value, dt.datetime):
        return int(value.timestamp())
    return round(value, 3) if isinstance(value, float) else value


def _band(row: Record) -> Band:
    low = row["low"]
    return Band(**_plain(row), high=None if low is None else low + BAND_METRES)
