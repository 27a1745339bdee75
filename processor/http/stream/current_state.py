"""The route that returns one snapshot of the live state."""

from fastapi import APIRouter, Request, Response

from processor.http.access.dependencies import LivePrincipal
from processor.http.access.error_responses import NOT_ADMITTED, OVERLOADED
from processor.http.filter_parameters import describe_parameters
from processor.http.stream.request import INVALID_FILTER, read_stream_query, stream_client_of
from processor.http.stream.services import Streams
from processor.stream.filter import FilterError

FORMATS = ("object", "row", "geojson")

MEDIA_TYPES = {"geojson": "application/geo+json"}

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
        422: dict(INVALID_FILTER),
        503: {"description": "The live state is still being loaded; retry in a few seconds."},
        **OVERLOADED,
        **NOT_ADMITTED,
    },
)
async def flights(request: Request, principal: LivePrincipal, streams: Streams) -> Response:
    """Return the aircraft that pass the filter, in the requested format."""
    query = read_stream_query(request, principal)
    if query.output_format.format not in FORMATS:
        raise FilterError(
            "format", f"{query.output_format.format} is of the stream alone: take row"
        )
    client = stream_client_of(request, principal)
    body = await streams.broadcaster.snapshot(query, client)
    if body is None:
        return Response(status_code=503, headers={"Retry-After": "1"})
    media_type = MEDIA_TYPES.get(query.output_format.format, "application/json")
    return Response(body, media_type=media_type, headers={"Cache-Control": "no-store"})
