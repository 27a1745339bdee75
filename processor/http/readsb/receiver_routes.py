"""Routes of the files of readsb, under the paths at which maps look for them."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from processor.http.access.error_responses import NOT_ADMITTED, OVERLOADED
from processor.http.dependencies import provided
from processor.http.readsb.receiver import AircraftJson, Receiver, ReceiverJson, StatsJson
from processor.http.readsb.requester import By
from processor.http.readsb.search import respond_not_loaded
from processor.http.responses import respond, respond_encoded, schema_of
from processor.stream.encoder import choose_encoding

router = APIRouter(prefix="/data", tags=["readsb"])

Files = Annotated[Receiver, Depends(provided(Receiver))]


def _responses(text: str, type_: type) -> dict[int | str, dict[str, Any]]:
    content = {"application/json": {"schema": schema_of(type_)}}
    return {200: {"description": text, "content": content}, **OVERLOADED, **NOT_ADMITTED}


@router.get(
    "/aircraft.json",
    response_class=Response,
    responses={
        **_responses("All aircraft, in readsb's fields and units.", AircraftJson),
        503: {"description": "The live state is still being loaded; retry in a few seconds."},
    },
)
async def aircraft(request: Request, by: By, files: Files) -> Response:
    """Return all aircraft; the answer is made once a second at most."""
    encoding = choose_encoding(request.headers.get("accept-encoding", ""))
    body = await files.aircraft(by, encoding)
    if body is None:
        return respond_not_loaded()
    response = respond_encoded(body)
    response.headers["Vary"] = "Accept-Encoding"
    if encoding != "identity":
        response.headers["Content-Encoding"] = encoding
    return response


@router.get(
    "/receiver.json",
    response_class=Response,
    responses=_responses("How often to ask for the aircraft.", ReceiverJson),
)
async def receiver(by: By, files: Files) -> Response:
    """Return what readsb says of its receiver."""
    del by
    return respond(files.receiver())


@router.get(
    "/stats.json",
    response_class=Response,
    responses=_responses("Statistics of a receiver, all of them 0.", StatsJson),
)
async def stats(by: By, files: Files) -> Response:
    """Return readsb's statistics, without which some collectors ask for nothing else."""
    del by
    return respond(files.stats())
