"""The route that returns the density of traffic on a day or in a time range."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request, Response

from processor.history.area_restriction import visible_boxes
from processor.history.context import HistoryContext
from processor.history.density import LONGEST, Density, read_density, window_of_day
from processor.history.errors import InvalidRequestError
from processor.history.window import EARLIEST, LATEST, Window, choose_window
from processor.http.access.admission import client_of
from processor.http.access.dependencies import HistoryPrincipal
from processor.http.history.large_responses import Write
from processor.http.history.parameters import DensityParameters
from processor.http.history.services import History
from processor.http.responses import describe_responses, schema_of

router = APIRouter(prefix="/api/history", tags=["history"])


@router.get(
    "/density",
    response_class=Response,
    responses=describe_responses(
        "The minutes of aircraft in each cell, those with the most first.",
        schema_of(Density),
        statuses=(400, 413, 422, 429, 503),
    ),
)
async def density(
    request: Request,
    principal: HistoryPrincipal,
    history: History,
    parameters: Annotated[DensityParameters, Query()],
) -> Response:
    """Return how many minutes of aircraft each cell of a grid has on a day or in a time range."""
    context, client = history.context, client_of(request, principal)
    window = _window(context, parameters)

    async def read() -> Write:
        async with context.connections.reading(client) as connection:
            found = await read_density(
                connection,
                context.statements,
                window,
                cell=parameters.cell,
                include_ground=parameters.include_ground,
                boxes=visible_boxes(None, principal.areas),
                max_rows=context.settings.max_rows,
            )
        return lambda: msgspec.json.encode(found)

    return history.responses.respond(request, client, read)


def _window(context: HistoryContext, parameters: DensityParameters) -> Window:
    start, end = parameters.start, parameters.end
    if parameters.day is None:
        return choose_window(start, end, now=context.clock(), usual=LONGEST, longest=LONGEST)
    if start is not None or end is not None:
        raise InvalidRequestError("day", "either day or from and to can be given, not both")
    window = window_of_day(parameters.day)
    if not EARLIEST <= window.start < LATEST:
        raise InvalidRequestError("day", f"{parameters.day} is not between the years 2000 and 2100")
    return window
