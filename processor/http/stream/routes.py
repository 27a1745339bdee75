"""The routes of the stream: SSE, WebSocket, and one snapshot of the live state."""

from fastapi import APIRouter

from processor.access.gate import Gate
from processor.http.dependencies import Routes
from processor.http.stream import current_state, sse, websocket
from processor.http.stream.services import StreamServices
from processor.live.broadcaster import Broadcaster
from processor.live.metrics import LiveMetrics
from processor.replay.session import Replay
from processor.settings import SseSettings

router = APIRouter()
for _each in (sse, websocket, current_state):
    router.include_router(_each.router)


def stream_routes(
    *,
    broadcaster: Broadcaster,
    gate: Gate,
    metrics: LiveMetrics,
    settings: SseSettings,
    replay: Replay | None = None,
) -> Routes:
    """Return the routes, which share a query language and the limits on connections.

    Args:
        broadcaster: Streams the live state.
        gate: Admits the requests.
        metrics: Counts subscribers.
        settings: Deadlines and allowed origins.
        replay: Streams the past; None if there is no history.
    """
    return Routes(router, (gate, StreamServices(broadcaster, metrics, settings, replay)))
