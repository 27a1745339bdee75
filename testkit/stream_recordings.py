"""Records every event in every format, byte for byte, as the server sends it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Protocol

import httpx2
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from processor.access.gate import Gate
from processor.access.tickets import Tickets
from processor.live.broadcaster import Broadcaster
from processor.settings import ProcessorSettings, SseSettings
from processor.stream.log_position import LogPosition
from telemetry.state_vector import FIELDS, StateVector
from testkit.application import EXPIRY_SECONDS, LIVE, Application
from testkit.state_vectors import START, state_vector
from testkit.stream_document import look_up

SSE: str = look_up("#/channels/sse/address")
WEBSOCKET: str = look_up("#/channels/websocket/address")

FORMATS = ("object", "row", "geojson", "delta")
FILTERED = "bbox=5.9,45.8,10.5,47.9&format=row&fields=longitude,latitude,callsign"
WRONG = "colour=red"
DELTA_TAG = "de17a001"
RETRY_MS = 3000

FLYING = state_vector("4b1814", sensors=[1408, 7], geo_altitude=12_001.32)
SILENT = StateVector(
    "a0b1c2",
    last_contact=START,
    on_ground=True,
    spi=False,
    position_source=0,
    **dict.fromkeys(
        set(FIELDS) - {"icao24", "last_contact", "on_ground", "spi", "position_source"}
    ),
)
SPEAKING = state_vector("a0b1c2", START + 5, callsign="N12 É", squawk="7700", latitude=10.5)
AWAY = state_vector(
    "4b1814", START + EXPIRY_SECONDS + 5, callsign=None, longitude=11.25, vertical_rate=None
)
NEW = state_vector("3c6444", START + EXPIRY_SECONDS + 5, callsign="DLH4AB", on_ground=True)


class Tape(Protocol):
    """Records what a client receives."""

    async def until(self, name: str) -> None:
        """Read until one more event of a name has arrived."""


class SseTape:
    """Records the bytes of a stream."""

    def __init__(self, response: httpx2.Response) -> None:
        self.received = b""
        self._read = 0
        self._chunks = response.aiter_raw()

    async def until(self, name: str) -> None:
        """Read until one more event of a name has arrived."""
        wanted = b"event: %s\n" % name.encode()
        while wanted not in self.received[self._read :] or not self.received.endswith(b"\n\n"):
            self.received += await anext(self._chunks)
        self._read = len(self.received)

    async def end(self) -> None:
        """Read to the end."""
        async for chunk in self._chunks:
            self.received += chunk


class MessageTape:
    """Records the messages of a WebSocket, a line for each."""

    def __init__(self, socket: ClientConnection) -> None:
        self.received = b""
        self.close_code: int | None = None
        self._socket = socket

    async def until(self, name: str) -> None:
        """Read until one more event of a name has arrived."""
        while True:
            text = str(await self._socket.recv())
            self.received += text.encode() + b"\n"
            if json.loads(text)["event"] == name:
                return

    async def say(self, text: str) -> None:
        """Send a message."""
        await self._socket.send(text)

    async def end(self) -> None:
        """Read to the end, and note the code."""
        try:
            while True:
                self.received += str(await self._socket.recv()).encode() + b"\n"
        except ConnectionClosed as closed:
            self.close_code = closed.rcvd.code if closed.rcvd is not None else None


@asynccontextmanager
async def sse(site: Application, query: str = "", **headers: str) -> AsyncIterator[SseTape]:
    """Open a stream without compression."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with (
        httpx2.AsyncClient(timeout=10) as client,
        client.stream(
            "GET",
            f"http://{site.address}{SSE}?{query}",
            headers={"Accept-Encoding": "identity"} | named,
        ) as response,
    ):
        yield SseTape(response)


@asynccontextmanager
async def websocket(site: Application, query: str = "") -> AsyncIterator[MessageTape]:
    """Open a WebSocket."""
    async with connect(f"ws://{site.address}{WEBSOCKET}?{query}", proxy=None) as socket:
        yield MessageTape(socket)


def started(*, max_subscribers: int = 10, is_open: bool = True) -> Application:
    """Return an application that has read its log to the end.

    Args:
        max_subscribers: How many streams may be open.
        is_open: Whether clients are admitted without a key; there is no valid key.
    """
    sse = SseSettings(
        max_viewers=max_subscribers,
        max_viewers_per_address=10,
        max_viewers_per_principal=10,
        drain_seconds=0,
    )
    site = Application(
        ProcessorSettings(live=LIVE, sse=sse),
        gate=Gate(is_open=is_open, keys=None, tokens=None, tickets=Tickets(ttl_seconds=30)),
    )
    site.begin(LogPosition("epoch", (0,)))
    site.receive(FLYING, SILENT)
    site.open()
    return site


