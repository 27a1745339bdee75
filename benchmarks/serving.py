"""Starts the server of the fan-out, lets it send events and measures what they cost it."""

from typing import NamedTuple

import msgspec

from benchmarks import kernel_memory
from benchmarks.fan_out_server import Answer, Ports, Serving
from benchmarks.subscribers import Subscribers
from testkit import process_resources
from testkit.line_process import LineProcess
from testkit.swarm_messages import Burst

BURST_SECONDS = 300.0


class Event(NamedTuple):
    """One event, from the tick to the last subscriber.

    Attributes:
        cpu_seconds: Processor time of the server.
        delays: Seconds from the tick until each subscriber had read the whole event, sorted.
        burst: What the subscribers read.
    """

    cpu_seconds: float
    delays: list[float]
    burst: Burst


class Memory(NamedTuple):
    """Bytes in use at one time, in the process of the server and in the kernel."""

    process: int
    server_sockets: int
    machine_sockets: int
    machine_slab: int


class Server(LineProcess):
    """The process that serves the stream and its baselines."""

    def __init__(self, *, is_live: bool = True, core: int | None = None) -> None:
        serving = msgspec.json.encode(Serving(is_live, core)).decode()
        super().__init__("benchmarks.fan_out_server", serving)
        self.ports = msgspec.json.decode(self.read(), type=Ports)

    def send(self, swarm: Subscribers, command: str, number: int = 0) -> Event:
        """Send one event to these subscribers, and wait until all have read it."""
        before = self._request(command, number)
        burst = swarm.next_burst(BURST_SECONDS)
        after = self._request("report", 0)
        ticked_at = after.ticked_at if command == "tick" else before.ticked_at
        delays = [done_at - ticked_at for done_at in burst.done_at]
        return Event(after.cpu_seconds - before.cpu_seconds, delays, burst)

    def publish(self) -> None:
        """Send an event without waiting for subscribers."""
        self._request("tick", 0)

    def cpu_seconds(self) -> float:
        """Return the processor time that the server has used so far."""
        return self._request("report", 0).cpu_seconds

    def memory(self) -> Memory:
        """Return the memory in use now."""
        return Memory(
            process=process_resources.resident_kib(self.pid) * 1024,
            server_sockets=self._request("memory", 0).socket_bytes,
            machine_sockets=kernel_memory.machine_tcp_bytes(),
            machine_slab=kernel_memory.machine_slab_bytes(),
        )

    def _request(self, command: str, number: int) -> Answer:
        return msgspec.json.decode(self.exchange(f"{command} {number}".encode()), type=Answer)
