"""Identities arrive after their aircraft, and only subscribers that ask for them are sent any."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from processor.bounding_box import parse_box
from processor.live.connection_limits import StreamClient
from processor.live.identification import Identification
from processor.reference.identities import Identities
from processor.reference.identity import Identity
from processor.stream.encoder import WEBSOCKET_ENCODER
from processor.stream.query import parse_query
from testkit.application import Application
from testkit.state_vectors import START, state_vector

ALPS = "5,45,11,48"
SECONDS = 30
"""How long a test waits for what does not come if it fails."""

Event = dict[str, Any]
NextEvent = Callable[[], Awaitable[Event]]


@pytest.fixture
def app() -> Application:
    """Return an application with two aircraft, whose identities are not known yet."""
    app = Application()
    app.receive(state_vector("aaaaaa"), state_vector("bbbbbb"))
    app.open()
    return app


@asynccontextmanager
async def _stream(
    app: Application, query: str, last_event_id: str = ""
) -> AsyncIterator[NextEvent]:
    pairs = [tuple(pair.split("=")) for pair in query.split("&") if pair]
    parsed = parse_query([(name, value) for name, value in pairs])
    with app.broadcaster.subscription(StreamClient("192.0.2.1"), parsed) as subscriber:
        frames = app.broadcaster.stream(subscriber, WEBSOCKET_ENCODER, last_event_id)
        assert isinstance(frames, AsyncGenerator)

        async def next_event() -> Event:
            event: Event = json.loads(await asyncio.wait_for(anext(frames), SECONDS))
            return event

        yield next_event
        await frames.aclose()


async def _identify(app: Application, **found: Identity) -> None:
    app.fleet.identify(found)
    await app.broadcaster.publish()


AIRBUS = Identity(registration="HB-JCA", type="A320", operator="Swiss", military=False)


async def test_a_field_of_the_identity_follows_its_aircraft(app: Application) -> None:
    async with _stream(app, "fields=registration,military") as next_event:
        assert (await next_event())["data"]["states"][0] == {
            "icao24": "aaaaaa",
            "registration": None,
            "military": False,
        }
        await _identify(app, aaaaaa=AIRBUS)
        update = await next_event()
        assert update["event"] == "update"
        assert update["data"]["states"] == [
            {"icao24": "aaaaaa", "registration": "HB-JCA", "military": False}
        ]


@pytest.mark.parametrize("parameters", ["", f"bbox={ALPS}", "format=row"])
async def test_others_are_sent_nothing(app: Application, parameters: str) -> None:
    """The next event that they get is that of a newer state vector."""
    async with (
        _stream(app, parameters) as next_event,
        _stream(app, "type=A320") as next_identified,
    ):
        await next_event()
        assert (await next_identified())["data"]["states"] == []
        await _identify(app, aaaaaa=AIRBUS)
        assert (await next_identified())["event"] == "update"
        app.receive(state_vector("bbbbbb", START + 1))
        await app.broadcaster.publish()
        following = await next_event()
        assert (following["event"], following["data"]["time"]) == ("update", START)
        assert "aaaaaa" not in json.dumps(following)


async def test_delta_has_the_type(app: Application) -> None:
    """Maps draw every aircraft by its type, and this format has no choice of fields."""
    async with _stream(app, "format=delta") as next_event:
        assert (await next_event())["data"]["texts"]["type"] == {}
        await _identify(app, aaaaaa=AIRBUS)
        update = await next_event()
        assert (update["event"], update["data"]["texts"]) == ("update", {"type": {"0": "A320"}})


@pytest.mark.parametrize(
    ("parameters", "is_found"),
    [
        ("type=a320,B738", True),
        ("type=B738", False),
        ("registration=hb-jca", True),
        ("operator=swiss", True),
        ("operator=swr", False),
        ("operator=swiss,swr", True),
        ("military=false", True),
        ("military=true", False),
        ("type=A320&operator=Swiss", True),
        ("type=A320&operator=Lufthansa", False),
    ],
)
async def test_filters_match_the_identity(
    app: Application,
    parameters: str,
    is_found: bool,  # noqa: FBT001 - of the table above
) -> None:
    await _identify(app, aaaaaa=AIRBUS)
    query = parse_query([tuple(pair.split("=")) for pair in parameters.split("&")])  # type: ignore[misc]
    found = app.broadcaster.select(query)
    assert found is not None
    assert ("aaaaaa" in [one.icao24 for one in found]) is is_found


async def test_the_operator_may_be_that_of_the_callsign(app: Application) -> None:
    await _identify(app, aaaaaa=Identity())
    for value in ("SWR", "Swiss"):
        found = app.broadcaster.select(parse_query([("operator", value)]))
        assert [one.icao24 for one in found or ()] == ["aaaaaa", "bbbbbb"]


async def test_an_aircraft_that_a_filter_does_not_match_any_more_is_removed(
    app: Application,
) -> None:
    async with _stream(app, "military=false") as next_event:
        assert len((await next_event())["data"]["states"]) == 2
        await _identify(app, bbbbbb=Identity(military=True))
        removal = await next_event()
        assert (removal["event"], removal["data"]["icao24"]) == ("remove", ["bbbbbb"])


async def test_an_identity_stays_with_newer_state_vectors(app: Application) -> None:
    """Also with those that arrive together with it."""
    app.fleet.identify({"aaaaaa": AIRBUS})
    app.receive(state_vector("aaaaaa", START + 1))
    app.tick()
    app.receive(state_vector("aaaaaa", START + 2))
    app.tick()
    (aircraft, _) = app.broadcaster.aircraft
    assert (aircraft.state_vector.last_contact, aircraft.type) == (START + 2, "A320")


async def test_a_client_that_returns_gets_the_identities_that_it_missed(app: Application) -> None:
    """Their aircraft have not sent anything meanwhile."""
    async with _stream(app, "fields=type") as next_event:
        event_id = (await next_event())["id"]
    app.fleet.identify({"aaaaaa": AIRBUS})
    await app.broadcaster.publish(is_heartbeat=True)
    async with _stream(app, "fields=type", event_id) as next_event:
        caught_up = await next_event()
        assert caught_up["event"] == "update"
        assert caught_up["data"]["states"] == [{"icao24": "aaaaaa", "type": "A320"}]


async def test_a_restricted_principal_gets_identities_inside_its_areas() -> None:
    app = Application()
    app.receive(state_vector("aaaaaa"), state_vector("bbbbbb", latitude=-40.0))
    app.open()
    query = parse_query([("fields", "type")], [parse_box(ALPS)])
    with app.broadcaster.subscription(StreamClient("192.0.2.1"), query) as subscriber:
        frames = app.broadcaster.stream(subscriber, WEBSOCKET_ENCODER, "")
        assert len(json.loads(await anext(frames))["data"]["states"]) == 1
        await _identify(app, aaaaaa=AIRBUS, bbbbbb=AIRBUS)
        update = json.loads(await asyncio.wait_for(anext(frames), SECONDS))
        assert update["data"]["states"] == [{"icao24": "aaaaaa", "type": "A320"}]


async def test_each_new_aircraft_is_looked_up_once(app: Application) -> None:
    identification = Identification(Identities(), lambda: app.fleet)
    assert await identification.step()
    assert not await identification.step()
    app.receive(state_vector("aaaaaa", START + 1), state_vector("4b17c4"))
    assert await identification.step()
    app.tick()
    assert app.broadcaster.aircraft[0].registration == "HB-JAA"


async def test_what_was_not_looked_up_expires_with_its_aircraft(app: Application) -> None:
    """Without a task that looks up identities nothing grows without a bound."""
    app.now += app.settings.live.expiry_seconds + 1
    app.tick()
    assert app.fleet.take_unidentified(10) == []
