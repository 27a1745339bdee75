"""Benchmark: processor time of an event for many viewers, over a bare writer of as many bytes."""

import subprocess
import sys
from collections import defaultdict
from types import TracebackType
from typing import Self

import msgspec

from benchmarks.audience import Viewing
from benchmarks.fan_out_server import Answer
from benchmarks.report import Figure, Options, Report, ratios
from benchmarks.traffic import AIRCRAFT, CHANGING_SHARE
from benchmarks.viewer_process import Burst
from tests.support.services import ROOT, child_environment

VIEWERS = (100, 1_000)
EVENTS = 15
QUICK_EVENTS = 4
BURST_SECONDS = 60.0
GOAL = "at most 1.5"

Values = dict[str, list[float]]


def run(options: Options) -> Report:
    """Measure with each number of viewers."""
    events = QUICK_EVENTS if options.is_quick else EVENTS
    figures: list[Figure] = []
    event_bytes: dict[str, int] = {}
    with _Server() as server:
        for viewers in VIEWERS:
            options.progress(f"{viewers:,} viewers, {events} events of each kind")
            values, size = _measure(server, viewers, events)
            figures += _figures(viewers, values)
            event_bytes[f"{viewers} viewers"] = size
    return Report(
        figures,
        {
            "aircraft": AIRCRAFT,
            "changing_share": CHANGING_SHARE,
            "bytes_of_an_event": event_bytes,
        },
    )


class _Server:
    """The process that serves both ways, and tells how much processor time it has used."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.fan_out_server"],
            env=child_environment({}),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def __enter__(self) -> Self:
        self.ports = self._answer()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait()

    def tell(self, command: str) -> float:
        """Send a command and return the processor time that was used before it."""
        if self._process.stdin is not None:
            self._process.stdin.write(f"{command}\n".encode())
            self._process.stdin.flush()
        return self._answer().cpu_seconds

    def _answer(self) -> Answer:
        line = self._process.stdout.readline() if self._process.stdout is not None else b""
        return msgspec.json.decode(line, type=Answer)


def _measure(server: _Server, viewers: int, events: int) -> tuple[Values, int]:
    values: Values = defaultdict(list)
    size = 0
    with (
        Viewing(server.ports.app_port, "/sse/flights", viewers) as app,
        Viewing(server.ports.bare_port, "/", viewers) as bare,
    ):
        app.wait_for_burst(BURST_SECONDS)
        bare.wait_for_burst(BURST_SECONDS)
        # The first event is not counted: buffers of the kernel grow.
        for number in range(events + 1):
            cpu_app, burst = _event(server, app, "app")
            size = burst.least_bytes
            cpu_bare, _ = _event(server, bare, f"bare {size}")
            if number:
                values["app"].append(cpu_app)
                values["bare"].append(cpu_bare)
                values["last viewer after first byte"].append(burst.last_done - burst.first_byte)
    server.tell("forget")
    return values, size


def _event(server: _Server, viewing: Viewing, command: str) -> tuple[float, Burst]:
    """Have one event sent and return its processor time once all viewers have read it."""
    before = server.tell(command)
    burst = viewing.wait_for_burst(BURST_SECONDS)
    return server.tell("cpu") - before, burst


def _figures(viewers: int, values: Values) -> list[Figure]:
    return [
        Figure(
            f"{viewers:,} viewers: application over bare writer",
            "ratio",
            ratios(values["app"], values["bare"]),
            GOAL,
        ),
        Figure(f"{viewers:,} viewers: application", "CPU s/event", values["app"]),
        Figure(f"{viewers:,} viewers: bare writer", "CPU s/event", values["bare"]),
        Figure(
            f"{viewers:,} viewers: from the first byte read to the last",
            "s",
            values["last viewer after first byte"],
        ),
    ]
