"""Limits on what a client may send over a WebSocket, tested over real sockets."""

import asyncio
import json
import os
import struct
from collections.abc import AsyncIterator

import pytest

from processor.http.server.websocket_protocol import BoundedWebSocketProtocol
from testkit.scripted_app import ScriptedApp
from testkit.state_vectors import START, state_vector

KIB = 1024
CONTINUATION, TEXT, CLOSE, PING, PONG = 0x0, 0x1, 0x8, 0x9, 0xA
HANDSHAKE = (
    b"GET /ws/flights HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


def _frame(opcode: int, payload: bytes = b"", *, is_last: bool = True) -> bytes:
    """Return a frame as clients send it, masked with zeros."""
    length = len(payload)
    head = bytes([opcode | (0x80 if is_last else 0)])
    head += bytes([0x80 | length]) if length < 126 else b"\xfe" + struct.pack("!H", length)
    return head + bytes(4) + payload


class _Client:
    """Sends bytes and reads frames."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    async def receive(self) -> tuple[int, bytes]:
        """Return the opcode and the payload of the next frame."""
        first, length = await self._reader.readexactly(2)
        if length >= 126:
            size = await self._reader.readexactly(2 if length == 126 else 8)
            length = int.from_bytes(size, "big")
        return first & 0x0F, await self._reader.readexactly(length)

    async def receive_until(self, opcode: int) -> bytes:
        """Return the payload of the next frame with this opcode."""
        async with asyncio.timeout(10):
            while True:
                received, payload = await self.receive()
                if received == opcode:
                    return payload


@pytest.fixture
async def app() -> AsyncIterator[ScriptedApp]:
    async with ScriptedApp() as app:
        app.publish(state_vector("aaaaaa"))
        yield app


async def _connect(app: ScriptedApp, early: bytes = b"") -> _Client:
    reader, writer = await asyncio.open_connection("127.0.0.1", app.port, limit=1 << 22)
    writer.write(HANDSHAKE + early)
    await reader.readuntil(b"\r\n\r\n")
    return _Client(reader, writer)


async def _held(app: ScriptedApp) -> float:
    """Return how much input is held, once there is some."""
    async with asyncio.timeout(10):
        while not (held := app.metric("flightmonitor_http_waiting_input_bytes")):  # noqa: ASYNC110 - the server's
            await asyncio.sleep(0)
    return held


async def test_pings_are_answered(app: ScriptedApp) -> None:
    """Each pong has the payload of its ping, as RFC 6455 requires."""
    client = await _connect(app)
    await client.receive_until(TEXT)  # the snapshot
    for number in range(20):
        client.writer.write(_frame(PING, str(number).encode()))
    assert [await client.receive_until(PONG) for _ in range(20)] == [
        str(number).encode() for number in range(20)
    ]
    client.writer.close()


async def test_pings_beyond_a_rate_wait_in_the_network(app: ScriptedApp) -> None:
    """The server keeps what it has read, reads no more, and the stream goes on."""
    client = await _connect(app)
    await client.receive_until(TEXT)  # the snapshot
    client.writer.write(_frame(PING, 16 * b"x") * 2_000)
    assert await _held(app) <= 128 * KIB
    client.writer.write(_frame(PING, 16 * b"x") * 100_000)
    app.publish(state_vector("bbbbbb"))
    assert b"bbbbbb" in await client.receive_until(TEXT)
    assert app.metric("flightmonitor_http_waiting_input_bytes") <= 128 * KIB
    client.writer.transport.abort()
    async with asyncio.timeout(10):
        seconds = 0
        while app.metric("flightmonitor_stream_subscribers"):
            seconds += 1
            app.publish(state_vector("bbbbbb", START + seconds))
            await asyncio.sleep(0.01)
    assert app.metric("flightmonitor_http_waiting_input_bytes") == 0


async def test_messages_in_one_piece_are_taken_one_after_another(app: ScriptedApp) -> None:
    """No message is lost, and none takes more memory than its bytes."""
    client = await _connect(app)
    await client.receive_until(TEXT)  # the snapshot
    client.writer.write(b"".join(_frame(TEXT, b'{"no": %d}' % number) for number in range(5)))
    for _ in range(5):
        assert json.loads(await client.receive_until(TEXT))["event"] == "error"
    client.writer.close()


async def test_a_large_message_is_taken(app: ScriptedApp) -> None:
    """The message has several fragments."""
    client = await _connect(app)
    await client.receive_until(TEXT)  # the snapshot
    client.writer.write(_frame(TEXT, 14 * KIB * b"x"))
    assert json.loads(await client.receive_until(TEXT))["event"] == "error"
    client.writer.close()


async def test_fragments_without_end_are_refused(app: ScriptedApp) -> None:
    """Empty fragments are refused too, which the largest size of a message does not limit."""
    client = await _connect(app)
    await client.receive_until(TEXT)  # the snapshot
    empty = _frame(CONTINUATION, is_last=False)
    client.writer.write(_frame(TEXT, is_last=False) + 200 * empty)
    code = int.from_bytes((await client.receive_until(CLOSE))[:2], "big")
    assert code == 1008
    client.writer.close()
    await app.wait_empty()


async def test_what_is_sent_before_the_handshake_is_answered_is_taken(app: ScriptedApp) -> None:
    """It waits for the response to the handshake."""
    client = await _connect(app, _frame(PING, b"early"))
    client.writer.write(_frame(PING, b"late"))
    assert [await client.receive_until(PONG) for _ in range(2)] == [b"early", b"late"]
    client.writer.close()


async def test_noise_ends_with_a_close(app: ScriptedApp) -> None:
    """The close has a code of RFC 6455, 7.4.1, and the slot is free again."""
    client = await _connect(app)
    await client.receive_until(TEXT)  # the snapshot
    client.writer.write(b"\xff" + os.urandom(50))
    code = int.from_bytes((await client.receive_until(CLOSE))[:2], "big")
    assert code == 1002
    client.writer.close()
    await app.wait_empty()


async def test_a_read_of_more_than_is_held_ends_the_connection(app: ScriptedApp) -> None:
    """The kernel decides how much one read returns, so the test passes the data in."""
    client = await _connect(app)
    await client.receive_until(TEXT)  # the snapshot
    (served,) = [each for each in _connections(app) if isinstance(each, BoundedWebSocketProtocol)]
    served.data_received(_frame(PING, 100 * b"x") * 2_500)
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await client.receive_until(CLOSE)
    assert app.metric("flightmonitor_http_refused_total", reason="input_ahead") == 1
    assert app.metric("flightmonitor_http_waiting_input_bytes") == 0
    client.writer.close()
    await app.wait_empty()


def _connections(app: ScriptedApp) -> list[object]:
    return list(app.server.server_state.connections)
