"""SERVE: the living picture at this moment, for whoever asks once."""

from typing import Annotated

from fastapi import APIRouter, Request, Response

from processor.access.gate import Gate
from processor.access.principal import LIVE, Principal
from processor.http.access.gate_middleware import OVER_SHARE, REFUSALS, require
from processor.http.filter_parameters import describe_parameters
from processor.http.stream.request import UNUSABLE, read_view, stream_client_of
from processor.live.broadcaster import Broadcaster
from processor.stream.filter import FilterError

FORMATS = ("object", "row", "geojson")

MEDIA_TYPES = {"geojson": "application/geo+json"}


def flight_routes(*, broadcaster: Broadcaster, gate: Gate) -> APIRouter:
    """Make the routes of the living picture."""
    router = APIRouter(tags=["flights"])

    @router.get(
        "/api/flights",
        openapi_extra=describe_parameters(FORMATS),
        response_class=Response,
        responses={
            200: {
                "description": "The data of a `snapshot`, as on the stream.",
                "content": {
                    "application/json": {"schema": {"type": "object"}},
                    MEDIA_TYPES["geojson"]: {"schema": {"type": "object"}},
                },
            },
            422: dict(UNUSABLE),
            503: {"description": "The picture is not whole yet."},
            **OVER_SHARE,
            **REFUSALS,
        },
    )
    async def flights(
        request: Request, principal: Annotated[Principal, require(gate, LIVE)]
    ) -> Response:
        """Answer the aircraft that pass the filter, in the format asked for."""
        view = read_view(request, principal)
        if view.output_format.format not in FORMATS:
            raise FilterError(
                "format", f"{view.output_format.format} is of the stream alone: take row"
            )
        body = await broadcaster.snapshot(view, stream_client_of(request, principal))
        if body is None:
            return Response(status_code=503, headers={"Retry-After": "1"})
        media_type = MEDIA_TYPES.get(view.output_format.format, "application/json")
        return Response(body, media_type=media_type, headers={"Cache-Control": "no-store"})

    return router
