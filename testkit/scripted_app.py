"""The real application on a port of its own; log, clock and ticks are in the test's hand."""

import asyncio
import json
from types import TracebackType
from typing import Any, Self

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from prometheus_client import CollectorRegistry

from processor.access.gate import create_gate
from processor.http.access.ticket_routes import ticket_routes
from processor.http.app import create_app
from processor.http.dependencies import Routes
from processor.http.health import health_routes
from processor.http.page import page_routes
from processor.http.server.connections import OpenConnections
from processor.http.server.server import Server, create_server, listen
from processor.http.stream.routes import stream_routes
from processor.live.broadcaster import Broadcaster
from processor.live.fleet import Fleet, Update
from processor.live.metrics import LiveMetrics
from processor.live_half import lifetime_of, limits_of
from processor.settings import AccessSettings, PageSettings, SseSettings
from processor.stream.log_position import LogPosition
from processor.stream.output_format import DEFAULT_FORMAT
from telemetry.state_vector import StateVector
from testkit.state_vectors import START

STREAM = "/sse/flights"
BLANK = "/blank"
"""A page of the same origin that does nothing by itself."""

EXPIRY_SECONDS = 300
SSE = SseSettings(retry_milliseconds=200, drain_seconds=0)


class ScriptedApp:
    """Serves what the test says, when the test says; started again, it reads its log anew."""

    def __init__(self, *, sse: SseSettings = SSE, access: AccessSettings | None = None) -> None:
        self.now = float(START)
        self.port = 0
        self.reasons: dict[str, str] = {}
        """What `/ready` gives, by the check's name."""
        self._sse = sse
        self._access = access or AccessSettings()
        self._gate = create_gate(self._access)
        self._log: list[Update] = []
        self._epoch = 0
        self._registry: CollectorRegistry
        self._tracker: Fleet
        self._broadcaster: Broadcaster
        self._server: Server
        self._serving: asyncio.Task[None]

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.stop()

    @property
    def stream_url(self) -> str:
        """The address of the stream."""
        return f"{self.url}{STREAM}"

    @property
    def blank_url(self) -> str:
        """The address of the page that does nothing by itself."""
        return f"{self.url}{BLANK}"

    @property
    def url(self) -> str:
        """The address of the page that users open."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Serve, after the first time on the same port."""
        self._registry = CollectorRegistry()
        metrics = LiveMetrics(self._registry)
        self._broadcaster = self._make_broadcaster(metrics)
        listener = listen("127.0.0.1", self.port, write_deadline_seconds=30)
        self.port = listener.getsockname()[1]
        routes = stream_routes(
            broadcaster=self._broadcaster, gate=self._gate, metrics=metrics, settings=self._sse
        )
        app = create_app(
            routers=[
                routes,
                ticket_routes(self._gate),
                self._health_routes(),
                page_routes(PageSettings(), needs_key=self._access.mode == "required"),
                _blank_routes(),
            ],
            allowed_origins=self._sse.allowed_origins,
        )
        connections = OpenConnections(proxies=["127.0.0.1"], registry=self._registry)
        self._server = create_server(app, trusted_proxies=["127.0.0.1"], connections=connections)
        self._serving = asyncio.create_task(self._server.serve(sockets=[listener]))
        self._read_log()

    async def stop(self) -> None:
        """Send every viewer away as the service does at its end, and let the port go."""
        self._broadcaster.close()
        await self._broadcaster.wait_until_empty(hurry=asyncio.Event())
        self._server.should_exit = True
        await self._serving

    def close(self) -> None:
        """Begin to send every viewer away."""
        self._broadcaster.close()

    async def wait_empty(self) -> None:
        """Wait until no stream is open."""
        async with asyncio.timeout(10):
            while self.metric("stream_viewers"):  # noqa: ASYNC110 - a state of the server's
                await asyncio.sleep(0.01)

    def receive(self, *vectors: StateVector | None) -> None:
        """Write messages to the log and read them; None is one that holds no state vector."""
        first = len(self._log)
        updates = [Update(0, first + number, vector) for number, vector in enumerate(vectors)]
        self._log += updates
        self._tracker.apply(updates)

    def tick(self, *, is_heartbeat: bool = False) -> None:
        """Tell the viewers what changed."""
        self._broadcaster.tick(is_heartbeat=is_heartbeat)

    def publish(self, *vectors: StateVector) -> None:
        """Hear, and tell the viewers."""
        self.receive(*vectors)
        self.tick()

    def turn_clock(self, seconds: float) -> None:
        """Let time pass; what comes of it is told at the next tick."""
        self.now += seconds

    def replace_log(self) -> None:
        """Lose the log to an empty one: what viewers have missed is not known for certain."""
        self._epoch += 1
        self._log = []
        self._read_log()

    def picture(self) -> dict[str, dict[str, Any]]:
        """Return what every viewer should hold."""
        states = [
            json.loads(aircraft.encode(DEFAULT_FORMAT)) for aircraft in self._tracker.aircraft
        ]
        return {state["icao24"]: state for state in states}

    def metric(self, name: str, **labels: str) -> float:
        """Return a metric's value since the last start."""
        return self._registry.get_sample_value(name, labels) or 0

    def _health_routes(self) -> Routes:
        return health_routes(
            required={"live_picture": lambda: self.reasons.get("live_picture")},
            observed={"clock": lambda: self.reasons.get("clock")},
            registry=self._registry,
            gate=self._gate,
        )

    def _make_broadcaster(self, metrics: LiveMetrics) -> Broadcaster:
        return Broadcaster(
            metrics=metrics,
            limits=limits_of(self._sse),
            lifetime=lifetime_of(self._sse),
            clock=lambda: self.now,
        )

    def _read_log(self) -> None:
        self.begin_log()
        self._tracker.apply(self._log)
        self._broadcaster.open()

    def begin_log(self) -> None:
        """Begin to read the log: nobody is served until its end."""
        beginning = LogPosition(f"log{self._epoch}", (0,))
        self._tracker = Fleet(
            start=beginning,
            resumable_after=beginning,
            expiry_seconds=EXPIRY_SECONDS,
            resume_window_seconds=EXPIRY_SECONDS,
            clock=lambda: self.now,
        )
        self._broadcaster.begin(self._tracker)


def _blank_routes() -> APIRouter:
    router = APIRouter()

    @router.get(BLANK)
    async def blank() -> HTMLResponse:
        return HTMLResponse('<!doctype html><link rel="icon" href="data:,">')

    return router
