"""SERVE: the stream of Server-Sent Events."""

from typing import Annotated

from fastapi import APIRouter, Header
from sse_starlette import EventSourceResponse
from sse_starlette.sse import SendTimeoutError
from starlette.types import Receive, Scope, Send

from processor.live.broadcaster import Broadcaster
from processor.live.metrics import LiveMetrics
from processor.live.position import parse_position

# What Mercure sends: no cache may keep it and no proxy may gather it.
HEADERS = {
    "Cache-Control": "private, no-cache, no-store, must-revalidate, max-age=0",
    "Pragma": "no-cache",
    "X-Accel-Buffering": "no",
}


class _Stream(EventSourceResponse):
    """Ends quietly when the viewer takes nothing, which is no error of the server's."""

    metrics: LiveMetrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        except* SendTimeoutError:
            self.metrics.closed.labels("slow").inc()


def sse_routes(
    *, broadcaster: Broadcaster, metrics: LiveMetrics, write_deadline_seconds: float
) -> APIRouter:
    """Make the route of the stream."""
    router = APIRouter(tags=["stream"])

    @router.get(
        "/sse/flights",
        response_class=EventSourceResponse,
        responses={
            200: {
                "description": "Events: `snapshot`, `update`, `remove`, `heartbeat` …",
                "content": {"text/event-stream": {"schema": {"type": "string"}}},
            }
        },
    )
    async def flights(last_event_id: Annotated[str | None, Header()] = None) -> _Stream:
        """Stream the living picture: first all aircraft, then what changes.

        A viewer that names the last event it has seen gets only what it has missed.
        """
        stream = _Stream(
            broadcaster.stream(parse_position(last_event_id), is_return=bool(last_event_id)),
            headers=HEADERS,
            ping=0,  # the heartbeat is an event of its own, with the position
            send_timeout=write_deadline_seconds,
        )
        stream.metrics = metrics
        return stream

    return router
