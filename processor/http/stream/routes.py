"""SERVE: every way to the living picture, and to the past as it was, put together."""

from fastapi import APIRouter

from processor.access.gate import Gate
from processor.http.stream.current_state import flight_routes
from processor.http.stream.sse import sse_routes
from processor.http.stream.websocket import websocket_routes
from processor.live.broadcaster import Broadcaster
from processor.live.metrics import LiveMetrics
from processor.replay.session import Replay
from processor.settings import SseSettings


def stream_routes(
    *,
    broadcaster: Broadcaster,
    gate: Gate,
    metrics: LiveMetrics,
    settings: SseSettings,
    replay: Replay | None = None,
) -> list[APIRouter]:
    """Make the routes of SSE, WebSocket and REST, which share a grammar and an audience.

    Args:
        broadcaster: Of the living picture.
        gate: Who may see it.
        metrics: Of streams.
        settings: Of streams.
        replay: Of the past; None where there is none.
    """
    return [
        sse_routes(
            broadcaster=broadcaster,
            replay=replay,
            gate=gate,
            metrics=metrics,
            write_deadline_seconds=settings.write_deadline_seconds,
        ),
        websocket_routes(
            broadcaster=broadcaster,
            replay=replay,
            gate=gate,
            metrics=metrics,
            write_deadline_seconds=settings.write_deadline_seconds,
            allowed_origins=settings.allowed_origins,
        ),
        flight_routes(broadcaster=broadcaster, gate=gate),
    ]
