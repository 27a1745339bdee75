"""Starts the server of the fan-out, has it send events and asks what they have cost it."""

import subprocess
import sys
from types import TracebackType
from typing import NamedTuple, Self

import msgspec

from benchmarks import kernel_memory
from benchmarks.fan_out_server import Answer, Ports, Serving
from benchmarks.report import MeasurementError
from benchmarks.subscriber_process import Burst
from benchmarks.subscribers import Viewing
from testkit import process_resources
from testkit.services import ROOT, child_environment

BURST_SECONDS = 300.0


class Event(NamedTuple):
    """One event, from the tick to the last viewer.

    Attributes:
        cpu_seconds: Of the server.
        delays: Seconds from the tick until each viewer had read the whole event, sorted.
        burst: What the viewers read.
    """

    cpu_seconds: float
    delays: list[float]
    burst: Burst


class Memory(NamedTuple):
    """Bytes of one moment: of the server's process, and of the kernel."""

    process: int
    server_sockets: int
    machine_sockets: int
    machine_slab: int


class Server:
    """The process that serves, and tells how much processor time it has used."""

    def __init__(self, *, is_live: bool = True, core: int | None = None) -> None:
        serving = msgspec.json.encode(Serving(is_live, core)).decode()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.fan_out_server", serving],
            env=child_environment({}),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def __enter__(self) -> Self:
        self.ports = msgspec.json.decode(self._line(), type=Ports)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait()

    def send(self, viewing: Viewing, command: str, number: int = 0) -> Event:
        """Have one event sent to these viewers, and wait until all have read it."""
        before = self._request(command, number)
        burst = viewing.wait_for_burst(BURST_SECONDS)
        after = self._request("tell", 0)
        ticked_at = after.ticked_at if command == "tick" else before.ticked_at
        delays = [done_at - ticked_at for done_at in burst.done_at]
        return Event(after.cpu_seconds - before.cpu_seconds, delays, burst)

    def publish(self) -> None:
        """Have an event sent, whoever reads it."""
        self._request("tick", 0)

    def cpu_seconds(self) -> float:
        """Return what the server has used so far."""
        return self._request("tell", 0).cpu_seconds

    def memory(self) -> Memory:
        """Return what is in use now."""
        return Memory(
            process=process_resources.resident_kib(self._process.pid) * 1024,
            server_sockets=self._request("memory", 0).socket_bytes,
            machine_sockets=kernel_memory.machine_tcp_bytes(),
            machine_slab=kernel_memory.machine_slab_bytes(),
        )

    def _request(self, command: str, number: int) -> Answer:
        if self._process.stdin is not None:
            self._process.stdin.write(f"{command} {number}\n".encode())
            self._process.stdin.flush()
        return msgspec.json.decode(self._line(), type=Answer)

    def _line(self) -> bytes:
        line = self._process.stdout.readline() if self._process.stdout is not None else b""
        if not line:
            raise MeasurementError("the server has ended; what it said is above")
        return line
