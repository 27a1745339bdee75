"""Read the arrivals and departures of airports, and count them."""

import asyncio
import datetime as dt
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from processor.history.database import Connection
from processor.history.errors import InvalidRequestError, NotFoundError, TooLargeError
from processor.history.flights import Flight, to_flight
from processor.history.window import Window
from processor.named_sql import load_statements
from processor.reference.airports import load_airports

NO_AIRPORTS_WITH_AREAS = "the airports of flights are not available to keys with areas"
"""An airport is derived from all positions of a flight, those outside of the areas included."""

Period = Literal["hour", "day"]


class AirportStatements(NamedTuple):
    """The SQL statements of airports.sql."""

    arrivals: str
    departures: str
    movements: str
    busiest: str


class Airport(msgspec.Struct, frozen=True):
    """An airport.

    Attributes:
        icao: The code that flights have.
        iata: None for an airport without scheduled flights.
        city: The place that it serves.
        country: Two letters (ISO 3166-1).
        latitude: Degrees, as the longitude.
        altitude: Metres above sea level.
    """

    icao: str
    iata: str | None
    name: str
    city: str
    country: str
    latitude: float
    longitude: float
    altitude: float


class Board(msgspec.Struct, frozen=True):
    """What happened at an airport, newest first.

    Attributes:
        arrivals: Flights that landed there.
        departures: Flights that took off there, those in the air included.
    """

    airport: Airport
    arrivals: list[Flight]
    departures: list[Flight]


class Movements(msgspec.Struct, frozen=True):
    """The traffic of an airport in an hour or a day.

    Attributes:
        start: Its beginning (Unix seconds).
    """

    start: int
    takeoffs: int
    landings: int


class BusyAirport(msgspec.Struct, frozen=True):
    """The traffic of an airport, by the ICAO code."""

    airport: str
    takeoffs: int
    landings: int


@cache
def _statements() -> AirportStatements:
    return load_statements(Path(__file__).with_name("airports.sql"), AirportStatements)


async def prepare_airports(*, for_search: bool = False) -> None:
    """Read the table of airports in a thread, unless it is there already.

    The first reading takes so long that it would delay the stream of this process.

    Args:
        for_search: Whether to make what a search needs, too.
    """

    def prepare() -> None:
        airports = load_airports()
        if for_search:
            _ = airports.texts

    await asyncio.to_thread(prepare)


def search_airports(text: str, limit: int) -> list[Airport]:
    """Return airports by code, name or city, the best match first."""
    return [Airport(*found) for found in load_airports().search(text, limit)]


def read_airport(code: str) -> Airport:
    """Return the airport with an ICAO or IATA code.

    Raises:
        NotFoundError: There is none.
    """
    airport = load_airports().find(code)
    if airport is None:
        raise NotFoundError(f"{code} is the code of no airport; search with /api/airports?q=")
    return Airport(*airport)


def icao_code(parameter: str, code: str) -> str:
    """Return the ICAO code of the airport with an ICAO or IATA code.

    Raises:
        InvalidRequestError: There is none; it names the parameter.
    """
    airport = load_airports().find(code)
    if airport is None:
        raise InvalidRequestError(
            parameter, f"{code} is the code of no airport; search with /api/airports?q="
        )
    return airport.icao


async def read_board(
    connection: Connection, airport: Airport, window: Window, *, limit: int
) -> Board:
    """Return the arrivals and the departures in a time range, at most so many of each."""
    arguments = (airport.icao, window.start, window.end, limit)
    arrivals = await connection.fetch(_statements().arrivals, *arguments)
    departures = await connection.fetch(_statements().departures, *arguments)
    return Board(airport, list(map(to_flight, arrivals)), list(map(to_flight, departures)))


async def read_movements(
    connection: Connection, icao: str, window: Window, *, by: Period, max_rows: int
) -> list[Movements]:
    """Return the take-offs and landings of each hour or day that has any, oldest first.

    Raises:
        TooLargeError: There are more rows than one answer may have.
    """
    start = window.start.replace(minute=0, second=0, microsecond=0)
    if by == "day":
        start = start.replace(hour=0)
    rows = await connection.fetch(
        _statements().movements, icao, start, window.end, by, max_rows + 1
    )
    if len(rows) > max_rows:
        raise TooLargeError(f"the answer has more than {max_rows} rows: choose a shorter range")
    return [Movements(_unix(row["start"]), row["takeoffs"], row["landings"]) for row in rows]


async def read_busiest_airports(
    connection: Connection, window: Window, *, rows: int
) -> list[BusyAirport]:
    """Return the airports with the most movements of flights that began in a time range."""
    found = await connection.fetch(_statements().busiest, window.start, window.end, rows)
    return [BusyAirport(*row) for row in found]


def _unix(moment: dt.datetime) -> int:
    return int(moment.timestamp())
