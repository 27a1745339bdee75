"""The HTTP application of the processor over a live state that its user writes, without Kafka."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import APIRouter, FastAPI
from prometheus_client import CollectorRegistry

from processor.access.gate import Gate, create_gate
from processor.history.database import history_of
from processor.http.access.root_path import at_root_path
from processor.http.access.ticket_routes import ticket_routes
from processor.http.app import create_app
from processor.http.dependencies import Routes
from processor.http.health import Checks, Health, holds
from processor.http.health_routes import health_routes
from processor.http.history.metrics import DownloadMetrics
from processor.http.history.routes import history_routes
from processor.http.page import BUILT, page_routes
from processor.http.readsb.routes import readsb_routes
from processor.http.request_metrics import RequestMetrics
from processor.http.server.connections import OpenConnections
from processor.http.server.server import Server, create_server, listen
from processor.http.stream.routes import stream_routes
from processor.live.broadcaster import Broadcaster
from processor.live.data_clock import DataClock
from processor.live.fleet import Fleet, Update
from processor.live.metrics import LiveMetrics
from processor.live.ticker import Ticker
from processor.live_half import lifetime_of, limits_of, replay_limits_of
from processor.replay.session import Replay
from processor.settings import LiveSettings, ProcessorSettings
from processor.stream.log_position import LogPosition
from telemetry.state_vector import StateVector
from testkit.state_vectors import START

EXPIRY_SECONDS = 300
LIVE = LiveSettings(expiry_seconds=EXPIRY_SECONDS, resume_window_seconds=EXPIRY_SECONDS)
BEGINNING = LogPosition("log", (0,))
PROXIES = ("127.0.0.1",)
"""Clients of many addresses send X-Forwarded-For, as through a proxy on this machine."""


class Application:
    """Serves every route of the processor on a port of 127.0.0.1.

    Attributes:
        now: The time of the default clock (Unix seconds).
        port: The port of the server; 0 before `start`.
        app: The application, which can also be called without a socket.
        registry: The metrics.
        fleet: The live state since the last `begin`.

    Args:
        settings: Settings of the processor; None for the defaults with `EXPIRY_SECONDS`.
        clock: Gives Unix time in seconds; None for `now`.
        gate: Admits clients; None for the one that the settings describe.
        routers: Further routes, which take precedence over those of the processor.
        has_history: Whether to serve the history and replays, which need a database.
        required: The checks of `/ready` that must hold; None for an open live state.
        observed: The checks that `/ready` only reports.
        accepted_hosts: The names that the Host header may give; empty accepts every name.
        built: The folder of the built page.
        broadcaster_class: The class of the broadcaster.
    """

    def __init__(
        self,
        settings: ProcessorSettings | None = None,
        *,
        clock: Callable[[], float] | None = None,
        gate: Gate | None = None,
        routers: Sequence[Routes | APIRouter] = (),
        has_history: bool = True,
        required: Checks | None = None,
        observed: Checks | None = None,
        accepted_hosts: Sequence[str] = (),
        built: Path = BUILT,
        broadcaster_class: type[Broadcaster] = Broadcaster,
    ) -> None:
        self.now = float(START)
        self.port = 0
        self.settings = settings or ProcessorSettings(live=LIVE)
        self.clock = clock or (lambda: self.now)
        self.gate = gate or create_gate(self.settings.access)
        self.registry = CollectorRegistry()
        self.metrics = LiveMetrics(self.registry)
        self.database = history_of(self.settings)
        self.broadcaster = broadcaster_class(
            metrics=self.metrics,
            limits=limits_of(self.settings.sse),
            lifetime=lifetime_of(self.settings.sse),
            clock=self.clock,
        )
        is_open = holds(when=lambda: self.broadcaster.is_open, otherwise="not caught up yet")
        health = Health(
            required={"live_picture": is_open} if required is None else required,
            observed=observed or {},
            registry=self.registry,
        )
        self.app = self._create_app(
            [*routers, health_routes(health, self.gate)],
            accepted_hosts,
            built,
            has_history=has_history,
        )
        self.fleet: Fleet
        self.server: Server
        self._serving: asyncio.Task[None]
        self._next_offset = 0
        self.begin()

    def _create_app(
        self,
        routers: Sequence[Routes | APIRouter],
        accepted_hosts: Sequence[str],
        built: Path,
        *,
        has_history: bool,
    ) -> FastAPI:
        """Create the application; this is the only place that lists the routes of the processor."""
        settings = self.settings
        streams = stream_routes(
            broadcaster=self.broadcaster,
            gate=self.gate,
            metrics=self.metrics,
            settings=settings.sse,
            replay=self._create_replay() if has_history else None,
        )
        return create_app(
            routers=[
                *routers,
                streams,
                *([self._history_routes()] if has_history else []),
                readsb_routes(broadcaster=self.broadcaster, gate=self.gate, clock=self.clock),
                page_routes(
                    settings.page,
                    needs_key=settings.access.mode == "required",
                    heartbeat_seconds=settings.sse.heartbeat_seconds,
                    built=built,
                ),
                ticket_routes(self.gate),
            ],
            allowed_origins=settings.sse.allowed_origins,
            accepted_hosts=accepted_hosts,
            write_deadline_seconds=settings.sse.write_deadline_seconds,
            requests=RequestMetrics(self.registry),
        )

    def _create_replay(self) -> Replay:
        return Replay(
            broadcaster=self.broadcaster,
            database=self.database,
            limits=replay_limits_of(self.settings),
            clock=self.clock,
        )

    def _history_routes(self) -> Routes:
        return history_routes(
            database=self.database,
            broadcaster=self.broadcaster,
            gate=self.gate,
            settings=self.settings.history,
            expiry_seconds=self.settings.live.expiry_seconds,
            metrics=DownloadMetrics(self.registry),
            clock=self.clock,
        )

    @property
    def address(self) -> str:
        """Host and port of the server."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """The address of the page that users open."""
        return f"http://{self.address}"

    def begin(self, start: LogPosition = BEGINNING) -> None:
        """Replace the fleet by an empty one of a log with one partition; streams wait for `open`.

        Args:
            start: The position from which the log is read.
        """
        live = self.settings.live
        self.fleet = Fleet(
            start=start,
            resumable_after=start,
            expiry_seconds=live.expiry_seconds,
            resume_window_seconds=live.resume_window_seconds,
            clock=self.clock,
        )
        self._next_offset = start.offsets[0]
        self.broadcaster.begin(self.fleet)

    def open(self) -> None:
        """Serve streams: the log has been read to its end."""
        self.broadcaster.open()

    def updates(self, vectors: Sequence[StateVector | None]) -> list[Update]:
        """Append messages to the log and return them; None is one without a state vector."""
        first = self._next_offset
        self._next_offset += len(vectors)
        return [Update(0, first + number, vector) for number, vector in enumerate(vectors)]

    def receive(self, *vectors: StateVector | None) -> None:
        """Append messages to the log and read them; subscribers get them at the next tick."""
        self.fleet.apply(self.updates(vectors))

    def tick(self, seconds: float = 0, *, is_heartbeat: bool = False) -> None:
        """Let some time pass, and publish what has changed."""
        self.now += seconds
        self.broadcaster.tick(is_heartbeat=is_heartbeat)

    def publish(self, *vectors: StateVector | None) -> None:
        """Receive messages, and publish what has changed."""
        self.receive(*vectors)
        self.tick()

    def create_ticker(self) -> Ticker:
        """Return a ticker, which begins a fleet of its own and publishes by itself."""
        return Ticker(
            settings=self.settings.live,
            heartbeat_seconds=self.settings.sse.heartbeat_seconds,
            broadcaster=self.broadcaster,
            metrics=self.metrics,
            clock=DataClock(host=self.clock, monotonic=self.clock),
        )

    def metric(self, name: str, **labels: str) -> float:
        """Return the sum of a metric over all labels that are not given; 0 if it has no series."""
        return sum(
            sample.value
            for family in self.registry.collect()
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    def start(self, port: int = 0, *, connections: OpenConnections | None = None) -> int:
        """Serve in a task of the running loop, and return the port.

        Args:
            port: The port to listen on; 0 for a free one.
            connections: Counts and bounds the connections; None for the default bounds.
        """
        deadline = self.settings.sse.write_deadline_seconds
        listener = listen("127.0.0.1", port, write_deadline_seconds=deadline)
        # uvloop sets this option too. Without it, each response waits 40 ms for an acknowledgement.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.port = listener.getsockname()[1]
        self.server = create_server(
            at_root_path(self.app, self.settings.http.root_path),
            trusted_proxies=PROXIES,
            connections=connections or OpenConnections(proxies=PROXIES, registry=self.registry),
        )
        self._serving = asyncio.create_task(self.server.serve(sockets=[listener]))
        return self.port

    async def stop(self) -> None:
        """End all streams, the server and the connections to the database."""
        self.broadcaster.close()
        self.server.should_exit = True
        await self._serving
        await self.database.close()

    @asynccontextmanager
    async def serving(self, connections: OpenConnections | None = None) -> AsyncIterator[None]:
        """Serve during the block."""
        self.start(connections=connections)
        try:
            yield
        finally:
            await self.stop()
