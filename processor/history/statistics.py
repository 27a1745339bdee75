"""Statistics: traffic by hour, country and altitude, and the busiest aircraft."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, Literal, TypeVar

import msgspec

from processor.history.database import Connection, Record
from processor.history.errors import TooMuchError
from processor.history.places import Places, box_columns
from processor.history.queries import Queries
from processor.history.window import Window

BAND_METRES = 1_000

Merit = Literal["flights", "hours", "state_vectors", "distance_km"]


class Hour(msgspec.Struct, frozen=True):
    """Traffic of an hour, which is named by its beginning (Unix seconds)."""

    hour: int
    aircraft: int
    state_vectors: int


class Country(msgspec.Struct, frozen=True):
    """Traffic of a country.

    Attributes:
        aircraft_hours: The sum of the aircraft of each hour.
        max_aircraft: Those of its busiest hour.
    """

    origin_country: str | None
    aircraft_hours: int
    max_aircraft: int
    state_vectors: int


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
    state_vectors: int


class BusyAircraft(msgspec.Struct, frozen=True):
    """What an aircraft's flights add up to."""

    icao24: str
    origin_country: str | None
    flights: int
    hours: float
    state_vectors: int
    distance_km: float


Statistic = TypeVar("Statistic", Hour, Country, Band, BusyAircraft)


async def read_hours(
    connection: Connection,
    queries: Queries,
    window: Window,
    *,
    country: str | None,
    places: Places,
    max_rows: int,
) -> list[Hour]:
    """Return the traffic of each hour that has any."""
    arguments = (*_hours(window), country, max_rows + 1)
    if places is None:
        rows = await connection.fetch(queries.hours, *arguments)
    else:
        rows = await connection.fetch(queries.hours_within, *arguments, *box_columns(places))
    return [Hour(**_plain(row)) for row in _bounded(rows, max_rows)]


async def read_countries(
    connection: Connection, queries: Queries, window: Window, *, places: Places, max_rows: int
) -> list[Country]:
    """Return the traffic of each country, that with most first."""
    arguments = (*_hours(window), max_rows + 1)
    if places is None:
        rows = await connection.fetch(queries.countries, *arguments)
    else:
        rows = await connection.fetch(queries.countries_within, *arguments, *box_columns(places))
    return [Country(**_plain(row)) for row in _bounded(rows, max_rows)]


async def read_altitudes(
    connection: Connection,
    queries: Queries,
    window: Window,
    *,
    is_by_hour: bool,
    places: Places,
    max_rows: int,
) -> list[Band]:
    """Return the traffic of each band of altitude, of the whole window or of each hour."""
    rows = await connection.fetch(
        queries.altitudes,
        *(window.start, window.end, is_by_hour, max_rows + 1),
        *box_columns(places),
    )
    return [_band(row) for row in _bounded(rows, max_rows)]


async def read_busiest(
    connection: Connection,
    queries: Queries,
    window: Window,
    *,
    merit: Merit,
    places: Places,
    rows: int,
) -> list[BusyAircraft]:
    """Return the aircraft with most of something, of flights that are over."""
    found = await connection.fetch(
        queries.busiest, window.start, window.end, merit, rows, *box_columns(places)
    )
    return [BusyAircraft(**_plain(row)) for row in found]


def _hours(window: Window) -> tuple[dt.datetime, dt.datetime]:
    return window.start.replace(minute=0, second=0, microsecond=0), window.end


def _bounded(rows: Sequence[Record], max_rows: int) -> Sequence[Record]:
    if len(rows) > max_rows:
        raise TooMuchError(f"the answer has more than {max_rows} rows: ask for a shorter time")
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
