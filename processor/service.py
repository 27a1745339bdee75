"""Build the processor, start it, watch it, and stop it in the right order."""

import asyncio
import os
import signal
import socket
import time
from collections.abc import Iterable
from typing import Literal, Protocol

import structlog
from fastapi import APIRouter, FastAPI
from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector

from processor.access.gate import Gate, create_gate
from processor.access.principal import METRICS
from processor.access.refusals import refuse_contradictions, refuse_exposure
from processor.api.access import require, ticket_routes
from processor.api.app import create_app
from processor.api.health import Checks, health_routes, holds
from processor.api.history import history_routes
from processor.api.hosts import accepted_hosts
from processor.api.page import page_routes
from processor.api.readsb import readsb_routes
from processor.api.server import create_server, listen
from processor.api.stream import stream_routes
from processor.archive.breaker import Breaker
from processor.archive.consumer import ArchiveConsumer
from processor.archive.database import Database
from processor.archive.maintenance import Kept, Maintenance
from processor.archive.metrics import ArchiveMetrics
from processor.archive.sql import load_queries
from processor.archive.time_window import TimeWindow
from processor.archive.writer import Writer
from processor.history.database import HistoryDatabase
from processor.history.replay import Replay, ReplayLimits
from processor.host_clock import carried_on, watch_host_clock
from processor.live.audience import Limits
from processor.live.broadcaster import Broadcaster, Lifetime
from processor.live.data_clock import DataClock
from processor.live.metrics import LiveMetrics
from processor.live.picture import LivePicture
from processor.live.reader import LiveReader
from telemetry.settings import Settings, SseSettings

log = structlog.get_logger()

Role = Literal["archive", "live", "all"]

SERVER_STOP_SECONDS = 5
MAINTENANCE_STOP_SECONDS = 2


class Half(Protocol):
    """One of the processor's two halves, which share nothing but the process."""

    def start(self) -> list[asyncio.Task[None]]:
        """Begin; none of the tasks ends before `stop`, unless it fails."""

    async def stop(self, *, hurry: asyncio.Event) -> None:
        """Finish what was accepted, accept nothing new; do not dawdle once told to hurry."""

    def checks(self) -> Checks:
        """Tell what must hold for this half to do its work."""

    def observations(self) -> Checks:
        """Return what an operator should know although this half does its work."""

    def routers(self) -> list[APIRouter]:
        """Tell what this half serves."""


class ArchiveHalf:
    """Stores the log, and knows nothing of viewers."""

    def __init__(self, settings: Settings, registry: CollectorRegistry) -> None:
        queries = load_queries()
        metrics = ArchiveMetrics(registry)
        owner = f"{socket.gethostname()}:{os.getpid()}"
        writing = _database(settings, f"flight-monitor archive {owner}")
        maintaining = _database(settings, f"flight-monitor maintenance {owner}")
        self._databases = (writing, maintaining)
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
        self._consumer = ArchiveConsumer(
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
                (time.time, carried_on(time.time, time.monotonic)),
                retention_days=settings.database.retention_days,
            ),
        )

    def start(self) -> list[asyncio.Task[None]]:
        """Consume in a thread, maintain beside it."""
        self._consuming = asyncio.create_task(
            asyncio.to_thread(self._consumer.run), name="archive consumer"
        )
        self._maintaining = asyncio.create_task(self._maintenance.run(), name="maintenance")
        return [self._consuming, self._maintaining]

    async def stop(self, *, hurry: asyncio.Event) -> None:
        """Store what has been read; what cannot be stored in time stays in the log."""
        del hurry  # the last batch is the point of an orderly stop
        self._consumer.stop()
        self._maintaining.cancel()
        await asyncio.wait([self._consuming])
        # A server that answers nothing does not even let go of a cancelled transaction.
        await asyncio.wait([self._maintaining], timeout=MAINTENANCE_STOP_SECONDS)
        for database in self._databases:
            await database.close()

    def checks(self) -> Checks:
        """Ready once partitions are assigned and the database has answered last."""
        return {
            "archive_assigned": holds(
                when=lambda: self._consumer.is_assigned,
                otherwise="no partition of the topic is assigned to this instance yet",
            ),
            "database": holds(
                when=lambda: all(database.is_reachable for database in self._databases),
                otherwise="the database does not answer; see database.url and the log",
            ),
            "archive_clock": self._consumer.clock_trouble,
        }

    def observations(self) -> Checks:
        """Return nothing beside."""
        return {}

    def routers(self) -> list[APIRouter]:
        """Serve nothing of its own."""
        return []


