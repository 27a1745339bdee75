"""What a client may send over HTTP, over real sockets: whatever is more is refused and closed."""

import asyncio
import gc
import json
from collections.abc import AsyncIterator

import pytest
import structlog

from processor.http.server import http_protocol
from processor.http.server.http_protocol import Http
from processor.http.server.websocket_protocol import WebSocket
from testkit.scripted_app import ScriptedApp
from testkit.state_vectors import state_vector

KIB = 1024
HEALTH = b"GET /health HTTP/1.1\r\nHost: localhost\r\n"
STREAM = b"GET /sse/flights HTTP/1.1\r\nHost: localhost\r\n\r\n"
UPGRADE = (
    b"GET /ws/flights HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
)
CHUNKED = b"POST /sse/ticket HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
async def app() -> AsyncIterator[ScriptedApp]:
    async with ScriptedApp() as app:
        app.publish(state_vector("aaaaaa"))
        yield app


async def _request(app: ScriptedApp, *parts: bytes) -> bytes:
    """Send, then return all that comes until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", app.port)
    answer = b""
    try:
        async with asyncio.timeout(10):
            for part in parts:
                writer.write(part)
                await writer.drain()
            while frame := await reader.read(1 << 16):
                answer += frame
    except ConnectionError:
        pass  # a client that goes on sending may be reset
    finally:
        writer.close()
    return answer


def _refusal(answer: bytes) -> tuple[int, str]:
    head, _, body = answer.partition(b"\r\n\r\n")
    lowered = head.lower()
    assert b"\r\nserver:" not in lowered
    for header in (b"connection: close", b"cache-control: no-store", b"nosniff"):
        assert header in lowered
    refusal = json.loads(body)
    assert refusal["reason"]
    return int(head.split()[1]), refusal["error"]


@pytest.mark.parametrize(
    "head",
    [
        b"GET /api/flights?" + 70 * KIB * b"a" + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        HEALTH + b"X: " + 70 * KIB * b"a" + b"\r\n\r\n",
        HEALTH + 70 * KIB * b"a",
        HEALTH + 129 * b"X: a\r\n" + b"\r\n",
        40 * KIB * b"\r\n" + HEALTH + b"\r\n",
        UPGRADE + b"X: " + 70 * KIB * b"a" + b"\r\n\r\n",
    ],
    ids=["address", "header", "unfinished", "many headers", "blank lines", "WebSocket"],
)
async def test_a_head_beyond_64_kb_is_refused(app: ScriptedApp, head: bytes) -> None:
    """As soon as it is beyond, whether it would end or not."""
    assert _refusal(await _request(app, head)) == (431, "headers_too_large")


async def test_a_head_within_64_kb_is_not() -> None:
    """However it is cut."""
    async with ScriptedApp() as app:
        head = HEALTH + b"Connection: close\r\nX: " + 60 * KIB * b"a" + b"\r\n\r\n"
        assert (await _request(app, head)).startswith(b"HTTP/1.1 200")
        cut = [head[start : start + 7 * KIB] for start in range(0, len(head), 7 * KIB)]
        assert (await _request(app, *cut)).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "request_",
    [
        b"POST /sse/ticket HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n",
        b"GET /sse/flights HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n",
    ],
    ids=["POST", "GET"],
)
async def test_a_body_that_is_announced_too_large_is_refused(
    app: ScriptedApp, request_: bytes
) -> None:
    """Before anything of it is read, and before anybody is asked who it is."""
    assert _refusal(await _request(app, request_)) == (413, "body_too_large")


@pytest.mark.parametrize(
    "body",
    [
        40 * (b"1000\r\n" + 4 * KIB * b"a" + b"\r\n"),
        40 * KIB * b"1\r\na\r\n",
        b"0\r\n" + 20 * KIB * b"X: 1234\r\n",
        b"0\r\n" + 200 * KIB * b"X",
        b"1;" + 200 * KIB * b"x",
    ],
    ids=["chunks", "small chunks", "trailers", "a trailer", "a chunk's extension"],
)
async def test_a_body_without_an_end_is_cut_off(app: ScriptedApp, body: bytes) -> None:
    """The answer may have been complete before; the connection is closed all the same."""
    answer = await _request(app, CHUNKED, body)
    assert answer.count(b"HTTP/1.1 ") <= 1


async def test_trailers_change_no_request(app: ScriptedApp) -> None:
    """They are no headers of it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", app.port)
    trailer = b"0\r\nOrigin: https://evil.example\r\n\r\n"
    writer.write(CHUNKED + trailer + HEALTH + b"Connection: close\r\n\r\n")
    async with asyncio.timeout(10):
        answer = await reader.read(-1)
    writer.close()
    assert answer.count(b"HTTP/1.1 200") == 2


