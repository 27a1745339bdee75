"""Routes of airports: search, one airport, its board, and statistics of movements."""

import datetime as dt
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request, Response

from processor.access.principal import Principal
from processor.history.airports import (
    NO_AIRPORTS_WITH_AREAS,
    Airport,
    Board,
    BusyAirport,
    Movements,
    prepare_airports,
    read_airport,
    read_board,
    read_busiest_airports,
    read_movements,
    search_airports,
)
from processor.history.errors import InvalidRequestError
from processor.http.access.admission import client_of
from processor.http.access.dependencies import HistoryPrincipal
from processor.http.history import parameters as given
from processor.http.history.services import History
from processor.http.responses import describe_responses, respond, schema_of

DEFAULT_RANGE = dt.timedelta(days=1)

router = APIRouter()


class Airports(msgspec.Struct, frozen=True):
    """Airports, the best match first."""

    airports: list[Airport]


class AirportMovements(msgspec.Struct, frozen=True):
    """The movements of an airport; hours or days without any are left out."""

    airport: Airport
    movements: list[Movements]


class BusiestAirports(msgspec.Struct, frozen=True):
    """Airports, the busiest first."""

    airports: list[BusyAirport]


def _described(text: str, type_: type, *statuses: int) -> dict[str, Any]:
    return {
        "response_class": Response,
        "responses": describe_responses(text, schema_of(type_), statuses=(422, 429, *statuses)),
    }


@router.get("/api/airports", tags=["airports"], **_described("Airports.", Airports))
async def airports(
    _principal: HistoryPrincipal, parameters: Annotated[given.AirportsParameters, Query()]
) -> Response:
    """Search airports by code, name or city; codes come first, then what begins with the text."""
    await prepare_airports(for_search=True)
    return respond(Airports(search_airports(parameters.q, parameters.limit)))


@router.get("/api/airports/{code}", tags=["airports"], **_described("It.", Airport, 404))
async def airport(_principal: HistoryPrincipal, code: given.Airport) -> Response:
    """Return an airport."""
    await prepare_airports()
    return respond(read_airport(code))


@router.get(
    "/api/airports/{code}/board",
    tags=["airports"],
    **_described("Its arrivals and departures, newest first.", Board, 400, 404, 413, 503),
)
async def board(
    request: Request,
    principal: HistoryPrincipal,
    history: History,
    code: given.Airport,
    parameters: Annotated[given.BoardParameters, Query()],
) -> Response:
    """Return the flights that landed or took off at an airport in the last hours."""
    _refuse_areas(principal)
    await prepare_airports()
    context, found = history.context, read_airport(code)
    window = context.window(None, None, usual=dt.timedelta(hours=parameters.hours))
    async with context.connections.reading(client_of(request, principal)) as connection:
        return respond(await read_board(connection, found, window, limit=parameters.limit))


@router.get(
    "/api/statistics/airports",
    tags=["statistics"],
    **_described("The busiest airports.", BusiestAirports, 400, 413, 503),
)
async def busiest_airports(
    request: Request,
    principal: HistoryPrincipal,
    history: History,
    parameters: Annotated[given.BusiestAirportsParameters, Query()],
) -> Response:
    """Return the airports with the most take-offs and landings of flights in the time range."""
    _refuse_areas(principal)
    context = history.context
    window = context.window(parameters.start, parameters.end, usual=DEFAULT_RANGE)
    async with context.connections.reading(client_of(request, principal)) as connection:
        found = await read_busiest_airports(connection, window, rows=parameters.limit)
    return respond(BusiestAirports(found))


@router.get(
    "/api/statistics/airports/{code}",
    tags=["statistics"],
    **_described("Its take-offs and landings.", AirportMovements, 400, 404, 413, 503),
)
async def movements(
    request: Request,
    principal: HistoryPrincipal,
    history: History,
    code: given.Airport,
    parameters: Annotated[given.MovementsParameters, Query()],
) -> Response:
    """Return the take-offs and landings at an airport in each hour or day of the time range."""
    _refuse_areas(principal)
    await prepare_airports()
    context, found = history.context, read_airport(code)
    window = context.window(parameters.start, parameters.end, usual=DEFAULT_RANGE)
    async with context.connections.reading(client_of(request, principal)) as connection:
        counted = await read_movements(
            connection,
            found.icao,
            window,
            by=parameters.by,
            max_rows=context.settings.max_rows,
        )
    return respond(AirportMovements(found, counted))


def _refuse_areas(principal: Principal) -> None:
    if principal.areas:
        raise InvalidRequestError("code", NO_AIRPORTS_WITH_AREAS)
