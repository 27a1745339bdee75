"""What a principal may read of the live state, and for how long, on every route."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from configuration.shared_sections import AccessSettings
from processor.access.new_key import make_key
from testkit.scripted_app import SSE, ScriptedApp
from testkit.state_vectors import state_vector
from testkit.subscriber import Subscriber
from tests.unit.processor.access.issuer import AUDIENCE, ISSUER, claims, rsa_key, sign

ALPS = "5,45,11,48"
PLAIN = {"accept-encoding": "identity"}


class _Door:
    """A server that requires keys, with one key for the globe and one for the Alps."""

    def __init__(self, folder: Path) -> None:
        self.globe, globe = make_key(name="globe", scopes=["flights:live"])
        self.alps, alps = make_key(name="alps", scopes=["flights:live"], areas=[ALPS])
        keys_file = folder / "keys.yaml"
        keys_file.write_text(globe + alps)
        keys_file.chmod(0o600)
        key_set = {"keys": [rsa_key().as_dict(private=False)]}
        (folder / "jwks.json").write_text(json.dumps(key_set))
        access = AccessSettings(
            mode="required",
            keys_file=keys_file,
            jwt_issuer=ISSUER,
            jwt_audience=AUDIENCE,
            jwks_file=folder / "jwks.json",
        )
        sse = SSE.model_copy(update={"max_viewers_per_principal": 1})
        self.app = ScriptedApp(sse=sse, access=access)
        self.app.now = time.time()


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[_Door]:
    door = _Door(tmp_path)
    async with door.app:
        now = int(door.app.now)
        door.app.publish(
            state_vector("aaaaaa", now), state_vector("bbbbbb", now, longitude=-40.0, latitude=0.0)
        )
        yield door


def _client(door: _Door, secret: str | None = None) -> httpx2.AsyncClient:
    headers = PLAIN | ({"authorization": f"Bearer {secret}"} if secret else {})
    return httpx2.AsyncClient(base_url=door.app.url, headers=headers)


async def _read(response: httpx2.Response, until: str) -> Subscriber:
    subscriber = Subscriber()
    async with asyncio.timeout(10):
        async for chunk in response.aiter_bytes():
            subscriber.feed(chunk)
            if until in subscriber.names:
                return subscriber
    return subscriber


async def _watch(client: httpx2.AsyncClient, path: str, until: str = "snapshot") -> Subscriber:
    async with client.stream("GET", path) as response:
        assert response.status_code == 200
        return await _read(response, until)


async def test_client_without_credentials_gets_no_data(door: _Door) -> None:
    """Programs get a status, and a browser's EventSource, which cannot see it, an event."""
    async with _client(door) as client:
        for path in ("/sse/flights", "/api/flights"):
            answer = await client.get(path)
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        browser = {"accept": "text/event-stream"}
        subscriber = Subscriber()
        subscriber.feed((await client.get("/sse/flights", headers=browser)).content)
        assert subscriber.names == ["error"]
        again = browser | {"last-event-id": subscriber.last_event_id}
        assert (await client.get("/sse/flights", headers=again)).status_code == 204
    with pytest.raises(InvalidStatus) as raised:
        async with connect(f"ws://127.0.0.1:{door.app.port}/ws/flights", proxy=None):
            pass
    assert raised.value.response.status_code == 401


async def test_areas_restrict_every_query(door: _Door) -> None:
    """This holds for every query, format and route, with and without pinned aircraft."""
    queries = ("", "?pinned=bbbbbb", "?bbox=-180,-90,180,90", "?format=geojson", "?icao24=bbbbbb")
    async with _client(door, door.alps) as client:
        for query in queries:
            subscriber = await _watch(client, f"/sse/flights{query}")
            assert set(subscriber.fleet) <= {"aaaaaa"}
            assert "bbbbbb" not in (await client.get(f"/api/flights{query}")).text
        delta = await client.get("/sse/flights?format=delta")
        assert delta.status_code == 422
    url = f"ws://127.0.0.1:{door.app.port}/ws/flights"
    headers = {"authorization": f"Bearer {door.alps}"}
    async with connect(url, additional_headers=headers, proxy=None) as socket:
        assert "bbbbbb" not in await socket.recv()
        await socket.send(json.dumps({"subscribe": "pinned=bbbbbb&bbox=-180,-90,180,90"}))
        assert "bbbbbb" not in await socket.recv()


async def test_what_was_seen_of_the_globe_is_not_resumed_in_an_area(door: _Door) -> None:
    """An event id belongs to an area, so that no client carries over more than it may read."""
    async with _client(door, door.globe) as client:
        seen = (await _watch(client, "/sse/flights")).last_event_id
    async with _client(door, door.alps) as client:
        subscriber = await _watch(client, f"/sse/flights?last_event_id={seen}")
    assert subscriber.names == ["reset", "snapshot"]
    assert set(subscriber.fleet) == {"aaaaaa"}


async def test_a_resumed_area_names_no_aircraft_outside(door: _Door) -> None:
    """Removals are not sent either: a client gets a snapshot instead."""
    now = int(door.app.now)
    async with _client(door, door.alps) as client:
        seen = (await _watch(client, "/sse/flights")).last_event_id
        door.app.publish(state_vector("bbbbbb", now + 1, longitude=-41.0, latitude=0.0))
        subscriber = await _watch(client, f"/sse/flights?last_event_id={seen}")
        assert subscriber.names == ["snapshot"]
        assert "bbbbbb" not in str(subscriber.events)


async def test_a_stream_ends_with_its_token(door: _Door) -> None:
    """It ends at the expiry of the token, with or without traffic, and gives the reason."""
    token = sign(claims(now=int(time.time()), exp=int(time.time()) + 2, scope="flights:live"))
    async with _client(door, token) as client:
        started = time.monotonic()
        subscriber = await _watch(client, "/sse/flights", "bye")
        assert time.monotonic() - started <= 2.5
    assert subscriber.names == ["snapshot", "bye"]
    assert "expired" in subscriber.events[-1].data
    assert door.app.metric("flightmonitor_stream_closed_total", reason="expired") == 1


async def test_a_principal_has_so_many_streams(door: _Door) -> None:
    """One more is asked to return later; other principals are not affected."""
    async with (
        _client(door, door.globe) as client,
        client.stream("GET", "/sse/flights") as first,
    ):
        chunks = first.aiter_bytes()
        while not door.app.metric("flightmonitor_stream_subscribers"):
            await anext(chunks)
        assert (await _watch(client, "/sse/flights", "overloaded")).names == ["overloaded"]
        async with _client(door, door.alps) as other:
            assert (await _watch(other, "/sse/flights")).names == ["snapshot"]


async def test_a_ticket_is_for_one_stream(door: _Door) -> None:
    """A browser that returns with a used ticket gets an `error`, and can then be stopped."""
    async with _client(door, door.globe) as client:
        ticket = (await client.post("/sse/ticket")).json()["ticket"]
    async with _client(door) as client:
        path = f"/sse/flights?ticket={ticket}"
        assert (await _watch(client, path)).names == ["snapshot"]
        assert (await client.get(path)).status_code == 401
