"""A process with the live half of the processor on a real socket, and a sky that obeys commands."""

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
import uvloop

from configuration.freed_memory import limit_freed_memory
from processor.garbage_collection import tune_gc
from processor.http.server.connections import OpenConnections, socket_limits
from processor.settings import ProcessorSettings
from testkit.application import PROXIES, Application
from testkit.line_process import commands, log_warnings, reply
from testkit.process_resources import allow_open_files, resident_kib
from testkit.sky import EXPIRY_SECONDS, Sky

INTERVAL_S = 1.0

_LIVE = {
    "expiry_seconds": EXPIRY_SECONDS,
    "tick_seconds": INTERVAL_S / 2,
    "quiet_seconds": 0.05,
}


class Serving(msgspec.Struct, frozen=True):
    """What the process serves; its argument is this struct as JSON.

    Attributes:
        aircraft: The number of aircraft in the sky.
        seed: The seed of the sky.
        settings: The settings that differ from the defaults, by section.
    """

    aircraft: int
    seed: int
    settings: dict[str, dict[str, Any]]


class Account(msgspec.Struct, frozen=True):
    """The state of the process, which is the response to each command.

    Attributes:
        port: The port of the server.
        position: The log position, as in the ids of events.
        subscribers: Open streams, as in the metrics.
        closed: Streams that the server ended, by reason, as in the metrics.
        resumes: Attempts to resume, by outcome, as in the metrics.
        conflated: Events that slow subscribers got instead of several.
        tasks: Tasks of the event loop.
        files: Open file descriptors.
        resident_kib: Memory that is not shared with files.
        errors: The texts that were logged as errors.
        received_at: When each time of the sky was due, by the machine's monotonic clock.
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
    """Keeps every logged error, so that a test can fail on it."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(self.format(record))


class _Process:
    """The live half without its reader: the ticker receives the sky as it would from the log."""

    def __init__(self, serving: Serving, errors: _Errors) -> None:
        self._errors = errors
        self._sky = Sky(serving.aircraft, serving.seed)
        self._received_at: dict[int, float] = {}
        settings = ProcessorSettings.model_validate({"live": _LIVE, **serving.settings})
        self._application = Application(settings, clock=lambda: float(self._sky.now))
        self._registry = self._application.registry
        self._ticker = self._application.create_ticker()
        self._moving: asyncio.Task[None] | None = None

    async def follow(self) -> None:
        """Serve, and answer every command with an account."""
        settings = self._application.settings
        self._application.start(
            connections=OpenConnections(
                socket_limits(settings.http, settings.sse), proxies=PROXIES, registry=self._registry
            )
        )
        self._ticking = asyncio.create_task(self._ticker.run())
        self._ticker.begin(self._sky.position, self._sky.position)
        self._ticker.receive(self._sky.all())
        self._ticker.caught_up()
        async for command in commands():
            await self._obey(command)
            reply(self._account())

    async def _obey(self, command: str) -> None:
        """Obey one of `move`, `halt`, `report` and `collect`.

        `move` moves the aircraft each second until `halt`, which also publishes the last move.
        `collect` returns free memory to the system, so that the rest is in use; without it, glibc
        keeps holes between live allocations. `report` does nothing.
        """
        if command == "move":
            self._moving = asyncio.create_task(self._move())
        elif command == "halt" and self._moving is not None:
            self._moving.cancel()
            await asyncio.sleep(2 * INTERVAL_S)  # in which the last move is published
        elif command == "collect":
            gc.collect()
            ctypes.CDLL(None).malloc_trim(0)

    async def _move(self) -> None:
        # A move that this process makes late counts from the time at which it was due.
        due_at = time.monotonic()
        while True:
            updates = self._sky.move()
            self._received_at[self._sky.now] = due_at
            self._ticker.receive(updates)
            due_at += INTERVAL_S
            await asyncio.sleep(max(0.0, due_at - time.monotonic()))

    def _account(self) -> Account:
        return Account(
            port=self._application.port,
            position=str(self._application.broadcaster._fleet.position),
            subscribers=int(self._application.metric("flightmonitor_stream_subscribers")),
            closed=self._counts("flightmonitor_stream_closed", "reason"),
            resumes=self._counts("flightmonitor_stream_resumes", "outcome"),
            conflated=int(
                self._registry.get_sample_value("flightmonitor_stream_conflated_events_total") or 0
            ),
            tasks=len(asyncio.all_tasks()),
            files=len(list(Path("/proc/self/fd").iterdir())),
            resident_kib=resident_kib(os.getpid()),
            errors=self._errors.texts,
            received_at=self._received_at,
        )

    def _counts(self, name: str, label: str) -> dict[str, int]:
        """Return what a counter has counted by label, without what never occurred."""
        return {
            sample.labels[label]: int(sample.value)
            for family in self._registry.collect()
            for sample in family.samples
            if sample.name == f"{name}_total" and sample.value
        }


async def _serve(serving: Serving, errors: _Errors) -> None:
    await _Process(serving, errors).follow()


def main() -> None:
    """Serve until the commands end."""
    serving = msgspec.json.decode(sys.argv[1], type=Serving)
    allow_open_files()
    errors = _Errors()
    logging.getLogger().addHandler(errors)
    log_warnings()
    tune_gc()
    limit_freed_memory()
    uvloop.run(_serve(serving, errors))


if __name__ == "__main__":
    main()
