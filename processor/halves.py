"""The two halves of the processor, built from the settings: one stores, one streams."""

import asyncio
import os
import socket
import time

import structlog
from prometheus_client import CollectorRegistry

from configuration.settings import Settings, SseSettings
from processor.access.gate import Gate
from processor.access.slots import SlotLimits
from processor.archive.breaker import Breaker
from processor.archive.consumer import ArchiveConsumer
from processor.archive.database import Database
from processor.archive.database_watch import DatabaseWatch
from processor.archive.maintenance import Maintenance
from processor.archive.metrics import ArchiveMetrics
from processor.archive.retention import RetentionPeriods
from processor.archive.sql import load_queries
from processor.archive.time_window import TimeWindow
from processor.archive.writer import Writer
from processor.history.database import HistoryDatabase
from processor.host_clock import carried_on
from processor.http.dependencies import Routes
from processor.http.health import Checks, holds
from processor.http.page import page_routes
from processor.http.readsb.routes import readsb_routes
from processor.http.stream.routes import stream_routes
from processor.live.broadcaster import Broadcaster, Lifetime
from processor.live.connection_limits import Limits
from processor.live.data_clock import DataClock
from processor.live.metrics import LiveMetrics
from processor.live.reader import LiveReader
from processor.live.ticker import Ticker
from processor.log_watch import LogWatch, Look, Progress
from processor.replay.session import Replay, ReplayLimits

log = structlog.get_logger()

OTHERS_STOP_SECONDS = 2

STALLED_SECONDS = 30
"""How long a partition with unread messages may stand still; a slow event loop delays a read."""

NOT_AT_WORK = "this half is between two attempts; see the log"


