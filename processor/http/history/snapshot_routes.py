"""The route that returns all traffic at a time in the past."""

import datetime as dt
from collections.abc import Sequence

from fastapi import APIRouter, Request, Response

from processor.access.principal import Principal
from processor.history.area_restriction import visible_boxes
from processor.history.errors import InvalidRequestError
from processor.history.snapshot import read_traffic_at, write_snapshot
from processor.history.window import TIME_FORMATS, parse_moment
from processor.http.access.admission import client_of
from processor.http.access.dependencies import HistoryPrincipal
from processor.http.filter_parameters import describe_parameters
from processor.http.history.large_responses import Write
from processor.http.history.services import History
from processor.http.responses import describe_responses
from processor.http.stream.request import CONNECTION_PARAMETERS
from processor.stream.filter import FilterError
from processor.stream.query import StreamQuery, parse_query

FORMATS = ("object", "row", "geojson")
GEOJSON = "application/geo+json"

_SNAPSHOT = {
    "type": "object",
    "required": ["time"],
    "properties": {
        "time": {"type": "integer"},
        "states": {"type": "array", "items": {"type": ["object", "array"]}},
        "fields": {"type": "array", "items": {"type": "string"}},
        "features": {"type": "array", "items": {"type": "object"}},
    },
}

_TIME = {
    "name": "time",
    "in": "query",
    "required": True,
    "description": f"The time of the snapshot: {TIME_FORMATS}",
    "schema": {"type": "string"},
    "example": "1790000000",
}

router = APIRouter(prefix="/api/history", tags=["history"])


@router.get(
    "/at",
    openapi_extra={"parameters": [_TIME, *describe_parameters(FORMATS)["parameters"]]},
    response_class=Response,
    responses=describe_responses(
        "The data of a `snapshot`, as on the stream; `time` is the time of the snapshot.",
        _SNAPSHOT,
        statuses=(413, 422, 429, 503),
        media_types=(GEOJSON,),
    ),
)
async def traffic_at(request: Request, principal: HistoryPrincipal, history: History) -> Response:
    """Return the aircraft that passed the filter at a time, in the requested format."""
    time, query = _parse(request, principal)
    context, client = history.context, client_of(request, principal)

    async def read() -> Write:
        async with context.connections.reading(client) as connection:
            found = await read_traffic_at(
                connection,
                context.statements,
                time,
                expiry=context.expiry,
                max_rows=context.settings.max_rows,
                areas=visible_boxes(None, principal.areas),
            )
        icao24s = [row["icao24"] for row in found] if query.has_identity else ()
        identities = await history.identities.find(icao24s)
        return lambda: write_snapshot(query, found, time, identities)

    media_type = GEOJSON if query.output_format.format == "geojson" else "application/json"
    return history.responses.respond(request, client, read, media_type)


def _parse(request: Request, principal: Principal) -> tuple[dt.datetime, StreamQuery]:
    pairs = request.query_params.multi_items()
    time = _parse_time([value for name, value in pairs if name == "time"])
    query = parse_query(
        [(name, value) for name, value in pairs if name not in {"time", *CONNECTION_PARAMETERS}],
        principal.areas,
    )
    if query.output_format.format not in FORMATS:
        raise FilterError(
            "format", f"{query.output_format.format} is of the stream alone: take row"
        )
    return time, query


def _parse_time(values: Sequence[str]) -> dt.datetime:
    if len(values) != 1:
        raise InvalidRequestError("time", f"one is needed: {TIME_FORMATS}")
    try:
        return parse_moment(values[0])
    except ValueError as error:
        raise InvalidRequestError("time", str(error)) from None
