"""Build the processor, start it, watch it, and stop it in the right order."""

import asyncio
import signal
from collections.abc import Iterable
from typing import Literal

import structlog
from fastapi import FastAPI
from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector

from configuration.http_address import url_of
from processor.access.gate import create_gate
from processor.access.metrics import watch_keys_file
from processor.access.startup_checks import check_access_settings, check_exposure
from processor.history.database import history_of
from processor.host_clock import watch_host_clock
from processor.http.access.hosts import accepted_hosts
from processor.http.access.ticket_routes import ticket_routes
from processor.http.app import create_app
from processor.http.health import health_routes, holds
from processor.http.history.routes import history_routes
from processor.http.server.connections import OpenConnections, fit_open_files, socket_limits
from processor.http.server.server import create_server, listen
from processor.settings import ProcessorSettings
from processor.supervisor import Half, supervise

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
        self._registry = CollectorRegistry()
        watch_keys_file(self._gate, self._registry)
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self._registry)
        self._history = history_of(settings)
        halves: list[Half] = []
        broadcaster = None
        if role != "live":
            from processor.archive_half import ArchiveHalf

            halves.append(ArchiveHalf(settings, self._registry))
        if role != "archive":
            from processor.live_half import LiveHalf

            live = LiveHalf(settings, self._registry, self._gate, self._history)
            broadcaster = live.broadcaster
            halves.append(live)
        self._supervisors = supervise(halves, self._registry)
        self._history_routes = history_routes(
            database=self._history,
            broadcaster=broadcaster,
            gate=self._gate,
            settings=settings.history,
            expiry_seconds=settings.live.expiry_seconds,
            registry=self._registry,
        )

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
        server = create_server(
            self._app(host),
            trusted_proxies=settings.http.trusted_proxies,
            connections=self._connections(),
        )
        serving = asyncio.create_task(server.serve(sockets=[listener]), name="server")
        running = [asyncio.create_task(one.run(), name=one.half.name) for one in self._supervisors]
        watching = asyncio.create_task(watch_host_clock(), name="host clock")
        checking = asyncio.create_task(self._gate.watch(), name="access")
        log.info("started", url=url_of(host, port), halves=[task.get_name() for task in running])
        try:
            await self._watch([serving, checking, *running])
        finally:
            self._stopping.set()
            for task in (watching, checking, *running):
                task.cancel()
            await asyncio.gather(*(one.stop(hurry=self._hurry) for one in self._supervisors))
            await self._history.close()
            server.should_exit = True
            await asyncio.wait([serving], timeout=SERVER_STOP_SECONDS)
            log.info("stopped")

    def _connections(self) -> OpenConnections:
        settings = self._settings
        return OpenConnections(
            fit_open_files(socket_limits(settings.http, settings.sse)),
            proxies=settings.http.trusted_proxies,
            registry=self._registry,
        )

    def _app(self, address: str) -> FastAPI:
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
        health = health_routes(
            required=required,
            observed=observed,
            registry=self._registry,
            gate=self._gate,
        )
        routers = [router for one in self._supervisors for router in one.half.routers()]
        return create_app(
            routers=[*routers, self._history_routes, ticket_routes(self._gate), health],
            allowed_origins=self._settings.sse.allowed_origins,
            accepted_hosts=accepted_hosts(self._settings.http.allowed_hosts, address),
            write_deadline_seconds=self._settings.sse.write_deadline_seconds,
        )

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