class LiveHalf:
    """Keeps the picture and its viewers; without the database it misses nothing but the past."""

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
        self._picture = LivePicture(
            settings=settings.live,
            heartbeat_seconds=settings.sse.heartbeat_seconds,
            broadcaster=self.broadcaster,
            metrics=metrics,
            clock=clock,
        )
        self._reader = LiveReader(
            kafka=settings.kafka,
            live=settings.live,
            picture=self._picture,
            loop=asyncio.get_running_loop(),
        )
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
                    clock=clock,
                ),
            ),
            readsb_routes(broadcaster=self.broadcaster, gate=gate, clock=clock),
            page_routes(settings.page, needs_key=settings.access.mode == "required"),
        ]

    def start(self) -> list[asyncio.Task[None]]:
        """Read in a thread, tick in the event loop."""
        self._reading = asyncio.create_task(asyncio.to_thread(self._reader.run), name="live reader")
        self._ticking = asyncio.create_task(self._picture.run(), name="live picture")
        return [self._reading, self._ticking]

    async def stop(self, *, hurry: asyncio.Event) -> None:
        """Say goodbye to every viewer, spread over the drain time."""
        self._reader.stop()
        self._ticking.cancel()
        self.broadcaster.close()
        await self.broadcaster.wait_empty(hurry=hurry)
        await asyncio.wait([self._reading, self._ticking])

    def checks(self) -> Checks:
        """Ready once the log has been read to its end."""
        return {
            "live_picture": holds(
                when=lambda: self.broadcaster.is_open,
                otherwise="the topic has not been read to its end yet",
            )
        }

    def observations(self) -> Checks:
        """Name a host's clock that differs from the time of the data."""
        return {"clock": self._picture.clock_trouble}

    def routers(self) -> list[APIRouter]:
        """Serve the stream and the page that shows it."""
        return self._routers


class Service:
    """Starts what the role asks for, and ends it all when asked to or when a part fails.

    Raises:
        FatalError: Settings contradict each other.
    """

    def __init__(self, settings: Settings, role: Role) -> None:
        refuse_contradictions(settings)
        self._settings = settings
        self._gate = create_gate(settings.access)
        self._stopping = asyncio.Event()
        self._hurry = asyncio.Event()
        self._registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self._registry)
        self._history = history_of(settings)
        self._halves: list[Half] = []
        broadcaster = None
        if role != "live":
            self._halves.append(ArchiveHalf(settings, self._registry))
        if role != "archive":
            live = LiveHalf(settings, self._registry, self._gate, self._history)
            broadcaster = live.broadcaster
            self._halves.append(live)
        self._history_routes = history_routes(
            database=self._history,
            broadcaster=broadcaster,
            gate=self._gate,
            settings=settings.history,
            expiry_seconds=settings.live.expiry_seconds,
        )

    async def run(self) -> None:
        """Serve until SIGTERM or SIGINT; a second one makes haste.

        Raises:
            FatalError: A part cannot go on, and with it the process.
        """
        settings = self._settings
        listener = listen(
            settings.http.host,
            settings.http.port,
            write_deadline_seconds=settings.sse.write_deadline_seconds,
        )
        refuse_exposure(listener, settings.access)
        host, port = listener.getsockname()[:2]
        self._watch_signals()
        server = create_server(self._app(host), trusted_proxies=settings.http.trusted_proxies)
        serving = asyncio.create_task(server.serve(sockets=[listener]), name="server")
        tasks = [task for half in self._halves for task in half.start()]
        watching = asyncio.create_task(watch_host_clock(), name="host clock")
        log.info("started", url=f"http://{host}:{port}", parts=[task.get_name() for task in tasks])
        try:
            await self._watch([serving, *tasks])
        finally:
            self._stopping.set()
            watching.cancel()
            await asyncio.gather(*(half.stop(hurry=self._hurry) for half in self._halves))
            await self._history.close()
            server.should_exit = True
            await asyncio.wait([serving], timeout=SERVER_STOP_SECONDS)
            log.info("stopped")

    def _app(self, address: str) -> FastAPI:
        *others, last = self._halves
        # Viewers are served also while the archive waits for its database.
        is_running = holds(
            when=lambda: not self._stopping.is_set(), otherwise="the process is stopping"
        )
        required = {"not_stopping": is_running, **last.checks()}
        beside = [half.checks() for half in others]
        beside += [half.observations() for half in self._halves]
        observed = {name: check for checks in beside for name, check in checks.items()}
        health = health_routes(
            required=required,
            observed=observed,
            registry=self._registry,
            before_metrics=[require(self._gate, METRICS)],
        )
        routers = [router for half in self._halves for router in half.routers()]
        return create_app(
            routers=[*routers, self._history_routes, ticket_routes(self._gate), health],
            allowed_origins=self._settings.sse.allowed_origins,
            accepted_hosts=accepted_hosts(self._settings.http.allowed_hosts, address),
        )

    async def _watch(self, tasks: Iterable[asyncio.Task[None]]) -> None:
        """Wait for the signal, or for the first part that fails."""
        stopping = asyncio.create_task(self._stopping.wait())
        done, _ = await asyncio.wait([stopping, *tasks], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        for task in done - {stopping}:
            task.result()

    def _watch_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for signal_number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(signal_number, self._on_signal)

    def _on_signal(self) -> None:
        if self._stopping.is_set():
            self._hurry.set()
        self._stopping.set()


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
