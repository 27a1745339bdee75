"""SERVE: traffic by hour, country and altitude, and the busiest aircraft."""

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request, Response

from processor.access.gate import Gate
from processor.access.principal import HISTORY, Principal
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
from processor.http.access.gate_middleware import client_of, require
from processor.http.answers import answer, describe_answers, schema_of
from processor.http.history.parameters import (
    AltitudesQuestion,
    BusiestQuestion,
    HourlyQuestion,
    SpanQuestion,
)

USUAL = dt.timedelta(days=1)


class Hours(msgspec.Struct, frozen=True):
    """Traffic by hour; those without any are left out."""

    hours: list[Hour]


class Countries(msgspec.Struct, frozen=True):
    """Traffic by country, most first."""

    countries: list[Country]


class Altitudes(msgspec.Struct, frozen=True):
    """Traffic by altitude, from the ground up."""

    bands: list[Band]


class Busiest(msgspec.Struct, frozen=True):
    """Aircraft, the busiest first."""

    aircraft: list[BusyAircraft]


def statistics_routes(*, source: HistoryContext, gate: Gate) -> APIRouter:
    """Make the routes of what many state vectors add up to."""
    router = APIRouter(prefix="/api/statistics", tags=["statistics"])
    _add_counts(router, source, require(gate, HISTORY))
    _add_comparisons(router, source, require(gate, HISTORY))
    return router


def _add_counts(router: APIRouter, source: HistoryContext, admitted: Any) -> None:  # noqa: ANN401 - of `require`
    """Add what is counted by hour and by country."""

    @router.get("/hourly", **_described("Aircraft and state vectors of each hour.", Hours))
    async def hourly(
        request: Request,
        principal: Annotated[Principal, admitted],
        question: Annotated[HourlyQuestion, Query()],
    ) -> Response:
        """Answer the traffic of each hour, which is counted from its beginning."""
        async with _reading(source, request, principal, question) as (connection, window, places):
            hours = await read_hours(
                connection,
                source.statements,
                window,
                country=question.country,
                boxes=places,
                max_rows=source.settings.max_rows,
            )
        return answer(Hours(hours))

    @router.get("/countries", **_described("Aircraft and state vectors by country.", Countries))
    async def countries(
        request: Request,
        principal: Annotated[Principal, admitted],
        question: Annotated[SpanQuestion, Query()],
    ) -> Response:
        """Answer the traffic of each country of registration."""
        async with _reading(source, request, principal, question) as (connection, window, places):
            found = await read_countries(
                connection,
                source.statements,
                window,
                boxes=places,
                max_rows=source.settings.max_rows,
            )
        return answer(Countries(found))


def _add_comparisons(router: APIRouter, source: HistoryContext, admitted: Any) -> None:  # noqa: ANN401 - of `require`
    """Add what is counted by altitude and by aircraft."""

    @router.get("/altitudes", **_described("Aircraft in bands of 1,000 m.", Altitudes))
    async def altitudes(
        request: Request,
        principal: Annotated[Principal, admitted],
        question: Annotated[AltitudesQuestion, Query()],
    ) -> Response:
        """Answer the traffic between altitudes; who climbs is in several bands."""
        async with _reading(source, request, principal, question) as (connection, window, places):
            bands = await read_altitudes(
                connection,
                source.statements,
                window,
                is_by_hour=question.hourly,
                boxes=places,
                max_rows=source.settings.max_rows,
            )
        return answer(Altitudes(bands))

    @router.get("/busiest", **_described("The busiest aircraft.", Busiest))
    async def busiest(
        request: Request,
        principal: Annotated[Principal, admitted],
        question: Annotated[BusiestQuestion, Query()],
    ) -> Response:
        """Answer the aircraft with most of something, of flights that began then and are over."""
        async with _reading(source, request, principal, question) as (connection, window, places):
            found = await read_busiest(
                connection,
                source.statements,
                window,
                measure=question.by,
                areas=places,
                rows=question.limit,
            )
        return answer(Busiest(found))


@asynccontextmanager
async def _reading(
    source: HistoryContext, request: Request, principal: Principal, question: SpanQuestion
) -> AsyncIterator[tuple[Connection, Window, Boxes]]:
    """Give a connection, the window asked for, and the places that the principal may see."""
    window = _window(source, question)
    async with source.connections.reading(client_of(request, principal)) as connection:
        yield connection, window, visible_boxes(None, principal.areas)


def _window(source: HistoryContext, question: SpanQuestion) -> Window:
    return source.window(question.start, question.end, usual=USUAL)


def _described(text: str, type_: type) -> dict[str, Any]:
    return {
        "response_class": Response,
        "responses": describe_answers(text, schema_of(type_), statuses=(400, 413, 422, 429, 503)),
    }
