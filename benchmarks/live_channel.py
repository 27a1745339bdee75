"""The real living picture and server on a port of their own, fed with the invented fleet."""

import asyncio
import socket
import time
from collections.abc import Callable, Sequence

from fastapi import APIRouter
from prometheus_client import CollectorRegistry

from processor.access.gate import create_gate
from processor.http.app import create_app
from processor.http.dependencies import Routes
from processor.http.server.connections import OpenConnections, SocketLimits
from processor.http.server.server import create_server, listen
from processor.http.stream.routes import stream_routes
from processor.live.broadcaster import Broadcaster, Lifetime
from processor.live.connection_limits import ConnectionLimits
from processor.live.data_clock import DataClock
from processor.live.fleet import Update
from processor.live.metrics import LiveMetrics
from processor.live.ticker import Ticker
from processor.settings import AccessSettings, LiveSettings, SseSettings
from processor.stream.log_position import LogPosition
from telemetry.state_vector import StateVector
from testkit.traffic import Fleet

POLL_SECONDS = 5
"""Of the fleet's own time, however fast the polls come."""

MANY = 1_000_000

SSE = SseSettings(
    heartbeat_seconds=300,  # one would come in between
    write_deadline_seconds=300,  # viewers that stall on purpose stay
    max_viewers=MANY,
    max_viewers_per_address=MANY,
)
LIVE = LiveSettings()
_BEGINNING = LogPosition("benchmark", (0,))


def many_connections() -> OpenConnections:
    """Return what counts connections without ever refusing one."""
    return OpenConnections(SocketLimits(total=MANY, per_address=MANY))


class TimedBroadcaster(Broadcaster):
    """Remembers when the first tick began after it was told to."""

    ticked_at: float | None = None

    def tick(self, *, is_heartbeat: bool = False) -> None:
        """Tell all viewers, and note the time."""
        if self.ticked_at is None:
            self.ticked_at = time.monotonic()
        super().tick(is_heartbeat=is_heartbeat)


class LivePart:
    """All that the processor's live half is, but for the log that it reads.

    Args:
        clock: Gives the time of the fleet.
        settings: Of the living picture.
        routers: What is served besides the stream.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        settings: LiveSettings = LIVE,
        routers: Sequence[Routes | APIRouter] = (),
    ) -> None:
        self.registry = CollectorRegistry()
        metrics = LiveMetrics(self.registry)
        self.broadcaster = TimedBroadcaster(
            metrics=metrics,
            limits=ConnectionLimits(
                SSE.max_viewers, SSE.max_viewers_per_address, SSE.max_viewers_per_principal
            ),
            lifetime=Lifetime(SSE.retry_milliseconds, SSE.max_age_seconds, SSE.drain_seconds),
            clock=clock,
        )
        self.picture = Ticker(
            settings=settings,
            heartbeat_seconds=SSE.heartbeat_seconds,
            broadcaster=self.broadcaster,
            metrics=metrics,
            clock=DataClock(host=clock, monotonic=clock),
        )
        routes = stream_routes(
            broadcaster=self.broadcaster,
            gate=create_gate(AccessSettings()),
            metrics=metrics,
            settings=SSE,
        )
        self.app = create_app(routers=[routes, *routers], allowed_origins=())
        self._offset = 0

    def begin(self, states: list[StateVector]) -> None:
        """Open the stream with these aircraft."""
        self.picture.begin(_BEGINNING, _BEGINNING)
        self.picture.receive(self.updates(states))
        self.picture.caught_up()

    def updates(self, states: list[StateVector]) -> list[Update]:
        """Return what the log would hold of an answer."""
        self._offset += len(states)
        first = self._offset - len(states)
        return [Update(0, first + number, state) for number, state in enumerate(states)]


class LiveChannel:
    """A live half that serves the invented fleet, and moves it when told to."""

    def __init__(self) -> None:
        self._now = int(time.time())
        self._fleet = Fleet(now=self._now)
        self._part = LivePart(lambda: self._now)

    def start(self) -> int:
        """Serve the whole fleet and return the port."""
        self._part.begin(self._fleet.states())
        listener = listen("127.0.0.1", 0, write_deadline_seconds=SSE.write_deadline_seconds)
        self._tasks = [
            asyncio.create_task(
                create_server(self._part.app, connections=many_connections()).serve(
                    sockets=[listener]
                )
            ),
            asyncio.create_task(self._part.picture.run()),
        ]
        return port_of(listener)

    def prepare(self) -> list[Update]:
        """Move the fleet on by a poll and return what the log would hold of it."""
        self._now += POLL_SECONDS
        return self._part.updates(self._fleet.move(self._now))

    def publish(self, updates: list[Update]) -> None:
        """Hand it to the picture as the reader of the log does."""
        self._part.broadcaster.ticked_at = None
        self._part.picture.receive(updates)

    @property
    def ticked_at(self) -> float:
        """When what was published last began to be sent."""
        return self._part.broadcaster.ticked_at or 0.0


def port_of(listener: socket.socket) -> int:
    """Return where a socket listens."""
    port: int = listener.getsockname()[1]
    return port
