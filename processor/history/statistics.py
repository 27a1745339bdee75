"""Statistics: traffic by hour, country and altitude, and the busiest aircraft."""

import datetime as dt
from collections.abc import AsyncIterator, Collection, Sequence
from typing import Any, Literal, TypeVar

import msgspec

from processor.history.area_restriction import Boxes, box_columns
from processor.history.database import Connection, Record
from processor.history.errors import InvalidRequestError, TooLargeError
from processor.history.flights import FlightFilter, iterate
from processor.history.queries import HistoryStatements
from processor.history.window import Window

BAND_METRES = 1_000

Merit = Literal["flights", "hours", "state_vectors", "distance_km"]


class Hour(msgspec.Struct, frozen=True):
    """Traffic of an hour, which is named by its beginning (Unix seconds).

    Attributes:
        state_vectors: None for a principal with areas, as everywhere below: they are counted by the
            minute, wherever they are.
    """

    hour: int
    aircraft: int
    state_vectors: int | None


class Country(msgspec.Struct, frozen=True):
    """Traffic of a country.

    Attributes:
        aircraft_hours: The sum of the aircraft of each hour.
        max_aircraft: Those of its busiest hour.
    """

    origin_country: str | None
    aircraft_hours: int
    max_aircraft: int
    state_vectors: int | None


class Band(msgspec.Struct, frozen=True):
    """Traffic between two altitudes, or on the ground.

    Attributes:
        hour: Unix seconds; None for the whole window.
        low: Metres; None on the ground and where no altitude was received.
        high: The next band's low.
    """

    hour: int | None
    on_ground: bool
    low: int | None
    high: int | None
    aircraft: int
    state_vectors: int | None


class BusyAircraft(msgspec.Struct, frozen=True):
    """What an aircraft's flights add up to; inside the areas of a principal that has some.

    Attributes:
        state_vectors: None where minutes are all that is left, and there are areas.
        distance_km: None where there are areas.
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
    """Return the traffic of each hour that has any."""
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
    """Return the traffic of each country, that with most first."""
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
    """Return the traffic of each band of altitude, of the whole window or of each hour."""
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
    merit: Merit,
    areas: Boxes,
    rows: int,
) -> list[BusyAircraft]:
    """Return the aircraft with most of something, of flights that are over.

    With areas, of the flights inside them that began in the window.

    Raises:
        InvalidRequestError: That is not known where there are areas.
    """
    if areas is not None:
        if merit == "distance_km":
            raise InvalidRequestError(
                "by", "distances are not known to who has areas: take another"
            )
        wanted = FlightFilter(window=window, boxes=areas, areas=areas)
        busy = await _add_up(iterate(connection, statements, wanted), window)
        found = sorted(busy, key=lambda one: (-(getattr(one, merit) or 0), one.icao24))
        return [msgspec.structs.replace(one, hours=round(one.hours, 3)) for one in found[:rows]]
    records = await connection.fetch(statements.busiest, window.start, window.end, merit, rows)
    return [BusyAircraft(**_plain(row)) for row in records]


async def _add_up(flights: AsyncIterator[Record], window: Window) -> Collection[BusyAircraft]:
    """Return the aircraft of the flights that began in a window."""
    busy: dict[str, BusyAircraft] = {}
    async for flight in flights:
        if flight["first_seen"] >= window.start:
            busy[flight["icao24"]] = _with_flight(busy.get(flight["icao24"]), flight)
    return busy.values()


def _with_flight(known: BusyAircraft | None, flight: Record) -> BusyAircraft:
    """Add a flight, older than those that are known, to what an aircraft's flights add up to."""
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
        raise TooLargeError(f"the answer has more than {max_rows} rows: ask for a shorter time")
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
