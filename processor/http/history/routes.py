"""SERVE: the history as JSON and as files, put together."""

import datetime as dt
import time
from collections.abc import Callable

from fastapi import APIRouter
from prometheus_client import CollectorRegistry

from processor.access.gate import Gate
from processor.history.connection_pool import ConnectionPool, share_limits
from processor.history.context import HistoryContext
from processor.history.database import HistoryDatabase, Use
from processor.http.history.aircraft_routes import aircraft_routes
from processor.http.history.download import DownloadMetrics
from processor.http.history.export_routes import export_routes
from processor.http.history.files import Files
from processor.http.history.flight_routes import flights_routes
from processor.http.history.large_answers import LargeAnswers
from processor.http.history.snapshot_routes import moment_routes
from processor.http.history.statistics_routes import statistics_routes
from processor.http.server.sending import Deadlines
from processor.live.broadcaster import Broadcaster
from processor.settings import HistorySettings


def history_routes(
    *,
    database: HistoryDatabase,
    broadcaster: Broadcaster | None,
    gate: Gate,
    settings: HistorySettings,
    expiry_seconds: float,
    registry: CollectorRegistry | None = None,
    clock: Callable[[], float] = time.time,
) -> APIRouter:
    """Make the routes to what the archive has stored.

    Args:
        database: Where it is stored.
        broadcaster: Who knows the living picture, if this process has one.
        gate: What is before it.
        settings: How much one request may ask for.
        expiry_seconds: After which silence an aircraft is off the living picture.
        registry: Where the metrics are to be.
        clock: Unix time in seconds.
    """
    source = HistoryContext(
        database=database,
        connections=ConnectionPool(database, client_share=settings.client_share),
        settings=settings,
        expiry=dt.timedelta(seconds=expiry_seconds),
        clock=clock,
    )
    deadlines = Deadlines(settings.max_export_seconds, settings.min_export_bytes_per_second)
    answers = LargeAnswers(deadlines)
    files = Files(
        share_limits(database.connections[Use.EXPORTS], settings.client_share),
        deadlines=deadlines,
        metrics=DownloadMetrics(registry or CollectorRegistry()),
    )
    router = APIRouter()
    router.include_router(
        aircraft_routes(
            source=source, broadcaster=broadcaster, files=files, answers=answers, gate=gate
        )
    )
    router.include_router(flights_routes(source=source, files=files, gate=gate))
    router.include_router(moment_routes(source=source, answers=answers, gate=gate))
    router.include_router(statistics_routes(source=source, gate=gate))
    router.include_router(export_routes(source=source, files=files, gate=gate))
    return router
