"""The two halves of the processor, built from the settings: one stores, one streams."""

import asyncio
import os
import socket

import structlog
from fastapi import APIRouter
from prometheus_client import CollectorRegistry

from processor.access.gate import Gate
from processor.api.health import Checks, holds
from processor.api.page import page_routes
from processor.api.readsb import readsb_routes
from processor.api.stream import stream_routes
from processor.archive.breaker import Breaker
from processor.archive.consumer import ArchiveConsumer
from processor.archive.database import Database
from processor.archive.maintenance import Kept, Maintenance
from processor.archive.metrics import ArchiveMetrics
from processor.archive.sql import load_queries
from processor.archive.writer import Writer
from processor.history.database import HistoryDatabase
from processor.history.replay import Replay, ReplayLimits
from processor.live.audience import Limits
from processor.live.broadcaster import Broadcaster, Lifetime
from processor.live.metrics import LiveMetrics
from processor.live.picture import LivePicture
from processor.live.reader import LiveReader
from telemetry.settings import Settings, SseSettings

log = structlog.get_logger()

MAINTENANCE_STOP_SECONDS = 2


class _Archive:
    """One attempt at storing: everything in it is made for it and let go with it."""

    def __init__(self, settings: Settings, metrics: ArchiveMetrics) -> None:
        queries = load_queries()
        owner = f"{socket.gethostname()}:{os.getpid()}"
        writing = _database(settings, f"flight-monitor archive {owner}")
        maintaining = _database(settings, f"flight-monitor maintenance {owner}")
        self.databases = (writing, maintaining)
        self._maintenance = Maintenance(
            database=maintaining,
            queries=queries,
            metrics=metrics,
            kept=Kept(
                settings.database.retention_days,
                settings.database.minutely_retention_days,
                settings.database.flight_retention_days,
            ),
            chunk_rows=settings.database.chunk_rows,
            compress_after_days=settings.database.compress_after_days,
        )
        self.consumer = ArchiveConsumer(
            kafka=settings.kafka,
            archive=settings.archive,
            store_for=lambda identity: Writer(
                database=writing, queries=queries, identity=identity, owner=owner
            ),
            loop=asyncio.get_running_loop(),
            breaker=Breaker(
                max_consecutive=settings.archive.max_invalid_consecutive,
                max_ratio=settings.archive.max_invalid_ratio,
            ),
            metrics=metrics,
        )

    def start(self) -> list[asyncio.Task[None]]:
        """Consume in a thread, maintain beside it."""
        self._consuming = asyncio.create_task(
            asyncio.to_thread(self.consumer.run), name="archive consumer"
        )
        self._maintaining = asyncio.create_task(self._maintenance.run(), name="maintenance")
        return [self._consuming, self._maintaining]

    async def stop(self) -> None:
        """Store what has been read; what cannot be stored in time stays in the log."""
        self.consumer.stop()
        self._maintaining.cancel()
        await asyncio.wait([self._consuming])
        # A server that answers nothing does not even let go of a cancelled transaction.
        await asyncio.wait([self._maintaining], timeout=MAINTENANCE_STOP_SECONDS)
        _retrieve(self._consuming, self._maintaining)
        for database in self.databases:
            await database.close()


class ArchiveHalf:
    """Stores the log, and knows nothing of viewers."""

    name = "archive"

    def __init__(self, settings: Settings, registry: CollectorRegistry) -> None:
        self._settings = settings
        self._metrics = ArchiveMetrics(registry)
        self._archive: _Archive | None = None

    def begin(self) -> list[asyncio.Task[None]]:
        """Store in a thread of its own, maintain beside it."""
        self._archive = _Archive(self._settings, self._metrics)
        return self._archive.start()

    async def end(self) -> None:
        """Store what has been read, and close all connections."""
        if self._archive is not None:
            await self._archive.stop()
            self._archive = None

    async def close(self, *, hurry: asyncio.Event) -> None:
        """Do nothing: no client is served, and the last batch is the point of an orderly stop."""

    def checks(self) -> Checks:
        """Ready once partitions are assigned and the database has answered last."""
        return {
            "archive_assigned": holds(
                when=lambda: self._archive is not None and self._archive.consumer.is_assigned,
                otherwise="no partition of the topic is assigned to this instance yet",
            ),
            "database": holds(
                when=self._is_database_reachable,
                otherwise="the database does not answer; see database.url and the log",
            ),
        }

    def _is_database_reachable(self) -> bool:
        databases = self._archive.databases if self._archive is not None else ()
        return bool(databases) and all(database.is_reachable for database in databases)

    def routers(self) -> list[APIRouter]:
        """Serve nothing of its own."""
        return []


