"""The route that returns the tracks of several aircraft at once."""

import datetime as dt
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request, Response

from processor.access.slots import Client
from processor.history.area_restriction import Boxes, visible_boxes
from processor.history.context import HistoryContext
from processor.history.several_tracks import (
    SeveralTracks,
    SeveralTracksReader,
    make_several_tracks,
)
from processor.http.access.admission import client_of
from processor.http.access.dependencies import HistoryPrincipal
from processor.http.history.large_responses import Write
from processor.http.history.parameters import SeveralTracksParameters
from processor.http.history.services import History
from processor.http.responses import describe_responses, schema_of

router = APIRouter(prefix="/api/history", tags=["history"])


@router.get(
    "/tracks",
    response_class=Response,
    responses=describe_responses(
        "A track for each aircraft that has one; `without` lists the others.",
        schema_of(SeveralTracks),
        statuses=(400, 413, 422, 429, 503),
    ),
)
async def several_tracks(
    request: Request,
    principal: HistoryPrincipal,
    history: History,
    parameters: Annotated[SeveralTracksParameters, Query()],
) -> Response:
    """Return the tracks of several aircraft, of their flights or of some hours."""
    client, boxes = client_of(request, principal), visible_boxes(None, principal.areas)

    async def read() -> Write:
        return await _read(history.context, client, parameters, boxes)

    return history.responses.respond(request, client, read)


async def _read(
    context: HistoryContext, client: Client, parameters: SeveralTracksParameters, boxes: Boxes
) -> Write:
    icao24s = parameters.icao24s
    async with context.connections.reading(client) as connection:
        reader = SeveralTracksReader(
            connection, context.statements, max_rows=context.settings.max_rows, areas=boxes
        )
        if parameters.hours is None:
            found = await reader.read_flights(icao24s, parameters.time)
        else:
            usual = dt.timedelta(hours=parameters.hours)
            window = context.window(None, parameters.time, usual=usual)
            found = await reader.read_range(icao24s, window)
    return lambda: msgspec.json.encode(
        make_several_tracks(icao24s, found, max_points=parameters.max_points)
    )
