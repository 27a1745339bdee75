"""SERVE: the stream of Server-Sent Events."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Annotated, Any, cast

import msgspec
from fastapi import APIRouter, Header, Request, Response
from sse_starlette import EventSourceResponse
from sse_starlette.sse import SendTimeoutError
from starlette.types import Message, Receive, Scope, Send

from processor.access.errors import AccessError
from processor.access.gate import Gate
from processor.access.grants import Right
from processor.access.principal import HISTORY, LIVE
from processor.access.shares import OverloadedError
from processor.history.errors import InvalidRequestError
from processor.http.access.gate_middleware import OVER_SHARE, REFUSALS, Admission, admit, client_of
from processor.http.filter_parameters import describe_parameters
from processor.http.server.connection import connection_of
from processor.http.stream.request import UNUSABLE, error_event, read_request, stream_client_of
from processor.http.stream.revocation import ended_without_right
from processor.live.broadcaster import Broadcaster
from processor.live.connection_limits import StreamClient
from processor.live.metrics import LiveMetrics
from processor.replay.request import MAX_SPEED
from processor.replay.session import Replay
from processor.stream.encoder import SSE_ENCODERS, SseEncoder, choose_encoding
from processor.stream.filter import FilterError
from processor.stream.query import StreamQuery
from processor.stream.replay_request import ReplayRequest

# What Mercure sends: no cache may keep it and no proxy may gather it.
HEADERS = {
    "Cache-Control": "private, no-cache, no-store, must-revalidate, no-transform, max-age=0",
    "Pragma": "no-cache",
    "Vary": "Accept-Encoding",
    "X-Accel-Buffering": "no",
}

REFUSED_ID = "refused"
"""Id of an `error`: an EventSource comes back with it by itself, and is told to stop by a 204."""


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
            "Replay from this moment: Unix seconds, or ISO 8601 with a zone",
            "2026-09-21T14:00:00Z",
        ),
        ("to", "Last moment of the replay; without it comes live", "2026-09-21T15:00:00Z"),
        (
            "speed",
            f"1 to {MAX_SPEED}, or max; 1 if there is a last moment, else max",
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
        "description": "An EventSource came back after an `error`, or after the end of a"
        " replay: it is to stop."
    },
    400: {"description": "A longer replay than allowed, or a Host that is not served."},
    422: dict(UNUSABLE),
    503: {"description": "The history cannot be read now."},
    **OVER_SHARE,
    **REFUSALS,
}
"""For the documentation of the stream."""


class _Stream(EventSourceResponse):
    """Ends quietly when the viewer takes nothing, which is no error of the server's."""

    metrics: LiveMetrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._connection = connection_of(scope)
        try:
            await super().__call__(scope, receive, send)
        except* SendTimeoutError:
            self._connection.give_up()
        if self._connection.is_given_up:
            self.metrics.closed.labels("slow").inc()

    async def _stream_response(self, send: Send) -> None:
        """Send what comes, and keep none of it: neither while waiting, nor when cut off.

        A stream that is cut off leaves a cycle of tracebacks, which is found late; the base class
        keeps what was sent last in it.
        """
        await send(
            {
                "type": "http.response.start",
                "status": self.status_code,
                "headers": self.raw_headers,
            }
        )
        async with aclosing(cast("AsyncGenerator[bytes, None]", self.body_iterator)) as frames:
            async for frame in frames:
                message: Message = {"type": "http.response.body", "body": frame, "more_body": True}
                del frame
                try:
                    await self._send_with_timeout(send, message)
                finally:
                    message.clear()
        async with self._send_lock:
            self.active = False
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send_with_timeout(self, send: Send, message: Message) -> None:
        # What has been taken entirely is followed at once; a deadline costs as much as sending.
        if self._connection.is_drained:
            await send(message)
        else:
            await super()._send_with_timeout(send, message)


class _Wanted(msgspec.Struct, frozen=True):
    """What a viewer asks for; without a past, the living picture."""

    connection: Scope
    admission: Admission
    client: StreamClient
    view: StreamQuery
    past: ReplayRequest | None
    last_event_id: str


