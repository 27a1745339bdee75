"""The WebSocket: the same events as SSE, and a query that can change."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin

from testkit.scripted_app import SSE, ScriptedApp
from testkit.state_vectors import START, state_vector

ALPS, OCEAN = "bbox=5,45,11,48", "bbox=-60,-10,-20,30"


@pytest.fixture
async def app() -> AsyncIterator[ScriptedApp]:
    async with ScriptedApp(sse=SSE.model_copy(update={"max_viewers": 2})) as app:
        app.publish(state_vector("aaaaaa"), state_vector("bbbbbb", longitude=-40.0, latitude=0.0))
        yield app


@asynccontextmanager
async def _watching(
    app: ScriptedApp, query: str = "", origin: str | None = None
) -> AsyncIterator[ClientConnection]:
    url = f"ws://127.0.0.1:{app.port}/ws/flights?{query}"
    async with connect(
        url, max_size=None, proxy=None, origin=Origin(origin) if origin else None
    ) as socket:
        yield socket


async def _next(socket: ClientConnection) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(await socket.recv())
    return event


def _addresses(event: dict[str, Any]) -> list[str]:
    return [state["icao24"] for state in event["data"]["states"]]


async def test_the_same_events_as_messages(app: ScriptedApp) -> None:
    """Each message has the event's name, id and data."""
    async with _watching(app, ALPS) as socket:
        snapshot = await _next(socket)
        assert (snapshot["event"], _addresses(snapshot)) == ("snapshot", ["aaaaaa"])
        app.publish(state_vector("aaaaaa", START + 1))
        update = await _next(socket)
        assert (update["event"], _addresses(update)) == ("update", ["aaaaaa"])
        app.publish(state_vector("aaaaaa", START + 2, latitude=0.0))
        gone = await _next(socket)
        assert (gone["event"], gone["data"]["icao24"]) == ("remove", ["aaaaaa"])
        app.tick(is_heartbeat=True)
        assert (await _next(socket))["data"]["aircraft"] == 2


async def test_subscribe_changes_the_query(app: ScriptedApp) -> None:
    """A snapshot of the new query follows, and then only its events."""
    async with _watching(app, ALPS) as socket:
        await _next(socket)
        await socket.send(json.dumps({"subscribe": f"{OCEAN}&format=row&fields=callsign"}))
        snapshot = await _next(socket)
        assert snapshot["data"]["fields"] == ["icao24", "callsign"]
        assert snapshot["data"]["states"] == [["bbbbbb", "SWR7EA"]]
        app.publish(
            state_vector("aaaaaa", START + 1),
            state_vector("bbbbbb", START + 1, longitude=-41.0, latitude=0.0),
        )
        assert (await _next(socket))["data"]["states"] == [["bbbbbb", "SWR7EA"]]


@pytest.mark.parametrize(
    ("message", "parameter"),
    [
        ("garbage", None),
        ("{}", None),
        ('{"subscribe": 3}', None),
        ('{"subscribe": "", "unsubscribe": ""}', None),
        (b"\x00", None),
        ('{"subscribe": "bbox=1,2"}', "bbox"),
        ('{"subscribe": "colour=red"}', "colour"),
    ],
)
async def test_what_cannot_be_understood_changes_nothing(
    app: ScriptedApp, message: str | bytes, parameter: str | None
) -> None:
    """The client gets the reason, and its query stays."""
    async with _watching(app, ALPS) as socket:
        await _next(socket)
        await socket.send(message)
        error = await _next(socket)
        assert error["event"] == "error"
        assert error["data"].get("parameter") == parameter
        assert error["data"]["reason"]
        app.publish(state_vector("aaaaaa", START + 1))
        assert _addresses(await _next(socket)) == ["aaaaaa"]


async def test_resume(app: ScriptedApp) -> None:
    """The id is in the URL, since a browser cannot set headers here."""
    async with _watching(app) as socket:
        seen = (await _next(socket))["id"]
    app.publish(state_vector("cccccc"))
    async with _watching(app, f"last_event_id={seen}") as socket:
        update = await _next(socket)
        assert (update["event"], _addresses(update)) == ("update", ["cccccc"])
    async with _watching(app, f"last_event_id={seen}&{ALPS}") as socket:
        assert [(await _next(socket))["event"] for _ in range(2)] == ["reset", "snapshot"]


async def test_an_invalid_filter_gets_an_error_and_closes(app: ScriptedApp) -> None:
    """The client gets a message, since a browser sees no status; 1008 means a policy violation."""
    async with _watching(app, "near=1,2") as socket:
        error = await _next(socket)
        assert (error["event"], error["data"]["parameter"]) == ("error", "near")
        with pytest.raises(ConnectionClosed) as raised:
            await socket.recv()
        assert raised.value.rcvd is not None
        assert raised.value.rcvd.code == 1008


async def test_limits_are_shared_with_the_other_stream(app: ScriptedApp) -> None:
    """The third stream is asked to return later, and is counted."""
    async with _watching(app) as first, _watching(app) as second, _watching(app) as third:
        await _next(first)
        await _next(second)
        overloaded = await _next(third)
        assert overloaded["event"] == "overloaded"
        assert overloaded["retry"] > 0
        with pytest.raises(ConnectionClosed) as raised:
            await third.recv()
        assert raised.value.rcvd is not None
        assert raised.value.rcvd.code == 1013
    assert app.metric("flightmonitor_stream_closed_total", reason="overloaded") == 1
    assert app.metric("flightmonitor_stream_refused_total") == 1
    assert app.metric("flightmonitor_stream_refused_total", reason="total") == 1


async def test_bye(app: ScriptedApp) -> None:
    """A server that stops sends the time to return, and a close code for it."""
    async with _watching(app) as socket:
        await _next(socket)
        app.close()
        bye = await _next(socket)
        assert (bye["event"], bye["retry"] > 0) == ("bye", True)
        with pytest.raises(ConnectionClosed) as raised:
            await socket.recv()
        assert raised.value.rcvd is not None
        assert raised.value.rcvd.code == 1012


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
async def test_pages_of_others_are_refused(app: ScriptedApp, origin: str) -> None:
    """CORS does not cover WebSockets, so the handshake checks the origin."""
    with pytest.raises(InvalidStatus) as raised:
        async with _watching(app, origin=origin):
            pass
    assert raised.value.response.status_code == 403
    assert app.metric("flightmonitor_stream_refused_total", reason="origin") == 1
    assert app.metric("flightmonitor_http_requests_total", route="/ws/flights", status="4xx") == 1


async def test_pages_of_ours_are_not(app: ScriptedApp) -> None:
    """The origin is the server's own, as the browser writes it."""
    async with _watching(app, origin=f"http://127.0.0.1:{app.port}") as socket:
        assert (await _next(socket))["event"] == "snapshot"


async def test_closed_sockets_are_not_counted(app: ScriptedApp) -> None:
    """A client may also leave without a close frame."""
    async with _watching(app) as socket:
        await _next(socket)
        labels = {"transport": "websocket", "format": "object"}
        assert app.metric("flightmonitor_stream_subscribers", **labels) == 1
        assert app.metric("flightmonitor_stream_subscribers") == 1
        assert app.metric("flightmonitor_http_requests_total", status="1xx") == 1
        socket.transport.abort()
    await app.wait_empty()
    assert app.metric("flightmonitor_stream_subscribers") == 0
