"""The route that returns the density of a day's traffic."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from processor.history.area_restriction import visible_boxes
from processor.history.density import Density, read_density
from processor.http.access.admission import client_of
from processor.http.access.dependencies import HistoryPrincipal
from processor.http.history.parameters import DensityParameters
from processor.http.history.services import History
from processor.http.responses import describe_responses, respond, schema_of

router = APIRouter(prefix="/api/history", tags=["history"])


@router.get(
    "/density",
    response_class=Response,
    responses=describe_responses(
        "The minutes of aircraft in each cell, those with the most first.",
        schema_of(Density),
        statuses=(413, 422, 429, 503),
    ),
)
async def density(
    request: Request,
    principal: HistoryPrincipal,
    history: History,
    parameters: Annotated[DensityParameters, Query()],
) -> Response:
    """Return how many minutes of aircraft each cell of a grid has on a UTC day."""
    context = history.context
    async with context.connections.reading(client_of(request, principal)) as connection:
        found = await read_density(
            connection,
            context.statements,
            parameters.day,
            cell=parameters.cell,
            include_ground=parameters.include_ground,
            boxes=visible_boxes(None, principal.areas),
            max_rows=context.settings.max_rows,
        )
    return respond(found)
