"""The real live half on a real socket in a process of its own, under a sky that obeys commands."""

import asyncio
import ctypes
import gc
import logging
import os
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import structlog
import uvloop
from prometheus_client import CollectorRegistry

from processor.access.gate import Gate, create_gate
from processor.garbage_collection import return_large_blocks, tune_gc
from processor.history.database import HistoryDatabase
from processor.http.access.ticket_routes import ticket_routes
from processor.http.app import create_app
from processor.http.dependencies import Routes
from processor.http.health import health_routes, holds
from processor.http.history.routes import history_routes
from processor.http.server.connections import OpenConnections, socket_limits
from processor.http.server.server import create_server, listen
from processor.live_half import LiveHalf, history_of
from processor.settings import ProcessorSettings
from testkit.process_resources import allow_open_files, resident_kib
from testkit.sky import EXPIRY_SECONDS, Sky

INTERVAL_S = 1.0

_LIVE = {
    "expiry_seconds": EXPIRY_SECONDS,
    "tick_seconds": INTERVAL_S / 2,
    "quiet_seconds": 0.05,
}


class Serving(msgspec.Struct, frozen=True):
    """What is served, given as a line of JSON.

    Attributes:
        aircraft: In the sky.
        seed: Of the sky.
        settings: What differs from the settings' defaults, by section.
    """

    aircraft: int
    seed: int
    settings: dict[str, dict[str, Any]]


class Account(msgspec.Struct, frozen=True):
    """What the process says of itself.

    Attributes:
        port: Where it serves.
        position: Of the log, as in the ids of events.
        subscribers: Open streams, as in its metrics.
        closed: Streams that it ended, by reason, as in its metrics.
        resumes: By outcome, as in its metrics.
        conflated: Times that a viewer was behind.
        tasks: Of the event loop.
        files: Open descriptors.
        resident_kib: Memory that is not shared with files.
        errors: What was logged as an error.
        received_at: When the sky's time was due, by the machine's monotonic clock.
    """

    port: int
    position: str
    subscribers: int
    closed: dict[str, int]
    resumes: dict[str, int]
    conflated: int
    tasks: int
    files: int
    resident_kib: int
    errors: list[str]
    received_at: dict[int, float]


class _Errors(logging.Handler):
    """Keeps what no test should let pass unread."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(self.format(record))


class _Process:
    """The live half without its reader: the sky is handed to the picture as the reader would."""

    def __init__(self, serving: Serving, errors: _Errors) -> None:
        self._errors = errors
        self._sky = Sky(serving.aircraft, serving.seed)
        self._received_at: dict[int, float] = {}
        self._registry = CollectorRegistry()
        settings = ProcessorSettings.model_validate({"live": _LIVE, **serving.settings})
        gate, history = create_gate(settings.access), history_of(settings)
        self._half = LiveHalf(settings, self._registry, gate, history)
        self._ticker = self._half._ticker
        self._ticker._clock = self._half.broadcaster._clock = lambda: float(self._sky.now)
        self._listener = listen(
            "127.0.0.1", 0, write_deadline_seconds=settings.sse.write_deadline_seconds
        )
        app = create_app(
            routers=[
                *self._half.routers(),
                _history(settings, history, self._half, gate),
                ticket_routes(gate),
                _health(self._half, self._registry, gate),
            ],
            allowed_origins=(),
        )
        # Clients of many addresses come as through a proxy of this machine.
        proxies = ["127.0.0.1"]
        self._server = create_server(
            app,
            trusted_proxies=proxies,
            connections=OpenConnections(
                socket_limits(settings.http, settings.sse), proxies=proxies, registry=self._registry
            ),
        )
        self._moving: asyncio.Task[None] | None = None

    async def follow(self) -> None:
        """Serve, and answer every command with an account."""
        self._tasks = [
            asyncio.create_task(self._server.serve(sockets=[self._listener])),
            asyncio.create_task(self._ticker.run()),
        ]
        self._ticker.begin(self._sky.position, self._sky.position)
        self._ticker.receive(self._sky.all())
        self._ticker.caught_up()
        commands = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(commands), sys.stdin
        )
        while command := (await commands.readline()).decode().strip():
            await self._obey(command)
            sys.stdout.write(msgspec.json.encode(self._account()).decode() + "\n")
            sys.stdout.flush()

    async def _obey(self, command: str) -> None:
        """Obey `move` (on, each second), `halt` (and have everything told), `send`, `collect`.

        The last gives free memory back, so that what is left is in use: without, glibc keeps holes
        between pieces that live, which are used again but not given back.
        """
        if command == "move":
            self._moving = asyncio.create_task(self._move())
        elif command == "halt" and self._moving is not None:
            self._moving.cancel()
            await asyncio.sleep(2 * INTERVAL_S)  # in which the last move is told
        elif command == "collect":
            gc.collect()
            ctypes.CDLL(None).malloc_trim(0)

    async def _move(self) -> None:
        # A move that this process itself makes late counts from when it was due.
        due_at = time.monotonic()
        while True:
            updates = self._sky.move()
            self._received_at[self._sky.now] = due_at
            self._ticker.receive(updates)
            due_at += INTERVAL_S
            await asyncio.sleep(max(0.0, due_at - time.monotonic()))

    def _account(self) -> Account:
        return Account(
            port=self._listener.getsockname()[1],
            position=str(self._half.broadcaster._fleet.position),
            subscribers=int(self._registry.get_sample_value("stream_viewers") or 0),
            closed=self._counts("stream_closed", "reason"),
            resumes=self._counts("stream_resumes", "outcome"),
            conflated=int(self._registry.get_sample_value("stream_conflated_events_total") or 0),
            tasks=len(asyncio.all_tasks()),
            files=len(list(Path("/proc/self/fd").iterdir())),
            resident_kib=resident_kib(os.getpid()),
            errors=self._errors.texts,
            received_at=self._received_at,
        )

    def _counts(self, name: str, label: str) -> dict[str, int]:
        return {
            sample.labels[label]: int(sample.value)
            for family in self._registry.collect()
            for sample in family.samples
            if sample.name == f"{name}_total"
        }


def _history(
    settings: ProcessorSettings, history: HistoryDatabase, live: LiveHalf, gate: Gate
) -> Routes:
    return history_routes(
        database=history,
        broadcaster=live.broadcaster,
        gate=gate,
        settings=settings.history,
        expiry_seconds=settings.live.expiry_seconds,
    )


def _health(live: LiveHalf, registry: CollectorRegistry, gate: Gate) -> Routes:
    is_caught_up = holds(when=lambda: live.broadcaster.is_open, otherwise="not caught up yet")
    return health_routes(
        required={"live_picture": is_caught_up}, observed={}, registry=registry, gate=gate
    )


async def _serve(serving: Serving, errors: _Errors) -> None:
    await _Process(serving, errors).follow()


def main() -> None:
    """Serve until the commands end."""
    serving = msgspec.json.decode(sys.argv[1], type=Serving)
    allow_open_files()
    errors = _Errors()
    logging.getLogger().addHandler(errors)
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        # Standard output is for the answers.
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    tune_gc()
    return_large_blocks()
    uvloop.run(_serve(serving, errors))


if __name__ == "__main__":
    main()
