"""Build the processor, start it, watch it, and stop it in the right order."""

import asyncio
import importlib
import signal
from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

import structlog
from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector

from configuration.build_info import prepare_metrics
from configuration.http_address import url_of
from configuration.old_metric_names import RegistryWithOldNames
from configuration.tracing import Tracing, open_tracing
from processor.access.gate import create_gate
from processor.access.metrics import watch_keys_file
from processor.access.startup_checks import check_access_settings, check_exposure
from processor.garbage_collection import keep_from_gc
from processor.history.aircraft_source import DatabaseAircraft
from processor.history.database import HistoryDatabase, history_of
from processor.host_clock import watch_host_clock
from processor.http.access.hosts import accepted_hosts
from processor.http.access.root_path import at_root_path
from processor.http.health import Health, holds
from processor.http.history.metrics import DownloadMetrics
from processor.http.middleware import HttpOptions
from processor.http.operations import DeferredApp, create_operations
from processor.http.request_metrics import RequestMetrics
from processor.http.server.connections import OpenConnections, fit_open_files, socket_limits
from processor.http.server.server import create_server, listen
from processor.reference.identities import Identities
from processor.settings import ProcessorSettings
from processor.supervisor import Half, supervise

if TYPE_CHECKING:
    from fastapi import FastAPI

    from processor.live_half import LiveHalf

log = structlog.get_logger()

Role = Literal["archive", "live", "all"]

SERVER_STOP_SECONDS = 5
"""How long the HTTP server may take to end its last requests."""


class Service:
    """Starts the halves of its role, and stops everything on a signal or when no half works.

    Raises:
        FatalError: The settings contradict each other.
    """

    def __init__(self, settings: ProcessorSettings, role: Role) -> None:
        check_access_settings(settings)
        self._settings = settings
        self._gate = create_gate(settings.access)
        self._stopping = asyncio.Event()
        self._hurry = asyncio.Event()
        self._registry = RegistryWithOldNames()
        prepare_metrics(self._registry, "processor")
        watch_keys_file(self._gate, self._registry)
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self._registry)
        self._history = history_of(settings)
        self._identities = Identities(DatabaseAircraft(self._history))
        self._tracing = tracing = open_tracing(settings.tracing, "flight-monitor-processor")
        self._downloads = DownloadMetrics(self._registry)
        self._requests = RequestMetrics(self._registry)
        self._live = (
            None
            if role == "archive"
            else _live_half(settings, self._registry, self._history, tracing, self._identities)
        )
        halves: list[Half] = (
            [] if role == "live" else [_archive_half(settings, self._registry, tracing)]
        )
        if self._live is not None:
            halves.append(self._live)
        self._supervisors = supervise(halves, self._registry)

    async def run(self) -> None:
        """Serve until SIGTERM or SIGINT; a second signal skips the drain time.

        Raises:
            FatalError: The last half that worked has failed.
        """
        settings = self._settings
        listener = listen(
            settings.http.host,
            settings.http.port,
            write_deadline_seconds=settings.sse.write_deadline_seconds,
        )
        check_exposure(listener, settings.access)
        host, port = listener.getsockname()[:2]
        self._watch_signals()
        app = self._app(host)
        server = create_server(
            at_root_path(app, settings.http.root_path),
            trusted_proxies=settings.http.trusted_proxies,
            connections=self._connections(),
        )
        serving = asyncio.create_task(server.serve(sockets=[listener]), name="server")
        running = [asyncio.create_task(one.run(), name=one.half.name) for one in self._supervisors]
        watching = asyncio.create_task(watch_host_clock(), name="host clock")
        checking = asyncio.create_task(self._gate.watch(), name="access")
        log.info("started", url=url_of(host, port), halves=[task.get_name() for task in running])
        keep_from_gc()
        try:
            if self._live is not None:
                await app.loaded()  # while the log is read: subscribers will connect soon
            await self._watch([serving, checking, *running])
        finally:
            self._stopping.set()
            for task in (watching, checking, *running):
                task.cancel()
            await asyncio.gather(*(one.stop(hurry=self._hurry) for one in self._supervisors))
            await self._history.close()
            server.should_exit = True
            await asyncio.wait([serving], timeout=SERVER_STOP_SECONDS)
            await asyncio.to_thread(self._tracing.close)
            log.info("stopped")

    def _connections(self) -> OpenConnections:
        settings = self._settings
        return OpenConnections(
            fit_open_files(socket_limits(settings.http, settings.sse)),
            proxies=settings.http.trusted_proxies,
            registry=self._registry,
        )

    def _app(self, address: str) -> "DeferredApp[FastAPI]":
        options = HttpOptions(
            allowed_origins=self._settings.sse.allowed_origins,
            accepted_hosts=accepted_hosts(self._settings.http.allowed_hosts, address),
            write_deadline_seconds=self._settings.sse.write_deadline_seconds,
        )
        health = self._health()
        return DeferredApp(
            create_operations(health, self._gate, options, self._requests),
            lambda: self._load(health, options),
        )

    def _health(self) -> Health:
        *others, last = self._supervisors
        # Subscribers are served also while the archive waits for its database, or has failed.
        is_running = holds(
            when=lambda: not self._stopping.is_set(), otherwise="the process is stopping"
        )
        required = {"not_stopping": is_running, **last.checks()}
        informative = [one.checks() for one in others]
        informative += [one.half.observations() for one in self._supervisors]
        observed = {name: check for checks in informative for name, check in checks.items()}
        if self._settings.access.keys_file is not None:
            observed["keys_file"] = self._gate.keys_trouble
        return Health(required, observed, self._registry)

    async def _load(self, health: Health, options: HttpOptions) -> "FastAPI":
        """Import and create the application of all routes."""
        # In a thread: it takes some tenths of a second, in which probes must get their answers.
        await asyncio.to_thread(importlib.import_module, "processor.application")
        from processor.application import create_application

        app = create_application(
            self._settings,
            options,
            gate=self._gate,
            health=health,
            history=self._history,
            downloads=self._downloads,
            live=self._live,
            requests=self._requests,
            identities=self._identities,
        )
        keep_from_gc()
        return app

    async def _watch(self, tasks: Iterable[asyncio.Task[None]]) -> None:
        """Wait for the signal, or for the first task that fails, and raise its error."""
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


def _archive_half(
    settings: ProcessorSettings, registry: CollectorRegistry, tracing: Tracing
) -> Half:
    from processor.archive_half import ArchiveHalf

    return ArchiveHalf(settings, registry, tracing)


def _live_half(
    settings: ProcessorSettings,
    registry: CollectorRegistry,
    history: HistoryDatabase,
    tracing: Tracing,
    identities: Identities,
) -> "LiveHalf":
    from processor.live_half import LiveHalf

    return LiveHalf(settings, registry, history, tracing, identities)
