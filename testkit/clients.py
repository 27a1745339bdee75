"""Visitors that come and go: each asks, stays as long as it wants to, and leaves without a word."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import NamedTuple, Self

from testkit.stream_text import WEBSOCKET, Head, StreamText, message

TIMEOUT_S = 30.0
_READ_BYTES = 1 << 18


class Visit(NamedTuple):
    """What a visitor does.

    Attributes:
        kind: A name for it, for who judges the outcome.
        path: What it asks for.
        encoding: What it accepts.
        last_event_id: Where it says it was; header bytes.
        address: Where it comes from, as a proxy says.
        stay_s: How long it stays after its first picture; none as soon as that begins to come.
        subscriptions: What it asks for later, over a WebSocket, spread over its stay.
    """

    kind: str
    path: str
    encoding: str = "identity"
    last_event_id: bytes = b""
    address: str = "10.0.0.1"
    stay_s: float = 0.0
    subscriptions: tuple[str, ...] = ()


class Outcome(NamedTuple):
    """What became of a visit.

    Attributes:
        visit: What was to be done.
        head: Of the answer.
        names: Of the events that had begun to come.
        last_event_id: The last of their ids.
        is_ended: Whether the server was the first to end it.
        seconds: How long it took.
    """

    visit: Visit
    head: Head | None
    names: list[str]
    last_event_id: str
    is_ended: bool
    seconds: float


class _Visitor:
    """One visit while it lasts."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._received = StreamText()
        self._unread = b""
        self._names: list[str] = []
        self._last_event_id = ""
        self._is_ended = False

    async def go(self, port: int) -> Outcome:
        """Come, stay, leave."""
        started = time.monotonic()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(self._request())
            async with asyncio.timeout(TIMEOUT_S):
                await self._read_until_served(reader)
            await self._stay(reader, writer)
        except ConnectionError:
            self._is_ended = True
        finally:
            writer.transport.abort()
        return Outcome(
            visit=self._visit,
            head=self._received.head,
            names=self._names,
            last_event_id=self._last_event_id,
            is_ended=self._is_ended,
            seconds=time.monotonic() - started,
        )

    def _request(self) -> bytes:
        visit = self._visit
        upgrade = WEBSOCKET if visit.path.startswith("/ws/") else ""
        head = (
            f"GET {visit.path} HTTP/1.1\r\nHost: localhost\r\n{upgrade}"
            f"X-Forwarded-For: {visit.address}\r\nAccept-Encoding: {visit.encoding}\r\n"
        ).encode()
        if visit.last_event_id:
            head += b"Last-Event-ID: " + visit.last_event_id + b"\r\n"
        return head + b"\r\n"

    async def _read_until_served(self, reader: asyncio.StreamReader) -> None:
        while not self._is_ended and not {"snapshot", "update", "overloaded"} & set(self._names):
            await self._read(reader)

    async def _read(self, reader: asyncio.StreamReader) -> None:
        received = await reader.read(_READ_BYTES)
        self._is_ended = not received
        text = self._unread + self._received.feed(received)
        *lines, self._unread = text.split(b"\n")
        if self._unread.startswith(b"data"):
            self._unread = b"data"  # the data are large and are not used
        for line in lines:
            name, _, value = line.partition(b": ")
            if name == b"event":
                self._names.append(value.decode())
            elif name == b"id":
                self._last_event_id = value.decode()

    async def _stay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        visit = self._visit
        turns = len(visit.subscriptions) + 1
        for subscription in ("", *visit.subscriptions):
            if subscription:
                writer.write(message(f'{{"subscribe":"{subscription}"}}'.encode()))
            give_up_at = time.monotonic() + visit.stay_s / turns
            while not self._is_ended and (left := give_up_at - time.monotonic()) > 0:
                try:
                    await asyncio.wait_for(self._read(reader), left)
                except TimeoutError:
                    break


class Visitors:
    """Lets visitors in at a pace from a thread of its own, until it is left."""

    def __init__(
        self, port: int, visits: Iterator[Visit], *, per_second: float, at_once: int = 2_000
    ) -> None:
        self.outcomes: list[Outcome] = []
        self.failures: list[str] = []
        self.watch: Callable[[Outcome], None] = self.outcomes.append
        self._port = port
        self._visits = visits
        self._interval_s = 1 / per_second
        self._at_once = at_once
        self._leaving = threading.Event()
        self._under_way: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="visitors")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._leaving.set()
        self._thread.join()

    async def _run(self) -> None:
        next_at = time.monotonic()
        while not self._leaving.is_set():
            await asyncio.sleep(max(0.0, next_at - time.monotonic()))
            next_at += self._interval_s
            if len(self._under_way) < self._at_once:
                task = asyncio.create_task(self._visit(next(self._visits)))
                self._under_way.add(task)
                task.add_done_callback(self._under_way.discard)
        if self._under_way:
            await asyncio.wait(self._under_way)

    async def _visit(self, visit: Visit) -> None:
        try:
            self.watch(await _Visitor(visit).go(self._port))
        except Exception as error:  # noqa: BLE001 - whatever it is, the test is to know
            self.failures.append(f"{visit}: {error!r}")