@pytest.fixture
def short_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_protocol, "REQUEST_SECONDS", 0.1)
    monkeypatch.setattr(http_protocol, "SECOND_LOOK_SECONDS", 0.05)


@pytest.mark.usefixtures("short_deadline")
async def test_a_request_that_never_ends_is_closed(app: ScriptedApp) -> None:
    """Its head or its body, on a new connection or on one that has been answered."""
    assert _refusal(await _request(app, HEALTH)) == (408, "request_timeout")
    after_an_answer = await _request(app, HEALTH + b"\r\n", HEALTH)
    first, _, second = after_an_answer.partition(b'{"status":"alive"}')
    assert first.startswith(b"HTTP/1.1 200")
    assert _refusal(second) == (408, "request_timeout")
    without_body = await _request(app, HEALTH + b"Content-Length: 100\r\n\r\n", b"abc")
    assert without_body.count(b"HTTP/1.1 ") == 1


@pytest.mark.usefixtures("short_deadline")
async def test_an_idle_connection_is_closed_without_a_word(app: ScriptedApp) -> None:
    """A browser may have opened it in advance, and would take an answer for that of a request."""
    assert await _request(app) == b""


@pytest.mark.usefixtures("short_deadline")
async def test_a_stream_has_no_such_deadline(app: ScriptedApp) -> None:
    """Nor has a question that takes long; its request was complete."""
    reader, writer = await asyncio.open_connection("127.0.0.1", app.port)
    writer.write(STREAM)
    async with asyncio.timeout(10):
        await reader.readuntil(b"event: snapshot")
        await asyncio.sleep(0.3)  # three deadlines
        app.publish(state_vector("bbbbbb"))
        await reader.readuntil(b"bbbbbb")
    writer.close()


async def test_requests_sent_ahead_are_answered_in_order(app: ScriptedApp) -> None:
    """As HTTP/1.1 has it, in whatever pieces they come."""
    probes = 200 * (HEALTH + b"\r\n") + b"GET /ready HTTP/1.1\r\nHost: localhost\r\n"
    answer = await _request(app, probes + b"Connection: close\r\n\r\n")
    assert answer.count(b'{"status":"alive"}') == 200
    assert answer.rindex(b"alive") < answer.rindex(b"HTTP/1.1 200")


async def test_requests_sent_ahead_of_a_stream_wait_in_the_network(app: ScriptedApp) -> None:
    """What has been read of them is held, no more is read, and the stream goes on."""
    reader, writer = await asyncio.open_connection("127.0.0.1", app.port)
    writer.write(STREAM)
    async with asyncio.timeout(10):
        await reader.readuntil(b"event: snapshot")
        writer.write(500 * (HEALTH + b"\r\n"))
        while not app.metric("http_waiting_input_bytes"):  # noqa: ASYNC110 - a state of the server's
            await asyncio.sleep(0)
        writer.write(50_000 * (HEALTH + b"\r\n"))
        app.publish(state_vector("bbbbbb"))
        await reader.readuntil(b"bbbbbb")
        assert app.metric("http_waiting_input_bytes") <= 64 * KIB
        writer.transport.abort()
        # What is written next finds that the client has left.
        while app.metric("stream_viewers"):
            app.tick(is_heartbeat=True)
            await asyncio.sleep(0.01)


async def test_a_read_of_more_than_is_held_ends_the_connection(app: ScriptedApp) -> None:
    """How much one read brings is the kernel's business, so it is handed in here."""
    reader, writer = await asyncio.open_connection("127.0.0.1", app.port)
    writer.write(STREAM)
    async with asyncio.timeout(10):
        await reader.readuntil(b"event: snapshot")
        (served,) = app.server.server_state.connections
        served.data_received(5_000 * (HEALTH + b"\r\n"))
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await reader.readuntil(b"never")
    assert app.metric("http_refused_total", reason="input_ahead") == 1
    assert app.metric("http_waiting_input_bytes") == 0
    writer.close()
    await app.wait_empty()


async def test_an_upgrade_during_a_stream_does_not_lose_it(app: ScriptedApp) -> None:
    """The stream would hold its place, and be written to, for as long as it may last."""
    reader, writer = await asyncio.open_connection("127.0.0.1", app.port)
    writer.write(STREAM)
    async with asyncio.timeout(10):
        await reader.readuntil(b"event: snapshot")
        writer.write(UPGRADE + b"\r\n")
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await reader.readuntil(b"101 Switching")
        writer.close()
        await app.wait_empty()


