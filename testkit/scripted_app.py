"""The real application on a port of its own, whose log, clock and ticks a test controls."""

import asyncio
import json
from types import TracebackType
from typing import Any, Self

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from configuration.shared_sections import AccessSettings
from processor.access.gate import create_gate
from processor.http.server.server import Server
from processor.reference.identity import Identity
from processor.settings import PageSettings, ProcessorSettings, SseSettings
from processor.stream.log_position import LogPosition
from processor.stream.output_format import DEFAULT_FORMAT
from telemetry.state_vector import StateVector
from testkit.application import LIVE, Application
from testkit.state_vectors import START

STREAM = "/sse/flights"
BLANK = "/blank"
"""A page of the same origin without scripts."""

SSE = SseSettings(retry_milliseconds=200, drain_seconds=0)


class ScriptedApp:
    """An application that keeps its log and its port over restarts.

    Attributes:
        now: The time of the application (Unix seconds).
        reasons: Why `/ready` reports `live_picture` and `clock` as missing; absent if they hold.
    """

    def __init__(
        self,
        *,
        sse: SseSettings = SSE,
        access: AccessSettings | None = None,
        page: PageSettings | None = None,
    ) -> None:
        self.now = float(START)
        self.reasons: dict[str, str] = {}
        access = access or AccessSettings()
        self.gate = create_gate(access)
        self._settings = ProcessorSettings(
            live=LIVE, sse=sse, access=access, page=page or PageSettings()
        )
        self._log: list[StateVector | None] = []
        self._epoch = 0
        self._application = self._create_application()

    def _create_application(self) -> Application:
        return Application(
            self._settings,
            clock=lambda: self.now,
            gate=self.gate,
            routers=[_blank_routes()],
            has_history=False,
            required={"live_picture": lambda: self.reasons.get("live_picture")},
            observed={"clock": lambda: self.reasons.get("clock")},
        )

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
    def port(self) -> int:
        """The port, which stays the same over restarts."""
        return self._application.port

    @property
    def url(self) -> str:
        """The address of the page that users open."""
        return self._application.url

    @property
    def stream_url(self) -> str:
        """The address of the stream."""
        return f"{self.url}{STREAM}"

    @property
    def blank_url(self) -> str:
        """The address of the page without scripts."""
        return f"{self.url}{BLANK}"

    @property
    def server(self) -> Server:
        """The server since the last start."""
        return self._application.server

    def start(self) -> None:
        """Serve with a new application, which reads the whole log."""
        port = self.port
        self._application = self._create_application()
        self._application.start(port)
        self._read_log()

    async def stop(self) -> None:
        """End every stream in order, as the service does, and then the server."""
        self.close()
        await self._application.broadcaster.wait_until_empty(hurry=asyncio.Event())
        await self._application.stop()

    def close(self) -> None:
        """Begin to end every stream."""
        self._application.broadcaster.close()

    async def wait_empty(self) -> None:
        """Wait until no stream is open."""
        async with asyncio.timeout(10):
            while self.metric("flightmonitor_stream_subscribers"):  # noqa: ASYNC110 - the server's state
                await asyncio.sleep(0.01)

    def receive(self, *vectors: StateVector | None) -> None:
        """Write messages to the log and read them; None is one without a state vector."""
        self._log += vectors
        self._application.receive(*vectors)

    def tick(self, *, is_heartbeat: bool = False) -> None:
        """Publish what has changed."""
        self._application.tick(is_heartbeat=is_heartbeat)

    def publish(self, *vectors: StateVector) -> None:
        """Receive messages, and publish what has changed."""
        self.receive(*vectors)
        self.tick()

    def identify(self, **found: Identity) -> None:
        """Publish which aircraft it is, by icao24."""
        self._application.fleet.identify(found)
        self.tick()

    def turn_clock(self, seconds: float) -> None:
        """Let some time pass; the next tick publishes what has expired."""
        self.now += seconds

    def replace_log(self) -> None:
        """Replace the log by an empty one, after which no subscriber can resume."""
        self._epoch += 1
        self._log = []
        self._read_log()

    def begin_log(self) -> None:
        """Begin to read the log; streams wait until its end."""
        self._application.begin(LogPosition(f"log{self._epoch}", (0,)))

    def _read_log(self) -> None:
        self.begin_log()
        self._application.receive(*self._log)
        self._application.open()

    def live_state(self) -> dict[str, dict[str, Any]]:
        """Return the state that every subscriber should hold, by icao24."""
        aircraft = self._application.fleet.aircraft
        states = [json.loads(each.encode(DEFAULT_FORMAT)) for each in aircraft]
        return {state["icao24"]: state for state in states}

    def metric(self, name: str, **labels: str) -> float:
        """Return the value of a metric since the last start."""
        return self._application.metric(name, **labels)


def _blank_routes() -> APIRouter:
    router = APIRouter()

    @router.get(BLANK)
    async def blank() -> HTMLResponse:
        return HTMLResponse('<!doctype html><link rel="icon" href="data:,">')

    return router
