"""A client that sends requests without end, each with new values, on several connections."""

import asyncio
import random
import struct
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import NamedTuple

from telemetry.state_vector import FIELDS
from testkit.attack import ATTACKER
from testkit.hostile_ids import change_offsets
from testkit.stream_text import WEBSOCKET

CONNECTIONS = 8
MANY_ADDRESSES = 900
"""Transponder addresses in one value: nearly as many as one parameter may have."""

FIRST_BYTES = 64 * 1024
"""A stream that has sent so many bytes has encoded its snapshot."""

_READ_BYTES = 1 << 18
_GIVE_UP_S = 5.0
_UNREAD_S = 4.0


class Wish(NamedTuple):
    """The values of one request.

    Attributes:
        query: The query of the URL.
        last_event_id: The value of the header; empty for none.
    """

    query: str
    last_event_id: str = ""


Wishes = Callable[[random.Random, str], Wish]


def _fields(chance: random.Random) -> str:
    return ",".join(chance.sample(FIELDS[1:], chance.randint(3, len(FIELDS) - 2)))


def _addresses(chance: random.Random) -> str:
    return ",".join(f"{chance.getrandbits(24):06x}" for _ in range(MANY_ADDRESSES))


def _bbox(chance: random.Random) -> str:
    west, south = chance.uniform(-180, 0), chance.uniform(-90, 0)
    return f"bbox={west},{south},{west + 180},{south + 90}"


def _filters(chance: random.Random) -> str:
    return (
        f"min_altitude={-chance.random()}&max_velocity={400 + chance.random()}"
        f"&near={chance.uniform(-90, 90)},{chance.uniform(-180, 180)},{chance.uniform(9e3, 2e4)}"
    )


def _format(chance: random.Random) -> str:
    known = chance.choice(["object", "row", "geojson"])
    return (
        f"format={chance.choice([known, f'{chance.getrandbits(64):x}'])}&fields={_fields(chance)}"
    )


def _earlier(chance: random.Random, position: str) -> str:
    """Return an id of shortly before a position, from which a stream can be resumed."""
    epoch = position.partition(".")[0]
    offsets = change_offsets(position, lambda offset: max(0, offset - chance.randrange(2_000)))
    return f"{epoch}.{offsets}"


PARAMETERS: Mapping[str, Wishes] = {
    "fields": lambda chance, _: Wish(f"fields={_fields(chance)}"),
    "pinned": lambda chance, _: Wish(f"pinned={_addresses(chance)}"),
    "bbox": lambda chance, _: Wish(_bbox(chance)),
    "filters": lambda chance, _: Wish(_filters(chance)),
    "format": lambda chance, _: Wish(_format(chance)),
    "Last-Event-ID": lambda chance, position: Wish("", _earlier(chance, position)),
}
"""Makes new values of each parameter that a test floods."""


class Flood:
    """Sends requests on several connections from the attacker's address, in a thread.

    Args:
        port: The port of the server.
        wishes: Makes the values of each request.
        position: A recent log position.
        request: Performs one exchange, and returns a word for its outcome.
        connections: The number of connections.
    """

    def __init__(
        self,
        port: int,
        wishes: Wishes,
        position: str,
        request: "Callable[[int, Iterator[Wish]], Awaitable[str]]",
        *,
        connections: int = CONNECTIONS,
    ) -> None:
        self._connections = connections
        self.outcomes: Counter[str] = Counter()
        self._port = port
        self._wishes = wishes
        self._position = position
        self._request = request

    def run(self, seconds: float) -> None:
        """Send requests for so many seconds."""
        thread = threading.Thread(target=lambda: asyncio.run(self._run(seconds)))
        thread.start()
        thread.join()

    async def _run(self, seconds: float) -> None:
        give_up_at = time.monotonic() + seconds
        async with asyncio.TaskGroup() as group:
            for number in range(self._connections):
                group.create_task(self._repeat(number, give_up_at))

    async def _repeat(self, number: int, give_up_at: float) -> None:
        chance = random.Random(number)
        wishes = iter(lambda: self._wishes(chance, self._position), None)
        while time.monotonic() < give_up_at:
            try:
                async with asyncio.timeout(_GIVE_UP_S):
                    self.outcomes[await self._request(self._port, wishes)] += 1
            except (ConnectionError, asyncio.IncompleteReadError):
                self.outcomes["cut off"] += 1
            except TimeoutError:
                self.outcomes["no answer"] += 1


def _head(path: str, wish: Wish, more: str = "") -> bytes:
    id_line = f"Last-Event-ID: {wish.last_event_id}\r\n" if wish.last_event_id else ""
    return f"GET {path}?{wish.query} HTTP/1.1\r\nHost: localhost\r\n{id_line}{more}\r\n".encode()


async def request_rest(port: int, wishes: Iterator[Wish]) -> str:
    """Ask for a whole answer and read it."""
    return await _request_once(port, _head("/api/flights", next(wishes), "Connection: close\r\n"))


async def request_readsb(port: int, wishes: Iterator[Wish]) -> str:
    """Ask as programs for readsb do, for aircraft that a query names."""
    addresses = next(wishes).query.partition("=")[2]
    return await _request_once(
        port, _head(f"/v2/hex/{addresses}", Wish(""), "Connection: close\r\n")
    )


async def _request_once(port: int, request: bytes) -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(ATTACKER, 0))
    try:
        writer.write(request)
        status = (await reader.readuntil(b"\r\n")).split()[1].decode()
        while await reader.read(_READ_BYTES):
            pass
        return status
    finally:
        writer.transport.abort()


async def open_stream(port: int, wishes: Iterator[Wish]) -> str:
    """Open a stream, read the beginning of its snapshot, and leave."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(ATTACKER, 0))
    try:
        writer.write(_head("/sse/flights", next(wishes), "Connection: close\r\n"))
        return await _read_beginning(reader)
    finally:
        writer.transport.abort()


async def open_websocket(port: int, wishes: Iterator[Wish]) -> str:
    """Open a WebSocket, subscribe to something else, and leave."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(ATTACKER, 0))
    try:
        wish = next(wishes)
        query = f"{wish.query}&last_event_id={wish.last_event_id}".strip("&")
        writer.write(_head("/ws/flights", Wish(query), WEBSOCKET))
        if (outcome := await _read_beginning(reader)) != "served":
            return outcome
        writer.write(_message(f'{{"subscribe":"{next(wishes).query}"}}'.encode()))
        await reader.read(_READ_BYTES)
        return outcome
    finally:
        writer.transport.abort()


def _message(payload: bytes) -> bytes:
    """Return a long message as a client sends it, with a mask of zeros."""
    return struct.pack("!BBHI", 0x81, 0xFE, len(payload), 0) + payload


async def _read_beginning(reader: asyncio.StreamReader) -> str:
    received = b""
    while len(received) < FIRST_BYTES:
        part = await reader.read(_READ_BYTES)
        received += part
        for name in ("overloaded", "error", "heartbeat"):
            if f"event: {name}".encode() in received or f'"event":"{name}"'.encode() in received:
                return name
        if not part:
            return "ended"
    return "served"


async def request_without_reading(port: int, wishes: Iterator[Wish]) -> str:
    """Ask for a whole answer and leave it on the way for a while."""
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", port, local_addr=(ATTACKER, 0), limit=1
    )
    try:
        writer.write(_head("/api/flights", next(wishes)))
        status = (await reader.readexactly(12)).split()[1].decode()
        await asyncio.sleep(_UNREAD_S)
        return status
    finally:
        writer.transport.abort()
