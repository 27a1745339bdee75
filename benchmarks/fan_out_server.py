"""The real stream beside what it is compared with, in one process that tells what it has used."""

import asyncio
import logging
import os
import sys
import time

import msgspec
import structlog
import uvloop

from benchmarks.baselines import BareWriter, NaiveStream
from benchmarks.kernel_memory import sockets_bytes
from benchmarks.live_channel import SSE, LiveChannel, many_connections, port_of
from processor.garbage_collection import return_large_blocks, tune_gc
from processor.http.app import create_app
from processor.http.server.server import create_server, listen
from testkit.process_resources import allow_open_files
from testkit.traffic import Fleet


class Serving(msgspec.Struct, frozen=True):
    """What the process is to serve, given as a line of JSON.

    Attributes:
        is_live: Whether it has the living picture, besides what that is compared with.
        core: Where the process is pinned to.
    """

    is_live: bool = True
    core: int | None = None


class Ports(msgspec.Struct, frozen=True):
    """The first answer: where everything is served."""

    live: int
    bare: int
    naive: int


class Answer(msgspec.Struct, frozen=True):
    """What each command is answered.

    Attributes:
        cpu_seconds: Of this process so far.
        ticked_at: When the event that was published last began to be sent.
        socket_bytes: The queues of all sockets, where that was asked for.
    """

    cpu_seconds: float
    ticked_at: float = 0.0
    socket_bytes: int = 0


class _Process:
    """Everything that is served, and the commands it follows."""

    def __init__(self, serving: Serving) -> None:
        self._channel = LiveChannel() if serving.is_live else None
        self._bare = BareWriter()
        self._naive = NaiveStream()
        self._fleet = Fleet(now=int(time.time()))

    async def serve(self) -> Ports:
        """Begin to serve."""
        listener = listen("127.0.0.1", 0, write_deadline_seconds=SSE.write_deadline_seconds)
        app = create_app(routers=[self._naive.router()], allowed_origins=())
        self._serving = asyncio.create_task(
            create_server(app, connections=many_connections()).serve(sockets=[listener])
        )
        return Ports(
            live=self._channel.start() if self._channel is not None else 0,
            bare=await self._bare.listen(),
            naive=port_of(listener),
        )

    def follow(self, command: str, number: int) -> None:
        """Answer what was used before, then do it.

        Commands are `tick`, `bare`, `naive`, `send` and `memory`; a bare writer is told how many
        bytes. What the fleet does is made before the answer: it is none of the stream's work.
        """
        match command:
            case "tick":
                self._tick()
            case "bare":
                frame = bytes(number)
                _reply(Answer(time.process_time(), time.monotonic()))
                self._bare.write(frame)
            case "naive":
                states = self._fleet.move(int(time.time()))
                _reply(Answer(time.process_time(), time.monotonic()))
                self._naive.publish(states)
            case "tell":
                _reply(Answer(time.process_time(), self._channel.ticked_at if self._channel else 0))
            case _:
                _reply(Answer(time.process_time(), socket_bytes=sockets_bytes()))

    def _tick(self) -> None:
        if self._channel is None:
            raise ValueError("there is no living picture in this process")
        updates = self._channel.prepare()
        _reply(Answer(time.process_time()))
        self._channel.publish(updates)


async def _serve(serving: Serving) -> None:
    process = _Process(serving)
    _reply(await process.serve())
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    while line := (await reader.readline()).decode().split():
        process.follow(line[0], int(line[1]))


def _reply(answer: Ports | Answer) -> None:
    sys.stdout.write(msgspec.json.encode(answer).decode() + "\n")
    sys.stdout.flush()


def main() -> None:
    """Serve until the commands end."""
    serving = msgspec.json.decode(sys.argv[1], type=Serving)
    allow_open_files()
    if serving.core is not None:
        os.sched_setaffinity(0, {serving.core})
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    tune_gc()
    return_large_blocks()
    uvloop.run(_serve(serving))


if __name__ == "__main__":
    main()
