"""The process that serves the real stream and its baselines, and reports what they cost."""

import asyncio
import os
import sys
import time

import msgspec
import uvloop

from benchmarks.baselines import BareWriter, NaiveStream
from benchmarks.kernel_memory import sockets_bytes
from benchmarks.live_channel import SSE, LiveChannel, many_connections
from configuration.freed_memory import limit_freed_memory
from processor.garbage_collection import tune_gc
from processor.http.app import create_app
from processor.http.server.server import create_server, listen
from testkit.line_process import commands, log_warnings, reply
from testkit.process_resources import allow_open_files
from testkit.traffic import InventedFleet


class Serving(msgspec.Struct, frozen=True):
    """What the process serves; its argument is this struct as JSON.

    Attributes:
        is_live: Whether it serves the live half besides the baselines.
        core: The processor core that the process is pinned to; None for any.
    """

    is_live: bool = True
    core: int | None = None


class Ports(msgspec.Struct, frozen=True):
    """The first answer: the port of each server; 0 without the live half."""

    live: int
    bare: int
    naive: int


class Answer(msgspec.Struct, frozen=True):
    """The answer to each command.

    Attributes:
        cpu_seconds: Processor time of this process so far.
        ticked_at: When the newest event began to be sent (monotonic seconds).
        socket_bytes: Bytes in the queues of all sockets, in the answer to `memory`.
    """

    cpu_seconds: float
    ticked_at: float = 0.0
    socket_bytes: int = 0


class _Process:
    """The servers, and the commands that they obey."""

    def __init__(self, serving: Serving) -> None:
        self._channel = LiveChannel() if serving.is_live else None
        self._bare = BareWriter()
        self._naive = NaiveStream()
        self._fleet = InventedFleet(now=int(time.time()))

    async def serve(self) -> Ports:
        """Start all servers."""
        listener = listen("127.0.0.1", 0, write_deadline_seconds=SSE.write_deadline_seconds)
        app = create_app(routers=[self._naive.router()], allowed_origins=())
        self._serving = asyncio.create_task(
            create_server(app, connections=many_connections()).serve(sockets=[listener])
        )
        return Ports(
            live=self._channel.serve() if self._channel is not None else 0,
            bare=await self._bare.listen(),
            naive=listener.getsockname()[1],
        )

    def obey(self, command: str, number: int) -> None:
        """Answer what was used before the command, then run it.

        The commands are `tick`, `bare`, `naive`, `report` and `memory`; `number` is the size of a
        bare frame in bytes. The fleet moves before the answer, since its work is not the stream's.
        """
        match command:
            case "tick":
                self._tick()
            case "bare":
                frame = bytes(number)
                reply(Answer(time.process_time(), time.monotonic()))
                self._bare.write(frame)
            case "naive":
                states = self._fleet.move(int(time.time()))
                reply(Answer(time.process_time(), time.monotonic()))
                self._naive.publish(states)
            case "report":
                ticked_at = self._channel.ticked_at if self._channel else 0.0
                reply(Answer(time.process_time(), ticked_at))
            case _:
                reply(Answer(time.process_time(), socket_bytes=sockets_bytes()))

    def _tick(self) -> None:
        if self._channel is None:
            raise ValueError("this process has no live half")
        updates = self._channel.prepare()
        reply(Answer(time.process_time()))
        self._channel.receive_updates(updates)


async def _serve(serving: Serving) -> None:
    process = _Process(serving)
    reply(await process.serve())
    async for line in commands():
        command, number = line.split()
        process.obey(command, int(number))


def main() -> None:
    """Serve until the commands end."""
    serving = msgspec.json.decode(sys.argv[1], type=Serving)
    allow_open_files()
    if serving.core is not None:
        os.sched_setaffinity(0, {serving.core})
    log_warnings()
    tune_gc()
    limit_freed_memory()
    uvloop.run(_serve(serving))


if __name__ == "__main__":
    main()
