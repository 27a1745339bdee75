"""A live half without its reader, served on a free port, on a clock that the test turns."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from prometheus_client import CollectorRegistry

from processor.access.gate import Gate
from processor.access.tickets import Tickets
from processor.http.app import create_app
from processor.http.server.connections import OpenConnections
from processor.http.server.server import create_server, listen
from processor.http.stream.routes import stream_routes
from processor.live.broadcaster import Broadcaster, Lifetime
from processor.live.connection_limits import ConnectionLimits
from processor.live.fleet import Fleet, Update
from processor.live.metrics import LiveMetrics
from processor.settings import SseSettings
from processor.stream.log_position import LogPosition
from telemetry.state_vector import StateVector
from testkit.state_vectors import START

EXPIRY_SECONDS = 300


class LiveSite:
    """Hears what it is told to; open to everybody unless a key is asked for, which nobody has."""

    def __init__(self, *, max_viewers: int = 10, is_open: bool = True) -> None:
        self.now = float(START)
        self._offset = 0
        metrics = LiveMetrics(CollectorRegistry())
        self.broadcaster = Broadcaster(
            metrics=metrics,
            limits=ConnectionLimits(subscribers=max_viewers, per_address=10, per_principal=10),
            lifetime=Lifetime(retry_ms=2000, max_age_seconds=3600, drain_seconds=0),
            clock=lambda: self.now,
        )
        nowhere = LogPosition("epoch", (0,))
        self._tracker = Fleet(
            start=nowhere,
            resumable_after=nowhere,
            expiry_seconds=EXPIRY_SECONDS,
            resume_window_seconds=EXPIRY_SECONDS,
            clock=lambda: self.now,
        )
        self.broadcaster.begin(self._tracker)
        gate = Gate(is_open=is_open, keys=None, tokens=None, tickets=Tickets(ttl_seconds=30))
        self.app = create_app(
            routers=[
                stream_routes(
                    broadcaster=self.broadcaster, gate=gate, metrics=metrics, settings=SseSettings()
                )
            ],
            allowed_origins=[],
        )
        self._listener = listen("127.0.0.1", 0, write_deadline_seconds=30)
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"

    def receive(self, *states: StateVector) -> None:
        """Take state vectors in, as from the log."""
        for state in states:
            self._tracker.apply([Update(0, self._offset, state)])
            self._offset += 1

    def tick(self, seconds: float, *, is_heartbeat: bool = False) -> None:
        """Let time pass, and tell the viewers what happened meanwhile."""
        self.now += seconds
        self.broadcaster.tick(is_heartbeat=is_heartbeat)

    @asynccontextmanager
    async def serving(self, connections: OpenConnections | None = None) -> AsyncIterator[None]:
        """Serve, and at the end send everybody away."""
        server = create_server(self.app, connections=connections)
        task = asyncio.create_task(server.serve(sockets=[self._listener]))
        try:
            yield
        finally:
            self.broadcaster.close()
            server.should_exit = True
            await task
