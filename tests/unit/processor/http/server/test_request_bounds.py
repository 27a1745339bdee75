"""Limits on what a client may send over HTTP, tested over real sockets."""

import asyncio
import gc
import json
from collections.abc import AsyncIterator

import pytest
import structlog

from processor.http.server import http_protocol
from processor.http.server.http_protocol import BoundedHttpProtocol
from processor.http.server.websocket_protocol import BoundedWebSocketProtocol
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
    """Send, then return everything that arrives until the server closes."""
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
    """It is refused as soon as it is too large, whether or not it would end."""
    assert _refusal(await _request(app, head)) == (431, "headers_too_large")


async def test_a_head_within_64_kb_is_not() -> None:
    """The division into packets does not matter."""
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
    """The body is not read, and credentials are not checked."""
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
    """The connection is closed even if the response was complete before."""
    answer = await _request(app, CHUNKED, body)
    assert answer.count(b"HTTP/1.1 ") <= 1


async def test_trailers_change_no_request(app: ScriptedApp) -> None:
    """Trailers are not headers of the request."""
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
    monkeypatch.setattr(http_protocol, "GRACE_SECONDS", 0.05)


@pytest.mark.usefixtures("short_deadline")
async def test_a_request_that_never_ends_is_closed(app: ScriptedApp) -> None:
    """The head or the body may be incomplete, on a new or a reused connection."""
    assert _refusal(await _request(app, HEALTH)) == (408, "request_timeout")
    after_an_answer = await _request(app, HEALTH + b"\r\n", HEALTH)
    first, _, second = after_an_answer.partition(b'{"status":"alive"}')
    assert first.startswith(b"HTTP/1.1 200")
    assert _refusal(second) == (408, "request_timeout")
    without_body = await _request(app, HEALTH + b"Content-Length: 100\r\n\r\n", b"abc")
    assert without_body.count(b"HTTP/1.1 ") == 1


@pytest.mark.usefixtures("short_deadline")
async def test_an_idle_connection_is_closed_without_a_word(app: ScriptedApp) -> None:
    """A browser may have opened it in advance, and would take data for a response."""
    assert await _request(app) == b""


@pytest.mark.usefixtures("short_deadline")
async def test_a_stream_has_no_such_deadline(app: ScriptedApp) -> None:
    """A slow request has none either: it was received completely."""
    reader, writer = await asyncio.open_connection("127.0.0.1", app.port)
    writer.write(STREAM)
    async with asyncio.timeout(10):
        await reader.readuntil(b"event: snapshot")
        await asyncio.sleep(0.3)  # three deadlines
        app.publish(state_vector("bbbbbb"))
        await reader.readuntil(b"bbbbbb")
    writer.close()


async def test_requests_sent_ahead_are_answered_in_order(app: ScriptedApp) -> None:
    """HTTP/1.1 requires the order; packets may divide requests anywhere."""
    probes = 200 * (HEALTH + b"\r\n") + b"GET /ready HTTP/1.1\r\nHost: localhost\r\n"
    answer = await _request(app, probes + b"Connection: close\r\n\r\n")
    assert answer.count(b'{"status":"alive"}') == 200
    assert answer.rindex(b"alive") < answer.rindex(b"HTTP/1.1 200")


async def test_requests_sent_ahead_of_a_stream_wait_in_the_network(app: ScriptedApp) -> None:
    """The server keeps what it has read, reads no more, and the stream goes on."""
    reader, writer = await asyncio.open_connection("127.0.0.1", app.port)
    writer.write(STREAM)
    async with asyncio.timeout(10):
        await reader.readuntil(b"event: snapshot")
        writer.write(500 * (HEALTH + b"\r\n"))
        while not app.metric("flightmonitor_http_waiting_input_bytes"):  # noqa: ASYNC110 - a state of the server's
            await asyncio.sleep(0)
        writer.write(50_000 * (HEALTH + b"\r\n"))
        app.publish(state_vector("bbbbbb"))
        await reader.readuntil(b"bbbbbb")
        assert app.metric("flightmonitor_http_waiting_input_bytes") <= 64 * KIB
        writer.transport.abort()
        # What is written next finds that the client has left.
        while app.metric("flightmonitor_stream_subscribers"):
            app.tick(is_heartbeat=True)
            await asyncio.sleep(0.01)


async def test_a_read_of_more_than_is_held_ends_the_connection(app: ScriptedApp) -> None:
    """The kernel decides how much one read returns, so the test passes the data in."""
    reader, writer = await asyncio.open_connection("127.0.0.1", app.port)
    writer.write(STREAM)
    async with asyncio.timeout(10):
        await reader.readuntil(b"event: snapshot")
        (served,) = app.server.server_state.connections
        served.data_received(5_000 * (HEALTH + b"\r\n"))
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await reader.readuntil(b"never")
    assert app.metric("flightmonitor_http_refused_total", reason="input_ahead") == 1
    assert app.metric("flightmonitor_http_waiting_input_bytes") == 0
    writer.close()
    await app.wait_empty()


async def test_an_upgrade_during_a_stream_does_not_lose_it(app: ScriptedApp) -> None:
    """Otherwise the stream would hold its slot for as long as it lasts."""
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
    """No connection stays open without a response."""
    answer = (await _request(app, head)).lower()
    assert answer.startswith(b"http/1.1 4")
    for header in (b"x-content-type-options: nosniff", b"cache-control: no-store"):
        assert header in answer
    assert b"\r\nserver:" not in answer


async def test_an_upgrade_that_is_not_taken_up_is_answered(app: ScriptedApp) -> None:
    """The request and those after it are served by HTTP/1.1; some clients offer h2c by default."""
    offer = HEALTH + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n"
    answer = await _request(app, offer + HEALTH + b"Connection: close\r\n\r\n")
    assert answer.count(b'{"status":"alive"}') == 2


@pytest.mark.parametrize("upgrade", ["h2c", "websocket"])
@pytest.mark.parametrize("body", ["Content-Length: 40", "Transfer-Encoding: chunked"])
async def test_a_body_is_no_request(app: ScriptedApp, upgrade: str, body: str) -> None:
    """Otherwise a proxy in front could be made to let a request through."""
    offer = f"POST /sse/ticket HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n{body}\r\n"
    request = f"{offer}Upgrade: {upgrade}\r\n\r\n".encode()
    answer = await _request(app, request + HEALTH + b"Connection: close\r\n\r\n")
    assert _refusal(answer) == (400, "malformed_request")


async def test_malformed_requests_share_a_line_a_minute(
    app: ScriptedApp, caplog: pytest.LogCaptureFixture
) -> None:
    """Each gets a response; the log has the first, and the metric counts all."""
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
    """Send, and close the connection without reading."""
    _, writer = await asyncio.open_connection("127.0.0.1", app.port)
    writer.write(sent)
    while app.metric("flightmonitor_http_connections") == 0:  # noqa: ASYNC110 - a state of the server's
        await asyncio.sleep(0)
    await asyncio.sleep(0.05)
    writer.transport.abort()
    while app.metric("flightmonitor_http_connections"):
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
    """The garbage collector runs too seldom to be needed for that."""

    def count() -> int:
        return sum(
            isinstance(each, BoundedHttpProtocol | BoundedWebSocketProtocol)
            for each in gc.get_objects()
        )

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
