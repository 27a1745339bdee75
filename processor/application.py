"""Create the HTTP application of a process from what its halves serve.

Nothing imports this module at the start: FastAPI and the routes are loaded by `DeferredApp`.
"""

from fastapi import FastAPI

from processor.access.gate import Gate
from processor.history.database import HistoryDatabase
from processor.http.access.ticket_routes import ticket_routes
from processor.http.app import create_app
from processor.http.dependencies import Routes
from processor.http.health import Health
from processor.http.health_routes import health_routes
from processor.http.history.metrics import DownloadMetrics
from processor.http.history.routes import history_routes
from processor.http.middleware import HttpOptions
from processor.http.page import page_routes
from processor.http.readsb.routes import readsb_routes
from processor.http.request_metrics import RequestMetrics
from processor.http.stream.routes import stream_routes
from processor.live_half import LiveHalf
from processor.reference.identities import Identities
from processor.settings import ProcessorSettings


def create_application(
    settings: ProcessorSettings,
    options: HttpOptions,
    *,
    gate: Gate,
    health: Health,
    history: HistoryDatabase,
    downloads: DownloadMetrics,
    live: LiveHalf | None,
    requests: RequestMetrics,
    identities: Identities,
) -> FastAPI:
    """Create the application of one process.

    Args:
        settings: The settings of the processor.
        options: What the middleware accepts.
        gate: Admits the requests.
        health: What the routes of the operators report.
        history: Where the stored rows are read.
        downloads: Counts the files of the history.
        live: The live half; None if this process has none.
        requests: Counts the requests.
        identities: Finds who an aircraft is.
    """
    history_router = history_routes(
        database=history,
        broadcaster=None if live is None else live.broadcaster,
        gate=gate,
        settings=settings.history,
        expiry_seconds=settings.live.expiry_seconds,
        metrics=downloads,
        identities=identities,
    )
    return create_app(
        routers=[
            *([] if live is None else _live_routes(settings, gate, live)),
            history_router,
            ticket_routes(gate),
            health_routes(health, gate),
        ],
        allowed_origins=options.allowed_origins,
        accepted_hosts=options.accepted_hosts,
        write_deadline_seconds=options.write_deadline_seconds,
        requests=requests,
    )


def _live_routes(settings: ProcessorSettings, gate: Gate, live: LiveHalf) -> list[Routes]:
    return [
        stream_routes(
            broadcaster=live.broadcaster,
            gate=gate,
            metrics=live.metrics,
            settings=settings.sse,
            replay=live.replay,
        ),
        readsb_routes(broadcaster=live.broadcaster, gate=gate, clock=live.clock),
        page_routes(
            settings.page,
            needs_key=settings.access.mode == "required",
            heartbeat_seconds=settings.sse.heartbeat_seconds,
        ),
    ]