class LiveHalf:
    """Keeps the picture and its viewers; without the database it misses nothing but the past."""

    name = "live"

    def __init__(
        self,
        settings: Settings,
        registry: CollectorRegistry,
        gate: Gate,
        history: HistoryDatabase,
    ) -> None:
        metrics = LiveMetrics(registry)
        self.broadcaster = Broadcaster(
            metrics=metrics,
            limits=limits_of(settings.sse),
            lifetime=lifetime_of(settings.sse),
        )
        self._picture = LivePicture(
            settings=settings.live,
            heartbeat_seconds=settings.sse.heartbeat_seconds,
            broadcaster=self.broadcaster,
            metrics=metrics,
        )
        self._settings = settings
        self._reader: LiveReader | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._routers = [
            *stream_routes(
                broadcaster=self.broadcaster,
                gate=gate,
                metrics=metrics,
                settings=settings.sse,
                replay=Replay(
                    broadcaster=self.broadcaster,
                    database=history,
                    limits=replay_limits_of(settings),
                ),
            ),
            readsb_routes(broadcaster=self.broadcaster, gate=gate),
            page_routes(settings.page, needs_key=settings.access.mode == "required"),
        ]

    def begin(self) -> list[asyncio.Task[None]]:
        """Read in a thread, tick in the event loop."""
        self._reader = LiveReader(
            kafka=self._settings.kafka,
            live=self._settings.live,
            picture=self._picture,
            loop=asyncio.get_running_loop(),
        )
        self._tasks = [
            asyncio.create_task(asyncio.to_thread(self._reader.run), name="live reader"),
            asyncio.create_task(self._picture.run(), name="live picture"),
        ]
        return self._tasks

    async def end(self) -> None:
        """Stop reading; what was read is not shown any longer, for it ages."""
        if self._reader is None:
            return
        self._reader.stop()
        *_, ticking = self._tasks
        ticking.cancel()
        await asyncio.wait(self._tasks)
        _retrieve(*self._tasks)
        self.broadcaster.suspend()

    async def close(self, *, hurry: asyncio.Event) -> None:
        """Say goodbye to every viewer, spread over the drain time."""
        self.broadcaster.close()
        await self.broadcaster.wait_empty(hurry=hurry)

    def checks(self) -> Checks:
        """Ready once the log has been read to its end."""
        return {
            "live_picture": holds(
                when=lambda: self.broadcaster.is_open,
                otherwise="the topic has not been read to its end yet",
            )
        }

    def routers(self) -> list[APIRouter]:
        """Serve the stream and the page that shows it."""
        return self._routers


def _retrieve(*tasks: asyncio.Task[None]) -> None:
    """Take the faults of tasks, of which the first has been reported."""
    for task in tasks:
        if task.done() and not task.cancelled():
            task.exception()


def _database(settings: Settings, application_name: str) -> Database:
    return Database(
        url=settings.database.url.get_secret_value(),
        application_name=application_name,
        connect_timeout_seconds=settings.database.connect_timeout_seconds,
        statement_timeout_seconds=settings.database.statement_timeout_seconds,
    )


def history_of(settings: Settings) -> HistoryDatabase:
    """Return connections to the history as the settings have them; none is opened yet."""
    return HistoryDatabase(
        url=settings.database.url.get_secret_value(),
        max_connections=settings.history.max_connections,
        connect_timeout_seconds=settings.database.connect_timeout_seconds,
        statement_timeout_seconds=settings.history.statement_timeout_seconds,
    )


def replay_limits_of(settings: Settings) -> ReplayLimits:
    """Return how much of the past the settings allow to be replayed."""
    return ReplayLimits(
        replays=settings.history.max_replays,
        window_days=settings.history.max_window_days,
        heartbeat_seconds=settings.sse.heartbeat_seconds,
        expiry_seconds=settings.live.expiry_seconds,
    )


def limits_of(settings: SseSettings) -> Limits:
    """Return how many viewers the settings allow."""
    return Limits(
        viewers=settings.max_viewers,
        per_address=settings.max_viewers_per_address,
        per_principal=settings.max_viewers_per_principal,
    )


def lifetime_of(settings: SseSettings) -> Lifetime:
    """Return how the settings have streams end."""
    return Lifetime(
        retry_ms=settings.retry_milliseconds,
        max_age_seconds=settings.max_age_seconds,
        drain_seconds=settings.drain_seconds,
    )