class _Archive:
    """One attempt at storing: everything in it is made for it and let go with it."""

    def __init__(self, settings: Settings, metrics: ArchiveMetrics) -> None:
        queries = load_queries()
        owner = f"{socket.gethostname()}:{os.getpid()}"
        writing = _database(settings, f"flight-monitor archive {owner}")
        maintaining = _database(settings, f"flight-monitor maintenance {owner}")
        self._databases = (writing, maintaining)
        timeout = settings.database.statement_timeout_seconds
        self._database_watch = DatabaseWatch(writing, statement_timeout_seconds=timeout)
        self._metrics = metrics
        self._maintenance = Maintenance(
            database=maintaining,
            queries=queries,
            metrics=metrics,
            kept=RetentionPeriods(
                settings.database.retention_days,
                settings.database.minutely_retention_days,
                settings.database.flight_retention_days,
                settings.database.dead_letter_retention_days,
                settings.database.dead_letter_max_rows,
                settings.database.dead_letter_max_megabytes,
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
            window=TimeWindow(
                (time.time, carried_on(time.time, time.monotonic), writing.server_now),
                retention_days=settings.database.retention_days,
            ),
        )
        consumer = self.consumer
        # Neither knows this object: a cycle would keep the watch's connection for long.
        self._watch = watch = LogWatch(
            settings.kafka, take=lambda look: metrics.observe_lag(consumer.lag(look.ends))
        )
        metrics.watch_lag_age(lambda: watch.age_seconds)

    def start(self) -> list[asyncio.Task[None]]:
        """Consume in a thread, do the rest beside it."""
        self._consuming = asyncio.create_task(
            asyncio.to_thread(self.consumer.run), name="archive consumer"
        )
        self._others = [
            asyncio.create_task(self._maintenance.run(), name="maintenance"),
            asyncio.create_task(self._watch.run(), name="archive log watch"),
            asyncio.create_task(self._database_watch.run(), name="archive database watch"),
        ]
        return [self._consuming, *self._others]

    async def stop(self) -> None:
        """Store what has been read; what cannot be stored in time stays in the log."""
        self.consumer.stop()
        for task in self._others:
            task.cancel()
        await asyncio.wait([self._consuming])
        # A server that answers nothing does not even let go of a cancelled transaction.
        await asyncio.wait(self._others, timeout=OTHERS_STOP_SECONDS)
        _retrieve(self._consuming, *self._others)
        self._metrics.observe_lag({})
        for database in self._databases:
            await database.close()

    @property
    def kafka_trouble(self) -> str | None:
        """Why the log is not known to be stored; None while it is."""
        return self.consumer.broker_trouble or self._watch.trouble

    @property
    def retention_refusal(self) -> str | None:
        """Why nothing expires; None while retention works."""
        return self._maintenance.refusal

    @property
    def database_trouble(self) -> str | None:
        """Why the database is not known to store; None while it is."""
        troubles = (database.trouble for database in self._databases)
        return next(filter(None, troubles), None) or self._database_watch.trouble


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
        """Ready once partitions are assigned, and while broker and database answer."""
        return {
            "archive_assigned": holds(
                when=lambda: self._archive is not None and self._archive.consumer.is_assigned,
                otherwise="no partition of the topic is assigned to this instance yet",
            ),
            "archive_kafka": self._kafka_trouble,
            "archive_clock": self._clock_trouble,
            "database": self._database_trouble,
        }

    def observations(self) -> Checks:
        """Name why nothing expires: the database fills, but it stores."""
        return {
            "retention": lambda: self._archive.retention_refusal if self._archive else NOT_AT_WORK
        }

    def _clock_trouble(self) -> str | None:
        return self._archive.consumer.clock_trouble() if self._archive is not None else NOT_AT_WORK

    def _kafka_trouble(self) -> str | None:
        return self._archive.kafka_trouble if self._archive is not None else NOT_AT_WORK

    def _database_trouble(self) -> str | None:
        return self._archive.database_trouble if self._archive is not None else NOT_AT_WORK

    def routers(self) -> list[Routes]:
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
        clock = DataClock()
        self.broadcaster = Broadcaster(
            metrics=metrics,
            limits=limits_of(settings.sse),
            lifetime=lifetime_of(settings.sse),
            clock=clock,
            expiry_clock=time.time,
        )
        self._picture = Ticker(
            settings=settings.live,
            heartbeat_seconds=settings.sse.heartbeat_seconds,
            broadcaster=self.broadcaster,
            metrics=metrics,
            clock=clock,
        )
        self._settings = settings
        self._metrics = metrics
        self._reader: LiveReader | None = None
        self._watch: LogWatch | None = None
        self._progress = Progress(STALLED_SECONDS)
        self._tasks: list[asyncio.Task[None]] = []
        self._routers = [
            stream_routes(
                broadcaster=self.broadcaster,
                gate=gate,
                metrics=metrics,
                settings=settings.sse,
                replay=Replay(
                    broadcaster=self.broadcaster,
                    database=history,
                    limits=replay_limits_of(settings),
                    clock=clock,
                ),
            ),
            readsb_routes(broadcaster=self.broadcaster, gate=gate, clock=clock),
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
        self._progress = progress = Progress(STALLED_SECONDS)
        self._watch = watch = LogWatch(self._settings.kafka, take=self._observe)
        self._metrics.watch_lag(lambda: progress.lag_messages, lambda: watch.age_seconds)
        self._tasks = [
            asyncio.create_task(asyncio.to_thread(self._reader.run), name="live reader"),
            asyncio.create_task(self._picture.run(), name="live picture"),
            asyncio.create_task(watch.run(), name="live log watch"),
        ]
        return self._tasks

    def _observe(self, look: Look) -> None:
        if self._reader is not None:
            self._reader.observe(look)
            self._progress.observe(self._reader.next_offsets, look.ends)

    async def end(self) -> None:
        """Stop reading; what was read is not shown any longer, for it ages."""
        if self._reader is None:
            return
        self._reader.stop()
        _reading, *others = self._tasks
        for task in others:
            task.cancel()
        await asyncio.wait(self._tasks)
        _retrieve(*self._tasks)
        self.broadcaster.suspend()

    async def close(self, *, hurry: asyncio.Event) -> None:
        """Say goodbye to every viewer, spread over the drain time."""
        self.broadcaster.close()
        await self.broadcaster.wait_empty(hurry=hurry)

    def checks(self) -> Checks:
        """Ready once the log has been read to its end, and while it is read on."""
        return {
            "live_picture": holds(
                when=lambda: self.broadcaster.is_open,
                otherwise="the topic has not been read to its end yet",
            ),
            "live_kafka": self._kafka_trouble,
            "live_reading": lambda: self._progress.trouble,
        }

    def _kafka_trouble(self) -> str | None:
        if self._reader is None or self._watch is None:
            return NOT_AT_WORK
        return self._reader.broker_trouble or self._watch.trouble

    def observations(self) -> Checks:
        """Name a host's clock that differs from the time of the data."""
        return {"clock": self._picture.clock_trouble}

    def routers(self) -> list[Routes]:
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
        places=SlotLimits(
            settings.history.max_replays,
            per_principal=settings.history.max_replays_per_principal,
            per_address=settings.history.max_replays_per_address,
        ),
        window_days=settings.history.max_window_days,
        heartbeat_seconds=settings.sse.heartbeat_seconds,
        expiry_seconds=settings.live.expiry_seconds,
    )


def limits_of(settings: SseSettings) -> Limits:
    """Return how many viewers the settings allow."""
    return Limits(
        subscribers=settings.max_viewers,
        per_address=settings.max_viewers_per_address,
        per_principal=settings.max_viewers_per_principal,
        selections=SlotLimits(
            total=settings.max_field_selections,
            per_principal=settings.max_field_selections_per_principal,
            per_address=settings.max_field_selections_per_address,
        ),
    )


def lifetime_of(settings: SseSettings) -> Lifetime:
    """Return how the settings have streams end."""
    return Lifetime(
        retry_ms=settings.retry_milliseconds,
        max_age_seconds=settings.max_age_seconds,
        drain_seconds=settings.drain_seconds,
    )
