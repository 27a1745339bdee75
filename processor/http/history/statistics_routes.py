"""Routes of traffic by hour, country and altitude, and of the busiest aircraft."""

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request, Response

from processor.access.principal import Principal
from processor.history.area_restriction import Boxes, visible_boxes
from processor.history.context import HistoryContext
from processor.history.database import Connection
from processor.history.statistics import (
    Band,
    BusyAircraft,
    Country,
    Hour,
    read_altitudes,
    read_busiest,
    read_countries,
    read_hours,
)
from processor.history.window import Window
from processor.http.access.admission import client_of
from processor.http.access.dependencies import HistoryPrincipal
from processor.http.history.parameters import (
    AltitudesParameters,
    BusiestParameters,
    HourlyParameters,
    TimeRangeParameters,
)
from processor.http.history.services import History
from processor.http.responses import describe_responses, respond, schema_of

DEFAULT_RANGE = dt.timedelta(days=1)

router = APIRouter(prefix="/api/statistics", tags=["statistics"])


class Hours(msgspec.Struct, frozen=True):
    """Traffic by hour; hours without traffic are left out."""

    hours: list[Hour]


class Countries(msgspec.Struct, frozen=True):
    """Traffic by country, most traffic first."""

    countries: list[Country]


class Altitudes(msgspec.Struct, frozen=True):
    """Traffic by altitude, from the ground up."""

    bands: list[Band]


class Busiest(msgspec.Struct, frozen=True):
    """Aircraft, the busiest first."""

    aircraft: list[BusyAircraft]


def _described(text: str, type_: type) -> dict[str, Any]:
    statuses = (400, 413, 422, 429, 503)
    return {
        "response_class": Response,
        "responses": describe_responses(text, schema_of(type_), statuses=statuses),
    }


@router.get("/hourly", **_described("Aircraft and state vectors of each hour.", Hours))
async def hourly(
    request: Request,
    principal: HistoryPrincipal,
    history: History,
    parameters: Annotated[HourlyParameters, Query()],
) -> Response:
    """Return the traffic of each hour; an hour is named by its beginning."""
    context = history.context
    async with _reading(context, request, principal, parameters) as (connection, window, boxes):
        hours = await read_hours(
            connection,
            context.statements,
            window,
            country=parameters.country,
            boxes=boxes,
            max_rows=context.settings.max_rows,
        )
    return respond(Hours(hours))


@router.get("/countries", **_described("Aircraft and state vectors by country.", Countries))
async def countries(
    request: Request,
    principal: HistoryPrincipal,
    history: History,
    parameters: Annotated[TimeRangeParameters, Query()],
) -> Response:
    """Return the traffic of each country of registration."""
    context = history.context
    async with _reading(context, request, principal, parameters) as (connection, window, boxes):
        found = await read_countries(
            connection,
            context.statements,
            window,
            boxes=boxes,
            max_rows=context.settings.max_rows,
        )
    return respond(Countries(found))


@router.get("/altitudes", **_described("Aircraft in bands of 1,000 m.", Altitudes))
async def altitudes(
    request: Request,
    principal: HistoryPrincipal,
    history: History,
    parameters: Annotated[AltitudesParameters, Query()],
) -> Response:
    """Return the traffic in bands of altitude; an aircraft that climbs is in several bands."""
    context = history.context
    async with _reading(context, request, principal, parameters) as (connection, window, boxes):
        bands = await read_altitudes(
            connection,
            context.statements,
            window,
            is_by_hour=parameters.hourly,
            boxes=boxes,
            max_rows=context.settings.max_rows,
        )
    return respond(Altitudes(bands))


@router.get("/busiest", **_described("The busiest aircraft.", Busiest))
async def busiest(
    request: Request,
    principal: HistoryPrincipal,
    history: History,
    parameters: Annotated[BusiestParameters, Query()],
) -> Response:
    """Return the busiest aircraft by their completed flights that began in the time range."""
    context = history.context
    async with _reading(context, request, principal, parameters) as (connection, window, boxes):
        found = await read_busiest(
            connection,
            context.statements,
            window,
            measure=parameters.by,
            areas=boxes,
            rows=parameters.limit,
        )
    return respond(Busiest(found))


@asynccontextmanager
async def _reading(
    context: HistoryContext, request: Request, principal: Principal, parameters: TimeRangeParameters
) -> AsyncIterator[tuple[Connection, Window, Boxes]]:
    """Yield a connection, the requested time range, and the areas that the principal may read."""
    window = context.window(parameters.start, parameters.end, usual=DEFAULT_RANGE)
    async with context.connections.reading(client_of(request, principal)) as connection:
        yield connection, window, visible_boxes(None, principal.areas)