def sse_routes(
    *,
    broadcaster: Broadcaster,
    replay: Replay | None,
    gate: Gate,
    metrics: LiveMetrics,
    write_deadline_seconds: float,
) -> APIRouter:
    """Make the route of the stream."""
    router = APIRouter(tags=["stream"])

    @router.get(
        "/sse/flights",
        response_class=EventSourceResponse,
        openapi_extra={"parameters": [*describe_parameters()["parameters"], *REPLAY_PARAMETERS]},
        responses=RESPONSES,
    )
    async def flights(
        request: Request,
        last_event_id: Annotated[str, Header()] = "",
        accept: Annotated[str, Header()] = "",
        accept_encoding: Annotated[str, Header()] = "",
    ) -> Response:
        """Stream the living picture, or that of the past: first all aircraft, then what changes.

        A viewer that names the last event it has seen, by the header Last-Event-ID or where it
        cannot set that by the parameter `last_event_id`, gets only what it has missed.
        """
        wire = SSE_ENCODERS[choose_encoding(accept_encoding)]
        last_event_id = last_event_id or request.query_params.get("last_event_id", "")
        try:
            principal = await admit(gate, LIVE, request)
            view, past = read_request(request, principal, replay, last_event_id)
        except (AccessError, FilterError, InvalidRequestError) as error:
            # Anything but 200 ends an EventSource for good, and hides the reason from the page.
            if not _is_event_source(request, accept):
                raise
            if last_event_id == REFUSED_ID:
                return Response(status_code=204)
            return respond(_refusal(broadcaster, wire, error), wire)
        if past is not None and past.is_over:
            return Response(status_code=204)
        if past is not None and replay is not None and not _is_event_source(request, accept):
            await replay.check(client_of(request, principal))
        source = broadcaster if past is None or replay is None else replay
        client = stream_client_of(request, principal)
        right = Right(principal, frozenset({LIVE} if past is None else {LIVE, HISTORY}))
        wanted = _Wanted(request.scope, Admission(gate, right), client, view, past, last_event_id)
        return respond(_stream(broadcaster, source, wire, wanted), wire)

    def respond(content: AsyncIterator[bytes], wire: SseEncoder) -> Response:
        # No ping: the heartbeat is an event of its own, with the position.
        stream = _Stream(
            content, headers=_headers(wire), ping=0, send_timeout=write_deadline_seconds
        )
        stream.metrics = metrics
        return stream

    return router


def _headers(wire: SseEncoder) -> dict[str, str]:
    return HEADERS if wire.name == "identity" else HEADERS | {"Content-Encoding": wire.name}


def _is_event_source(request: Request, accept: str) -> bool:
    """Whether a browser's EventSource asks, which can neither set a header nor see a status."""
    return accept.startswith("text/event-stream") and "authorization" not in request.headers


async def _stream(
    broadcaster: Broadcaster,
    source: Broadcaster | Replay,
    wire: SseEncoder,
    wanted: _Wanted,
) -> AsyncIterator[bytes]:
    for frame in wire.opening_frames(broadcaster.retry_ms()):
        yield frame
    try:
        with (
            broadcaster.subscription(wanted.client, wanted.view) as subscriber,
            ended_without_right(wanted.admission, subscriber, wanted.connection),
        ):
            subscriber.replay_request = wanted.past
            async for frame in source.stream(subscriber, wire, wanted.last_event_id):
                yield frame
                del frame
    except OverloadedError as error:
        for frame in wire.encode([broadcaster.overloaded_event(error)]):
            yield frame


async def _refusal(
    broadcaster: Broadcaster, wire: SseEncoder, error: Exception
) -> AsyncIterator[bytes]:
    refusal = wire.encode([error_event(error, id=REFUSED_ID)])
    for frame in (*wire.opening_frames(broadcaster.retry_ms()), *refusal):
        yield frame
