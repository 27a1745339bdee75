"""The route that searches flights, past and current."""

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from processor.bounding_box import BoundingBox
from processor.history.airports import NO_AIRPORTS_WITH_AREAS, icao_code, prepare_airports
from processor.history.area_restriction import visible_boxes
from processor.history.context import HistoryContext
from processor.history.errors import InvalidRequestError
from processor.history.export.table import FLIGHTS
from processor.history.flights import FlightFilter, FlightsPage, read_all, read_page
from processor.history.window import EARLIEST, LATEST, Window
from processor.http.access.admission import client_of
from processor.http.access.dependencies import HistoryPrincipal
from processor.http.history.download import FILE_RESPONSES
from processor.http.history.parameters import FlightsParameters
from processor.http.history.services import History
from processor.http.responses import describe_responses, respond, schema_of

DEFAULT_RANGE_OF_RESTRICTED = dt.timedelta(days=1)
"""The time range for a principal that is restricted to areas, unless it names an aircraft: its
flights are segmented while it waits."""

AIRPORT_FILTERS = ("takeoff_airport", "landing_airport", "airport")

router = APIRouter(prefix="/api/history", tags=["history"])


@router.get(
    "/flights",
    response_class=Response,
    responses=describe_responses(
        "Flights, newest first; `next` is the cursor of the page that follows.",
        schema_of(FlightsPage),
        statuses=(400, 413, 422, 429, 503),
        files=FILE_RESPONSES,
    ),
)
async def flights(
    request: Request,
    principal: HistoryPrincipal,
    history: History,
    parameters: Annotated[FlightsParameters, Query()],
) -> Response:
    """Return the flights that overlap the time range and meet every condition."""
    context = history.context
    client = client_of(request, principal)
    if any(getattr(parameters, name) is not None for name in AIRPORT_FILTERS):
        await prepare_airports()
    flight_filter = _flight_filter(context, parameters, principal.areas)
    if parameters.format != "json":
        _refuse_pages(parameters)
        pages = read_all(context.database, context.statements, flight_filter)
        return history.files.respond(client, parameters.format, FLIGHTS, pages, name="flights")
    async with context.connections.reading(client) as connection:
        page = await read_page(
            connection,
            context.statements,
            flight_filter,
            rows=parameters.limit or context.settings.page_rows,
            after=parameters.after,
        )
    return respond(page)


def _flight_filter(
    context: HistoryContext, parameters: FlightsParameters, areas: tuple[BoundingBox, ...]
) -> FlightFilter:
    return FlightFilter(
        icao24=parameters.icao24,
        callsign=parameters.callsign,
        country=parameters.country,
        window=_window(context, parameters, has_areas=bool(areas)),
        boxes=visible_boxes(parameters.bbox, areas),
        include_ground=parameters.include_ground,
        areas=visible_boxes(None, areas),
        **_airports(parameters, has_areas=bool(areas)),
    )


def _airports(parameters: FlightsParameters, *, has_areas: bool) -> dict[str, str]:
    """Return the ICAO codes of the airports of the filter, by the names of their parameters."""
    given = {name: getattr(parameters, name) for name in AIRPORT_FILTERS}
    codes = {name: code for name, code in given.items() if code is not None}
    for name in codes if has_areas else ():
        raise InvalidRequestError(name, NO_AIRPORTS_WITH_AREAS)
    return {name: icao_code(name, code) for name, code in codes.items()}


def _window(context: HistoryContext, parameters: FlightsParameters, *, has_areas: bool) -> Window:
    if parameters.icao24 is None and has_areas:
        return context.window(parameters.start, parameters.end, usual=DEFAULT_RANGE_OF_RESTRICTED)
    if parameters.icao24 is None and parameters.callsign is None:
        return context.window(parameters.start, parameters.end, usual=context.longest)
    # An index finds the flights of one aircraft or callsign among those of all years.
    window = Window(parameters.start or EARLIEST, parameters.end or LATEST)
    if window.start > window.end:
        raise InvalidRequestError("from", "it is later than to")
    return window


def _refuse_pages(parameters: FlightsParameters) -> None:
    for name in ("limit", "after"):
        if getattr(parameters, name) is not None:
            raise InvalidRequestError(name, f"a file has all flights at once: leave {name} out")
