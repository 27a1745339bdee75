"""SERVE: flights of the past and those in the air, by whatever is known of them."""

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from processor.access.gate import Gate
from processor.access.principal import HISTORY, Principal
from processor.bounding_box import BoundingBox
from processor.history.area_restriction import visible_boxes
from processor.history.context import HistoryContext
from processor.history.errors import InvalidRequestError
from processor.history.export.table import FLIGHTS
from processor.history.flights import FlightFilter, FlightsPage, read_all, read_page
from processor.history.window import EARLIEST, LATEST, Window
from processor.http.access.gate_middleware import client_of, require
from processor.http.answers import answer, describe_answers, schema_of
from processor.http.history.download import FILES
from processor.http.history.files import Files
from processor.http.history.parameters import FlightsQuestion

USUAL_WITH_AREAS = dt.timedelta(days=1)
"""For a principal with areas flights are made of its state vectors while it asks."""


def flights_routes(*, source: HistoryContext, files: Files, gate: Gate) -> APIRouter:
    """Make the route of the list."""
    router = APIRouter(prefix="/api/history", tags=["history"])

    @router.get(
        "/flights",
        response_class=Response,
        responses=describe_answers(
            "Flights, newest first; `next` is the cursor of the page that follows.",
            schema_of(FlightsPage),
            statuses=(400, 413, 422, 429, 503),
            files=FILES,
        ),
    )
    async def flights(
        request: Request,
        principal: Annotated[Principal, require(gate, HISTORY)],
        question: Annotated[FlightsQuestion, Query()],
    ) -> Response:
        """Answer the flights that overlap the window and meet all that is asked for."""
        client = client_of(request, principal)
        wanted = _wanted(source, question, principal.areas)
        if question.format != "json":
            _refuse_pages(question)
            pages = read_all(source.database, source.statements, wanted)
            return files.answer(client, question.format, FLIGHTS, pages, name="flights")
        async with source.connections.reading(client) as connection:
            page = await read_page(
                connection,
                source.statements,
                wanted,
                rows=question.limit or source.settings.page_rows,
                after=question.after,
            )
        return answer(page)

    return router


def _wanted(
    source: HistoryContext, question: FlightsQuestion, areas: tuple[BoundingBox, ...]
) -> FlightFilter:
    return FlightFilter(
        icao24=question.icao24,
        callsign=question.callsign,
        country=question.country,
        window=_window(source, question, has_areas=bool(areas)),
        boxes=visible_boxes(question.bbox, areas),
        include_ground=question.include_ground,
        areas=visible_boxes(None, areas),
    )


def _window(source: HistoryContext, question: FlightsQuestion, *, has_areas: bool) -> Window:
    if question.icao24 is None and has_areas:
        return source.window(question.start, question.end, usual=USUAL_WITH_AREAS)
    if question.icao24 is None and question.callsign is None:
        return source.window(question.start, question.end, usual=source.longest)
    # An index finds these among those of all years.
    window = Window(question.start or EARLIEST, question.end or LATEST)
    if window.start > window.end:
        raise InvalidRequestError("from", "it is later than to")
    return window


def _refuse_pages(question: FlightsQuestion) -> None:
    for name in ("limit", "after"):
        if getattr(question, name) is not None:
            raise InvalidRequestError(name, f"a file has all flights at once: leave {name} out")
