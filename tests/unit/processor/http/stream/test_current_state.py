"""The live state as one answer, and how all routes refuse a wrong parameter."""

from collections.abc import AsyncIterator

import httpx2
import pytest

from telemetry.state_vector import FIELDS
from testkit.scripted_app import ScriptedApp
from testkit.state_vectors import START, state_vector
from testkit.subscriber import Subscriber


@pytest.fixture
async def app() -> AsyncIterator[ScriptedApp]:
    async with ScriptedApp() as app:
        app.publish(state_vector("aaaaaa"), state_vector("bbbbbb", longitude=None, latitude=None))
        yield app


@pytest.fixture
async def client(app: ScriptedApp) -> AsyncIterator[httpx2.AsyncClient]:
    headers = {"accept-encoding": "identity"}
    async with httpx2.AsyncClient(base_url=app.url, headers=headers) as client:
        yield client


async def test_objects(client: httpx2.AsyncClient) -> None:
    """The answer has all fields of all aircraft, like a snapshot, and may not be cached."""
    answer = await client.get("/api/flights")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["time"] == START
    assert [state["icao24"] for state in answer.json()["states"]] == ["aaaaaa", "bbbbbb"]
    assert tuple(answer.json()["states"][0]) == FIELDS


async def test_rows(client: httpx2.AsyncClient) -> None:
    """The answer has the names of the columns."""
    answer = await client.get("/api/flights?format=row&fields=latitude&bbox=5,45,11,48")
    assert answer.json()["fields"] == ["icao24", "latitude"]
    assert answer.json()["states"] == [["aaaaaa", 47.4556]]


async def test_geojson(client: httpx2.AsyncClient) -> None:
    """A feature without a position has a null geometry (RFC 7946)."""
    answer = await client.get("/api/flights?format=geojson&fields=callsign")
    assert answer.headers["content-type"] == "application/geo+json"
    assert answer.json()["type"] == "FeatureCollection"
    assert answer.json()["features"] == [
        {
            "type": "Feature",
            "id": "aaaaaa",
            "geometry": {"type": "Point", "coordinates": [8.5695, 47.4556]},
            "properties": {"icao24": "aaaaaa", "callsign": "SWR7EA"},
        },
        {
            "type": "Feature",
            "id": "bbbbbb",
            "geometry": None,
            "properties": {"icao24": "bbbbbb", "callsign": "SWR7EA"},
        },
    ]


async def test_an_incomplete_live_state_is_not_served(
    app: ScriptedApp, client: httpx2.AsyncClient
) -> None:
    """A part of it would look like all of it; the client retries after a second."""
    app.begin_log()
    answer = await client.get("/api/flights")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


@pytest.mark.parametrize("path", ["/api/flights", "/sse/flights"])
@pytest.mark.parametrize(
    ("query", "parameter"),
    [("bbox=1,2", "bbox"), ("colour=red", "colour"), ("format=xml", "format"), ("near=", "near")],
)
async def test_a_wrong_parameter_is_named(
    client: httpx2.AsyncClient, path: str, query: str, parameter: str
) -> None:
    """The answer is 422, in the form of all errors of the API."""
    answer = await client.get(f"{path}?{query}")
    assert answer.status_code == 422
    (detail,) = answer.json()["detail"]
    assert detail["loc"] == ["query", parameter]
    assert detail["msg"]


async def test_delta_is_refused(client: httpx2.AsyncClient) -> None:
    """Only a stream has a state that a difference can refer to."""
    answer = await client.get("/api/flights?format=delta")
    assert answer.status_code == 422


async def test_an_event_source_gets_an_error_event(client: httpx2.AsyncClient) -> None:
    """EventSource shows scripts events but no statuses; when it reconnects, 204 makes it stop."""
    browser = {"accept": "text/event-stream"}
    answer = await client.get("/sse/flights?bbox=1,2", headers=browser)
    subscriber = Subscriber()
    subscriber.feed(answer.content)
    assert (answer.status_code, subscriber.names) == (200, ["error"])
    assert '"parameter":"bbox"' in subscriber.events[0].data
    again = browser | {"last-event-id": subscriber.last_event_id}
    answer = await client.get("/sse/flights?bbox=1,2", headers=again)
    assert (answer.status_code, answer.content) == (204, b"")


async def test_every_parameter_is_described(client: httpx2.AsyncClient) -> None:
    """The routes share the descriptions."""
    paths = (await client.get("/openapi.json")).json()["paths"]
    described = [paths[path]["get"]["parameters"] for path in ("/api/flights", "/sse/flights")]
    names = [{one["name"] for one in parameters} for parameters in described]
    assert {"bbox", "near", "pinned", "min_altitude", "fields", "format"} <= names[0] & names[1]
