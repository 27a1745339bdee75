"""The bare steps of one poll in turn: fetch, publish, store, write to every subscriber."""

import asyncio
import socket
import threading
import time
from types import TracebackType
from typing import NamedTuple, Self

import uvloop

from benchmarks import answering, bare_copy
from benchmarks.feed import Feed
from benchmarks.rows import Row
from benchmarks.subscribers import Subscribers

SUBSCRIBERS_SECONDS = 30.0

Pair = tuple[bytes, bytes]


class Steps(NamedTuple):
    """The seconds that each step took."""

    fetch: float
    publish: float
    store: float
    write: float


class BareSteps:
    """The parts of the bare steps: an HTTP server, a topic, a table and subscribers."""

    def __init__(self, *, feed: Feed, dsn: str, subscribers: int) -> None:
        self._feed = feed
        self._dsn = dsn
        self._subscribers = subscribers
        self._body = b""
        self._answering = answering.Answering(lambda: (self._body, 0))
        self._writer = _Writer()

    def __enter__(self) -> Self:
        self._answering.__enter__()
        self._writer.start()
        port = self._writer.wait_for_port()
        self._swarm = Subscribers(port, "/", self._subscribers)
        self._swarm.__enter__()
        self._writer.wait_for_subscribers(self._subscribers)
        self._swarm.next_burst(SUBSCRIBERS_SECONDS)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._swarm.__exit__(exc_type, exc, traceback)
        self._writer.stop()
        self._answering.__exit__(exc_type, exc, traceback)

    def play(self, body: bytes, pairs: list[Pair], rows: list[Row], frame_bytes: int) -> Steps:
        """Run every step once with the data of the last poll of the services."""
        self._body = body
        answering.get(self._answering.port, "/")  # the server has the answer before at hand
        started = time.monotonic()
        answering.get(self._answering.port, "/")
        fetched = time.monotonic()
        self._feed.publish_encoded(pairs, int(time.time()))
        published = time.monotonic()
        stored = bare_copy.store(self._dsn, [rows])
        written = time.monotonic()
        self._writer.write(bytes(frame_bytes))
        burst = self._swarm.next_burst(SUBSCRIBERS_SECONDS)
        return Steps(
            fetched - started, published - fetched, stored.seconds, burst.last_done - written
        )


class _Writer(threading.Thread):
    """Writes the same bytes to all connected clients, from an event loop of its own."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._loop = uvloop.new_event_loop()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self._is_listening = threading.Event()
        self._is_stopped = asyncio.Event()
        self._writers: list[asyncio.StreamWriter] = []

    def run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._on_subscriber, sock=self._listener)
        self._is_listening.set()
        await self._is_stopped.wait()
        # A connection that is left to the garbage collector closes a descriptor of a later one.
        for writer in self._writers:
            writer.transport.abort()
        server.close()
        await server.wait_closed()

    def wait_for_port(self) -> int:
        self._is_listening.wait()
        port: int = self._listener.getsockname()[1]
        return port

    def wait_for_subscribers(self, subscribers: int) -> None:
        give_up_at = time.monotonic() + SUBSCRIBERS_SECONDS
        while len(self._writers) < subscribers and time.monotonic() < give_up_at:
            time.sleep(0.02)

    def write(self, frame: bytes) -> None:
        self._loop.call_soon_threadsafe(self._write, frame)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._is_stopped.set)
        self.join()

    def _write(self, frame: bytes) -> None:
        for writer in self._writers:
            writer.write(frame)

    async def _on_subscriber(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
