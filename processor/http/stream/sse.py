"""The route of the stream as Server-Sent Events."""

from collections.abc import AsyncGenerator
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Header, Request, Response
from starlette.types import Scope as AsgiScope

from processor.access.errors import AccessError
from processor.access.gate import Gate
from processor.access.grants import Right
from processor.access.principal import HISTORY, LIVE, Principal, Scope
from processor.access.slots import Client, OverloadedError
from processor.history.errors import InvalidRequestError
from processor.http.access.admission import Admission, admit, client_of
from processor.http.access.dependencies import GivenGate
from processor.http.access.error_responses import NOT_ADMITTED, OVERLOADED
from processor.http.filter_parameters import describe_parameters
from processor.http.stream.event_stream_response import EventStreamResponse
from processor.http.stream.request import (
    INVALID_FILTER,
    error_event,
    read_request,
    refusal_of,
    stream_client_of,
)
from processor.http.stream.revocation import ended_without_right
from processor.http.stream.services import Streams, StreamServices
from processor.live.broadcaster import Broadcaster
from processor.live.connection_limits import StreamClient
from processor.replay.request import MAX_SPEED
from processor.replay.session import Replay
from processor.stream.encoder import SSE_ENCODERS, SseEncoder, choose_encoding
from processor.stream.filter import FilterError
from processor.stream.query import StreamQuery
from processor.stream.replay_request import ReplayRequest

HEADERS = {
    "Cache-Control": "private, no-cache, no-store, must-revalidate, no-transform, max-age=0",
    "Pragma": "no-cache",
    "Vary": "Accept-Encoding",
    "X-Accel-Buffering": "no",
}
"""The headers that Mercure sends: no cache may keep the stream, and no proxy may buffer it."""

REFUSED_ID = "refused"
"""Id of an `error` event. An EventSource reconnects with it by itself, and a 204 then stops it."""

REPLAY_PARAMETERS = [
    {
        "name": name,
        "in": "query",
        "description": text,
        "schema": {"type": "string"},
        "example": example,
    }
    for name, text, example in (
        (
            "from",
            "Replay from this time: Unix seconds, or ISO 8601 with a zone",
            "2026-09-21T14:00:00Z",
        ),
        (
            "to",
            "Last moment of the replay; without it the live stream follows",
            "2026-09-21T15:00:00Z",
        ),
        (
            "speed",
            f"1 to {MAX_SPEED}, or max; by default 1 if `to` is given, else max",
            "60",
        ),
    )
]

RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events: `snapshot`, `update`, `remove`, `heartbeat` …",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    },
    204: {
        "description": "An EventSource reconnected after an `error`, or after the end of a"
        " replay: it must stop."
    },
    400: {
        "description": "The replay is longer than allowed, or the Host header names a host that is"
        " not served here."
    },
    422: dict(INVALID_FILTER),
    503: {"description": "The history cannot be read now; retry in a few seconds."},
    **OVERLOADED,
    **NOT_ADMITTED,
}

router = APIRouter(tags=["stream"])


class _Subscription(msgspec.Struct, frozen=True):
    """What one request streams.

    Attributes:
        scope: The scope of the request.
        past: The time range to replay; None for the live stream.
    """

    scope: AsgiScope
    admission: Admission
    client: StreamClient
    query: StreamQuery
    past: ReplayRequest | None
    last_event_id: str


@router.get(
    "/sse/flights",
    response_class=Response,
    openapi_extra={"parameters": [*describe_parameters()["parameters"], *REPLAY_PARAMETERS]},
    responses=RESPONSES,
)
async def flights(
    *,
    request: Request,
    gate: GivenGate,
    streams: Streams,
    last_event_id: Annotated[str, Header()] = "",
    accept: Annotated[str, Header()] = "",
    accept_encoding: Annotated[str, Header()] = "",
) -> Response:
    """Stream the live state or a replay of the past: first all aircraft, then every change.

    A client that gives the id of the last event it received gets only what it missed since then.
    It gives the id in the header Last-Event-ID, or in the parameter `last_event_id` if it cannot
    set headers.
    """
    encoder = SSE_ENCODERS[choose_encoding(accept_encoding)]
    last_event_id = last_event_id or request.query_params.get("last_event_id", "")
    try:
        principal = await admit(gate, LIVE, request)
        query, past = read_request(request, principal, streams.replay, last_event_id)
    except (AccessError, FilterError, InvalidRequestError) as error:
        streams.metrics.count_refusal(refusal_of(error))
        # A status other than 200 stops an EventSource for good, and hides the reason from the page.
        if not _is_event_source(request, accept):
            raise
        if last_event_id == REFUSED_ID:
            return Response(status_code=204)
        return _respond(streams, encoder, _error(streams.broadcaster, encoder, error))
    if past is not None and past.is_over:
        return Response(status_code=204)
    if past is not None and streams.replay is not None and not _is_event_source(request, accept):
        await _check_replay(streams, streams.replay, client_of(request, principal))
    subscription = _Subscription(
        request.scope,
        _admission(gate, principal, past),
        stream_client_of(request, principal),
        query,
        past,
        last_event_id,
    )
    return _respond(streams, encoder, _stream(streams, encoder, subscription))


async def _check_replay(streams: StreamServices, replay: Replay, client: Client) -> None:
    try:
        await replay.check(client)
    except OverloadedError as error:
        streams.metrics.count_refusal(error.bound)
        raise


def _admission(gate: Gate, principal: Principal, past: ReplayRequest | None) -> Admission:
    scopes: set[Scope] = {LIVE} if past is None else {LIVE, HISTORY}
    return Admission(gate, Right(principal, frozenset(scopes)))


def _respond(
    streams: StreamServices, encoder: SseEncoder, frames: AsyncGenerator[bytes, None]
) -> Response:
    is_plain = encoder.name == "identity"
    return EventStreamResponse(
        frames,
        headers=HEADERS if is_plain else HEADERS | {"Content-Encoding": encoder.name},
        deadline_seconds=streams.settings.write_deadline_seconds,
        closed=streams.metrics.closed,
        sent=streams.metrics.sent_bytes.of("sse", encoder.name),
    )


def _is_event_source(request: Request, accept: str) -> bool:
    """Whether the client is a browser's EventSource, which cannot set headers or see a status."""
    return accept.startswith("text/event-stream") and "authorization" not in request.headers


async def _stream(
    streams: StreamServices, encoder: SseEncoder, subscription: _Subscription
) -> AsyncGenerator[bytes, None]:
    broadcaster, past = streams.broadcaster, subscription.past
    source: Broadcaster | Replay = broadcaster
    if past is not None and streams.replay is not None:
        source = streams.replay
    for frame in encoder.opening_frames(broadcaster.retry_ms()):
        yield frame
    try:
        with (
            broadcaster.subscription(subscription.client, subscription.query) as subscriber,
            ended_without_right(subscription.admission, subscriber, subscription.scope),
        ):
            subscriber.replay_request = past
            async for frame in source.stream(subscriber, encoder, subscription.last_event_id):
                yield frame
                del frame
    except OverloadedError as error:
        for frame in encoder.encode([broadcaster.overloaded_event(error)]):
            yield frame


async def _error(
    broadcaster: Broadcaster, encoder: SseEncoder, error: Exception
) -> AsyncGenerator[bytes, None]:
    event = encoder.encode([error_event(error, id=REFUSED_ID)])
    for frame in (*encoder.opening_frames(broadcaster.retry_ms()), *event):
        yield frame
