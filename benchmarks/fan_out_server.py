"""The real application beside a bare writer, in one process that tells its processor time."""

import asyncio
import logging
import sys
import time

import msgspec
import structlog
import uvloop
from prometheus_client import CollectorRegistry

from benchmarks.processes import allow_open_files
from benchmarks.traffic import Fleet
from processor.api.app import create_app
from processor.api.server import create_server, listen
from processor.api.sse import sse_routes
from processor.live.broadcaster import Broadcaster
from processor.live.metrics import LiveMetrics
from processor.live.picture import LivePicture
from processor.live.position import Position
from processor.live.tracker import Update
from telemetry.settings import LiveSettings, SseSettings
from telemetry.state_vector import StateVector

# Heartbeats would come in between.
_SSE = SseSettings(heartbeat_seconds=300)
_LIVE = LiveSettings()
_BEGINNING = Position("benchmark", (0,))


class Answer(msgspec.Struct, frozen=True):
    """What each command is answered."""

    cpu_seconds: float
    app_port: int = 0
    bare_port: int = 0


class _BareWriter:
    """Writes the same bytes to whoever connected: the least that asyncio can do."""

    def __init__(self) -> None:
        self._writers: list[asyncio.StreamWriter] = []

    async def listen(self) -> int:
        self._server = await asyncio.start_server(self._on_viewer, "127.0.0.1", 0, backlog=4096)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def _on_viewer(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")

    def write(self, frame: bytes) -> None:
        for writer in self._writers:
            writer.write(frame)

    def forget(self) -> None:
        for writer in self._writers:
            writer.close()
        self._writers.clear()


class _Sky:
    """Moves the fleet and hands it to the picture as the reader of the log does."""

    def __init__(self, picture: LivePicture) -> None:
        self._picture = picture
        self._now = int(time.time())
        self._fleet = Fleet(now=self._now)
        self._offset = 0

    def begin(self) -> None:
        self._picture.begin(_BEGINNING, _BEGINNING)
        self._picture.take(self._updates(self._fleet.states()))
        self._picture.caught_up()

    def prepare(self) -> list[Update]:
        self._now += 1
        return self._updates(self._fleet.move(self._now))

    def _updates(self, states: list[StateVector]) -> list[Update]:
        self._offset += len(states)
        first = self._offset - len(states)
        return [Update(0, first + number, state) for number, state in enumerate(states)]


async def _serve() -> None:
    metrics = LiveMetrics(CollectorRegistry())
    broadcaster = Broadcaster(
        metrics=metrics,
        max_viewers=_SSE.max_viewers,
        retry_milliseconds=_SSE.retry_milliseconds,
        drain_seconds=_SSE.drain_seconds,
    )
    picture = LivePicture(
        settings=_LIVE,
        heartbeat_seconds=_SSE.heartbeat_seconds,
        broadcaster=broadcaster,
        metrics=metrics,
    )
    routes = sse_routes(
        broadcaster=broadcaster,
        metrics=metrics,
        write_deadline_seconds=_SSE.write_deadline_seconds,
    )
    listener = listen("127.0.0.1", 0, write_deadline_seconds=_SSE.write_deadline_seconds)
    server = create_server(create_app(routers=[routes], allowed_origins=()))
    bare, sky = _BareWriter(), _Sky(picture)
    bare_port = await bare.listen()
    sky.begin()
    serving = [
        asyncio.create_task(server.serve(sockets=[listener])),
        asyncio.create_task(picture.run()),
    ]
    _reply(app_port=listener.getsockname()[1], bare_port=bare_port)
    await _obey(picture, bare, sky)
    for task in serving:
        task.cancel()


async def _obey(picture: LivePicture, bare: _BareWriter, sky: _Sky) -> None:
    """Follow the commands: `app`, `bare BYTES`, `forget`, `cpu`."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    while line := (await reader.readline()).decode().split():
        updates = sky.prepare() if line[0] == "app" else []
        frame = bytes(int(line[1])) if line[0] == "bare" else b""
        _reply()
        if updates:
            picture.take(updates)
        elif frame:
            bare.write(frame)
        elif line[0] == "forget":
            bare.forget()


def _reply(*, app_port: int = 0, bare_port: int = 0) -> None:
    answer = Answer(time.process_time(), app_port, bare_port)
    sys.stdout.write(msgspec.json.encode(answer).decode() + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    allow_open_files()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    uvloop.run(_serve())
