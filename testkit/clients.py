"""Clients that open a stream, stay for some time, and disconnect."""

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
    """What one client does.

    Attributes:
        kind: The kind of the visit, for the checks of its outcome.
        path: The path of the request.
        encoding: The `Accept-Encoding`.
        last_event_id: The bytes of `Last-Event-ID`; empty for none.
        address: The address in `X-Forwarded-For`.
        stay_s: How long it stays after the begin of the first snapshot.
        subscriptions: Later queries over a WebSocket, spread over its stay.
    """

    kind: str
    path: str
    encoding: str = "identity"
    last_event_id: bytes = b""
    address: str = "10.0.0.1"
    stay_s: float = 0.0
    subscriptions: tuple[str, ...] = ()


class Outcome(NamedTuple):
    """The outcome of a visit.

    Attributes:
        visit: The visit.
        head: The head of the response; None without one.
        names: The names of the events that had begun to arrive.
        last_event_id: The id of the last event.
        is_ended: Whether the server ended the stream.
        seconds: The duration of the visit.
    """

    visit: Visit
    head: Head | None
    names: list[str]
    last_event_id: str
    is_ended: bool
    seconds: float


class _Visitor:
    """One visit in progress."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._received = StreamText()
        self._unread = b""
        self._names: list[str] = []
        self._last_event_id = ""
        self._is_ended = False

    async def go(self, port: int) -> Outcome:
        """Connect, stay and disconnect."""
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


class ReturningClients:
    """Starts visits at a rate, in a thread of its own, during the block."""

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
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._run()), name="returning clients"
        )

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
