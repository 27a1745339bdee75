"""SERVE: all traffic at a moment of the past."""

import datetime as dt
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Request, Response

from processor.access.gate import Gate
from processor.access.principal import HISTORY, Principal
from processor.history.area_restriction import visible_boxes
from processor.history.context import HistoryContext
from processor.history.errors import InvalidRequestError
from processor.history.snapshot import read_traffic_at, write_snapshot
from processor.history.window import TIME_FORMATS, parse_moment
from processor.http.access.gate_middleware import client_of, require
from processor.http.answers import describe_answers
from processor.http.filter_parameters import describe_parameters
from processor.http.history.large_answers import LargeAnswers, Write
from processor.http.stream.request import NOT_OF_THE_VIEW
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
    "description": f"The moment: {TIME_FORMATS}",
    "schema": {"type": "string"},
    "example": "1790000000",
}


def moment_routes(*, source: HistoryContext, answers: LargeAnswers, gate: Gate) -> APIRouter:
    """Make the route of the picture as it was."""
    router = APIRouter(prefix="/api/history", tags=["history"])
    described = describe_parameters(FORMATS)["parameters"]

    @router.get(
        "/at",
        openapi_extra={"parameters": [_TIME, *described]},
        response_class=Response,
        responses=describe_answers(
            "The data of a `snapshot`, as on the stream; `time` is the moment.",
            _SNAPSHOT,
            statuses=(413, 422, 429, 503),
            media_types=(GEOJSON,),
        ),
    )
    async def traffic_at(
        request: Request, principal: Annotated[Principal, require(gate, HISTORY)]
    ) -> Response:
        """Answer the aircraft that passed the filter then, in the format asked for."""
        moment, view = _read(request, principal)
        client = client_of(request, principal)

        async def read() -> Write:
            async with source.connections.reading(client) as connection:
                found = await read_traffic_at(
                    connection,
                    source.statements,
                    moment,
                    expiry=source.expiry,
                    max_rows=source.settings.max_rows,
                    areas=visible_boxes(None, principal.areas),
                )
            return lambda: write_snapshot(view, found, moment)

        media_type = GEOJSON if view.output_format.format == "geojson" else "application/json"
        return answers.answer(request, client, read, media_type)

    return router


def _read(request: Request, principal: Principal) -> tuple[dt.datetime, StreamQuery]:
    pairs = request.query_params.multi_items()
    moment = _moment([value for name, value in pairs if name == "time"])
    view = parse_query(
        [(name, value) for name, value in pairs if name not in {"time", *NOT_OF_THE_VIEW}],
        principal.areas,
    )
    if view.output_format.format not in FORMATS:
        raise FilterError("format", f"{view.output_format.format} is of the stream alone: take row")
    return moment, view


def _moment(values: Sequence[str]) -> dt.datetime:
    if len(values) != 1:
        raise InvalidRequestError("time", f"one is needed: {TIME_FORMATS}")
    try:
        return parse_moment(values[0])
    except ValueError as error:
        raise InvalidRequestError("time", str(error)) from None