@pytest.mark.parametrize(
    "head",
    [
        UPGRADE.replace(b"/ws/flights", b"/ws/flights?" + 9 * KIB * b"a") + b"\r\n",
        UPGRADE + b"X: " + 9 * KIB * b"a" + b"\r\n\r\n",
        UPGRADE + b"Content-Length: 3\r\n\r\nabc",
        UPGRADE.replace(b"GET", b"POST") + b"\r\n",
        UPGRADE.replace(b"AAAA==", b"==") + b"\r\n",
        UPGRADE.replace(b"/ws/flights", b"/ws/elsewhere") + b"\r\n",
        UPGRADE.replace(b"localhost", b"a b") + b"\r\n",
    ],
    ids=["address", "header", "body", "method", "key", "path", "host"],
)
async def test_every_handshake_that_is_refused_is_answered_and_closed(
    app: ScriptedApp, head: bytes
) -> None:
    """None is left open without a word."""
    answer = (await _request(app, head)).lower()
    assert answer.startswith(b"http/1.1 4")
    for header in (b"x-content-type-options: nosniff", b"cache-control: no-store"):
        assert header in answer
    assert b"\r\nserver:" not in answer


async def test_an_upgrade_that_is_not_taken_up_is_answered(app: ScriptedApp) -> None:
    """By HTTP/1.1, and so is what follows it; clients offer h2c by default."""
    offer = HEALTH + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n"
    answer = await _request(app, offer + HEALTH + b"Connection: close\r\n\r\n")
    assert answer.count(b'{"status":"alive"}') == 2


@pytest.mark.parametrize("upgrade", ["h2c", "websocket"])
@pytest.mark.parametrize("body", ["Content-Length: 40", "Transfer-Encoding: chunked"])
async def test_a_body_is_no_request(app: ScriptedApp, upgrade: str, body: str) -> None:
    """A proxy in front, which knows it for a body, could be made to let a request through."""
    offer = f"POST /sse/ticket HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n{body}\r\n"
    request = f"{offer}Upgrade: {upgrade}\r\n\r\n".encode()
    answer = await _request(app, request + HEALTH + b"Connection: close\r\n\r\n")
    assert _refusal(answer) == (400, "malformed_request")


async def test_malformed_requests_share_a_line_a_minute(
    app: ScriptedApp, caplog: pytest.LogCaptureFixture
) -> None:
    """Each is answered; the log has the first, and the metric counts all."""
    with structlog.testing.capture_logs() as lines:
        for _ in range(20):
            answer = await _request(app, b"\x16\x03\x01 this is no HTTP\r\n\r\n")
            assert _refusal(answer) == (400, "malformed_request")
            await _request(app, UPGRADE.replace(b"localhost", b"a b") + b"\r\n")
    assert [line["reason"] for line in lines if line["log_level"] == "warning"] == [
        "malformed_request"
    ]
    assert [record.getMessage() for record in caplog.records if record.levelname != "INFO"] == []


async def _come_and_go(app: ScriptedApp, sent: bytes) -> None:
    """Send, and end the connection without reading."""
    _, writer = await asyncio.open_connection("127.0.0.1", app.port)
    writer.write(sent)
    while app.metric("http_connections") == 0:  # noqa: ASYNC110 - a state of the server's
        await asyncio.sleep(0)
    await asyncio.sleep(0.05)
    writer.transport.abort()
    while app.metric("http_connections"):
        app.tick(is_heartbeat=True)
        await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HT",
        HEALTH + b"\r\n",
        b"\x00\r\n\r\n",
        HEALTH + 70 * KIB * b"a",
        STREAM + 50 * (HEALTH + b"\r\n"),
        UPGRADE + b"\r\n",
        UPGRADE + b"X: " + 9 * KIB * b"a" + b"\r\n\r\n",
    ],
    ids=["half", "whole", "malformed", "large", "ahead", "WebSocket", "refused WebSocket"],
)
async def test_what_a_connection_took_is_freed_at_its_end(app: ScriptedApp, sent: bytes) -> None:
    """Not when Python next looks for garbage, which is seldom here."""

    def count() -> int:
        return sum(isinstance(each, Http | WebSocket) for each in gc.get_objects())

    gc.collect()
    before = count()
    gc.disable()
    try:
        for _ in range(3):
            await _come_and_go(app, sent)
        await app.wait_empty()
        async with asyncio.timeout(5):
            while count() > before:  # noqa: ASYNC110 - tasks that end
                await asyncio.sleep(0.05)
    finally:
        gc.enable()
