"""The routes of the history, with the objects that they share."""

import datetime as dt
import time
from collections.abc import Callable

from fastapi import APIRouter
from prometheus_client import CollectorRegistry

from processor.access.gate import Gate
from processor.history.connection_pool import ConnectionPool, share_limits
from processor.history.context import HistoryContext
from processor.history.database import HistoryDatabase, Use
from processor.http.dependencies import Routes
from processor.http.history import (
    aircraft_routes,
    airport_routes,
    export_routes,
    flight_routes,
    snapshot_routes,
    statistics_routes,
)
from processor.http.history.files import FileDownloads
from processor.http.history.large_responses import LargeResponses
from processor.http.history.metrics import DownloadMetrics
from processor.http.history.services import HistoryServices
from processor.http.server.paced_sender import SendDeadlines
from processor.live.broadcaster import Broadcaster
from processor.settings import HistorySettings

router = APIRouter()
for _each in (
    *(aircraft_routes, flight_routes, snapshot_routes, statistics_routes, airport_routes),
    export_routes,
):
    router.include_router(_each.router)


def history_routes(
    *,
    database: HistoryDatabase,
    broadcaster: Broadcaster | None,
    gate: Gate,
    settings: HistorySettings,
    expiry_seconds: float,
    metrics: DownloadMetrics | None = None,
    clock: Callable[[], float] = time.time,
) -> Routes:
    """Return the routes to what the archive stored.

    Args:
        database: Where the rows are read.
        broadcaster: Holds the live state; None if this process has none.
        gate: Admits the requests.
        settings: Limits on one request.
        expiry_seconds: An aircraft that was silent for longer is not part of the live state.
        metrics: Counts downloads; None for an application whose metrics are not read.
        clock: Returns Unix time in seconds.
    """
    context = HistoryContext(
        database=database,
        connections=ConnectionPool(database, client_share=settings.client_share),
        settings=settings,
        expiry=dt.timedelta(seconds=expiry_seconds),
        clock=clock,
    )
    deadlines = SendDeadlines(settings.max_export_seconds, settings.min_export_bytes_per_second)
    files = FileDownloads(
        share_limits(database.connections[Use.EXPORTS], settings.client_share),
        deadlines=deadlines,
        metrics=metrics or DownloadMetrics(CollectorRegistry()),
    )
    return Routes(
        router, (gate, HistoryServices(context, files, LargeResponses(deadlines), broadcaster))
    )