async def live(site: Application, tape: Tape) -> None:
    """Send a client every event of a normal stream; each tick ends with a heartbeat."""
    await tape.until("snapshot")
    for seconds, received in (
        (5, [SPEAKING]),
        (10, []),
        (EXPIRY_SECONDS - 10, [AWAY, NEW]),
        (EXPIRY_SECONDS, []),
    ):
        site.receive(*received)
        site.tick(seconds, is_heartbeat=True)
        await tape.until("heartbeat")
    site.broadcaster.close()
    await tape.until("bye")


async def record_sse(query: str) -> bytes:
    """Record a whole stream."""
    site = started()
    async with site.serving(), sse(site, query) as tape:
        await live(site, tape)
        await tape.end()
    return tape.received


async def record_websocket(query: str) -> bytes:
    """Record a whole stream."""
    site = started()
    async with site.serving(), websocket(site, query) as tape:
        await live(site, tape)
        await tape.end()
    assert tape.close_code == 1012
    return tape.received


async def record_reset() -> bytes:
    """Record a client that reconnects with an unknown event id."""
    site = started()
    async with site.serving(), sse(site, last_event_id="unknown") as tape:
        await tape.until("snapshot")
    return tape.received


async def record_overloaded() -> bytes:
    """Record one subscriber too many."""
    site = started(max_subscribers=1)
    async with site.serving(), sse(site) as first:
        await first.until("snapshot")
        async with sse(site) as second:
            await second.end()
    return second.received


async def record_errors() -> bytes:
    """Record an unknown parameter and a missing key, as an EventSource gets them."""
    received = b""
    for site, query in ((started(), WRONG), (started(is_open=False), "")):
        async with site.serving(), sse(site, query, accept="text/event-stream") as tape:
            await tape.end()
        received += tape.received
    return received


SAID = (json.dumps({"subscribe": FILTERED}), json.dumps({"subscribe": WRONG}), "hello")
"""Messages of a client: a valid query, an invalid query, and a text that is no message."""


async def record_conversation() -> bytes:
    """Record a WebSocket with messages of the client, and a reset."""
    site = started()
    async with site.serving(), websocket(site, "last_event_id=unknown") as tape:
        await tape.until("snapshot")
        await tape.say(SAID[0])
        await tape.until("snapshot")
        for text in SAID[1:]:
            await tape.say(text)
            await tape.until("error")
    return tape.received


async def record_refusals() -> bytes:
    """Record one WebSocket too many and one with a wrong URL, and check their close codes."""
    site = started(max_subscribers=1)
    async with site.serving(), websocket(site) as first:
        await first.until("snapshot")
        async with websocket(site) as second:
            await second.end()
    other = started()
    async with other.serving(), websocket(other, WRONG) as third:
        await third.end()
    assert (first.close_code, second.close_code, third.close_code) == (None, 1013, 1008)
    return second.received + third.received


async def record_flights(query: str) -> bytes:
    """Record a response of REST."""
    site = started()
    async with site.serving(), httpx2.AsyncClient() as client:
        answer = await client.get(f"http://{site.address}/api/flights?{query}")
    return answer.content


Record = Callable[[], Coroutine[None, None, bytes]]


def _plan() -> Mapping[str, Record]:
    plan: dict[str, Record] = {
        "filtered.sse": partial(record_sse, FILTERED),
        "reset.sse": record_reset,
        "overloaded.sse": record_overloaded,
        "errors.sse": record_errors,
        "conversation.jsonl": record_conversation,
        "refusals.jsonl": record_refusals,
    }
    for name in FORMATS:
        plan[f"{name}.sse"] = partial(record_sse, f"format={name}")
        plan[f"{name}.jsonl"] = partial(record_websocket, f"format={name}")
        if name != "delta":
            plan[f"flights.{name}.json"] = partial(record_flights, f"format={name}")
    plan["object.sse"] = partial(record_sse, "")
    return plan


RECORDINGS: Sequence[str] = sorted(_plan())


def record_all() -> Mapping[str, bytes]:
    """Record everything, with fixed values in place of random ones."""

    async def record() -> Mapping[str, bytes]:
        async with asyncio.timeout(50):
            return {name: await make() for name, make in _plan().items()}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Broadcaster, "retry_ms", lambda _self: RETRY_MS)
        patch.setattr("processor.stream.delta.secrets.token_hex", lambda _length: DELTA_TAG)
        return asyncio.run(record())
