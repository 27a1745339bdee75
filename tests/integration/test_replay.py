"""Replays over the stream: every stored state vector, when it is due, up to the end."""

import asyncio
import gzip
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from processor.access.gate import Gate
from processor.access.principal import LIVE, Principal
from processor.access.tickets import Tickets
from processor.bounding_box import BoundingBox
from processor.replay.session import Replay
from telemetry.state_vector import FIELDS, StateVector
from testkit.decoding import decoder
from testkit.history_log import EXPIRY_SECONDS, HistoryLog, history_of, store
from testkit.migration import create_migrated_database, migrate
from testkit.state_vectors import START, state_vector
from testkit.subscriber import Subscriber
from testkit.timescale import Timescale

pytestmark = pytest.mark.real_database

CAPTURE = "switzerland_20180801_10s_17col.ndjson.gz"
FIRST = START - 3600
"""The beginning of the invented minute (Unix seconds)."""

EVENT_SOURCE = {"Accept": "text/event-stream"}


def invented() -> list[StateVector]:
    """Return two aircraft received each second of a minute, one that fell silent, one far away."""
    vectors = [
        state_vector(icao24, FIRST + second, longitude=8 + second / 100, baro_altitude=11_887.2)
        for second in range(60)
        for icao24 in ("aaaaaa", "bbbbbb")
    ]
    vectors.append(state_vector("cccccc", FIRST - 10))
    vectors.append(state_vector("dddddd", FIRST + 30, longitude=-40.0))
    return vectors


@pytest.fixture(scope="module")
def minute_url(timescale: Timescale) -> Iterator[str]:
    """Give the address of a database with the invented minute."""
    timescale.start()
    dsn = create_migrated_database(timescale.dsn)
    asyncio.run(store(dsn, invented()))
    yield dsn
    timescale.drop_database(dsn)


@pytest.fixture
async def log(minute_url: str) -> AsyncIterator[HistoryLog]:
    """Give a site with the invented minute and no live aircraft."""
    async with HistoryLog(minute_url, speed=1, replays=2) as log:
        log.broadcaster.open()
        yield log


async def watch(
    address: str, query: str, headers: dict[str, str] | None = None, most: int = 10_000
) -> tuple[httpx.Response, Subscriber]:
    """Read a stream to its end, or until so many events were received."""
    subscriber = Subscriber()
    async with (
        httpx.AsyncClient(timeout=30) as client,
        client.stream(
            "GET",
            f"http://{address}/sse/flights?{query}",
            headers={"Accept-Encoding": "identity"} | (headers or EVENT_SOURCE),
        ) as answer,
    ):
        decode = decoder(answer.headers.get("content-encoding", "identity"))
        async for received in answer.aiter_raw():
            subscriber.feed(decode(received))
            if len(subscriber.events) >= most:
                break
    return answer, subscriber


def states_of(subscriber: Subscriber, *names: str) -> list[dict[str, Any]]:
    """Return the states of all events of these names."""
    return [
        state
        for event in subscriber.events
        if event.event in names
        for state in json.loads(event.data)["states"]
    ]


def updates(subscriber: Subscriber) -> list[tuple[str, int]]:
    """Return the address and last_contact of each updated aircraft."""
    return [(state["icao24"], state["last_contact"]) for state in states_of(subscriber, "update")]


async def test_a_minute_as_it_was(log: HistoryLog) -> None:
    """A snapshot, every state vector unchanged and in order, removals, and the end."""
    async with log.serving() as address:
        _, subscriber = await watch(address, f"from={FIRST}&to={FIRST + 119}&speed=max")
    assert subscriber.names[0] == "snapshot"
    assert [state["icao24"] for state in states_of(subscriber, "snapshot")] == ["cccccc"]
    expected = sorted(invented()[:-2] + invented()[-1:], key=lambda state: state.last_contact)
    sent = states_of(subscriber, "update")
    assert [state["last_contact"] for state in sent] == [state.last_contact for state in expected]
    assert {json.dumps(state, sort_keys=True) for state in sent} == {
        json.dumps({name: getattr(state, name) for name in FIELDS}, sort_keys=True)
        for state in expected
    }
    removed = {
        icao24: json.loads(event.data)["time"]
        for event in subscriber.events
        if event.event == "remove"
        for icao24 in json.loads(event.data)["icao24"]
    }
    assert 0 <= removed["cccccc"] - (FIRST - 10 + EXPIRY_SECONDS) <= 10
    assert 0 <= removed["dddddd"] - (FIRST + 30 + EXPIRY_SECONDS) <= 10
    assert subscriber.names[-2:] == ["heartbeat", "bye"]
    assert "the end of the replay" in subscriber.events[-1].data
    assert json.loads(subscriber.events[-2].data)["time"] == FIRST + 119


async def test_the_end_stops_an_event_source(log: HistoryLog) -> None:
    """An EventSource that reconnects with the last id gets a 204, at which it stops."""
    query = f"from={FIRST}&to={FIRST + 59}&speed=max"
    async with log.serving() as address:
        _, subscriber = await watch(address, query)
        answer, _ = await watch(
            address, query, EVENT_SOURCE | {"Last-Event-ID": subscriber.last_event_id}
        )
        assert answer.status_code == 204
        async with _socket(address, f"{query}&last_event_id={subscriber.last_event_id}") as socket:
            assert [(await _next(socket))["event"] for _ in range(2)] == ["heartbeat", "bye"]


async def test_resumed_at_the_last_event_id(log: HistoryLog) -> None:
    """On any instance, without gap or repetition; with another query it begins again."""
    query = f"from={FIRST}&to={FIRST + 119}&speed=20"
    async with log.serving() as address:
        _, first = await watch(address, query, most=12)
        other = Replay(
            broadcaster=log.broadcaster,
            database=log.database,
            limits=log.replay.limits,
            clock=log.clock,
        )
        log.replay = other
        headers = EVENT_SOURCE | {"Last-Event-ID": first.last_event_id}
        _, second = await watch(address, query.replace("20", "max"), headers)
        _, whole = await watch(address, query.replace("20", "max"))
        _, other_query = await watch(address, f"{query}&icao24=aaaaaa", headers, most=2)
    assert "snapshot" not in second.names
    assert updates(first) + updates(second) == updates(whole)
    assert other_query.names == ["reset", "snapshot"]


async def test_paced_by_the_time_of_the_events(log: HistoryLog) -> None:
    """A minute at speed 20 takes three seconds, and its updates are spread over them."""
    begun_at = time.monotonic()
    async with log.serving() as address:
        _, subscriber = await watch(address, f"from={FIRST}&to={FIRST + 59}&speed=20")
    assert 2.8 < time.monotonic() - begun_at < 5
    assert subscriber.names.count("update") >= 20


@pytest.mark.parametrize(
    "query", ["format=row&fields=callsign,last_contact", "format=geojson", "format=object"]
)
@pytest.mark.parametrize("encoding", ["identity", "gzip", "zstd"])
async def test_formats_filters_and_encodings(log: HistoryLog, query: str, encoding: str) -> None:
    """Replays have all of them; an aircraft that leaves the filter is removed."""
    where = f"from={FIRST}&to={FIRST + 59}&speed=max&bbox=-50,40,8.2,50"
    async with log.serving() as address:
        headers = EVENT_SOURCE | {"Accept-Encoding": encoding}
        answer, subscriber = await watch(address, f"{where}&{query}", headers)
    assert answer.headers.get("content-encoding", "identity") == encoding
    assert subscriber.fleet.keys() == {"dddddd"}
    assert subscriber.names[-1] == "bye"


@pytest.mark.parametrize(
    ("query", "status", "parameter"),
    [
        (f"from={FIRST}&format=delta", 422, "format"),
        (f"from={FIRST}&speed=1000", 422, "speed"),
        (f"to={FIRST}", 422, "to"),
        ("from=soon", 422, "from"),
        (f"from={FIRST - 32 * 86_400}&to={FIRST}", 400, "from"),
        (f"from={FIRST - 32 * 86_400}", 400, "from"),
        (f"from={FIRST}&colour=red", 422, "colour"),
    ],
)
async def test_refused_requests(log: HistoryLog, query: str, status: int, parameter: str) -> None:
    """Programs get a status, an EventSource an `error` event and a 204 when it reconnects."""
    async with log.serving() as address:
        async with httpx.AsyncClient() as client:
            answer = await client.get(f"http://{address}/sse/flights?{query}")
        assert answer.status_code == status
        assert answer.json()["detail"][0]["loc"] == ["query", parameter]
        answer, subscriber = await watch(address, query)
        assert (answer.status_code, subscriber.names) == (200, ["error"])
        assert json.loads(subscriber.events[0].data)["parameter"] == parameter
        headers = EVENT_SOURCE | {"Last-Event-ID": subscriber.last_event_id}
        answer, _ = await watch(address, query, headers)
        assert answer.status_code == 204
        async with _socket(address, query) as socket:
            assert (await _next(socket))["data"]["parameter"] == parameter
            with pytest.raises(ConnectionClosed):
                await socket.recv()


async def test_one_replay_too_many(log: HistoryLog) -> None:
    """Two replays are allowed; the third gets `overloaded`, but may open the live stream."""
    query = f"from={FIRST}&to={FIRST + 59}"
    async with log.serving() as address:
        async with _socket(address, query) as one, _socket(address, query) as two:
            assert (await _next(one))["event"] == (await _next(two))["event"] == "snapshot"
            _, subscriber = await watch(address, query)
            assert subscriber.names == ["overloaded"]
            assert "history.max_replays" in subscriber.events[0].data
            _, subscriber = await watch(address, "", most=1)
            assert subscriber.names == ["snapshot"]
        await asyncio.sleep(0.2)
        _, subscriber = await watch(address, f"{query}&speed=max")
        assert subscriber.names[-1] == "bye"
    assert _closed(log, "overloaded") == 1
    assert _closed(log, "replayed") == 1


async def test_without_a_database(log: HistoryLog) -> None:
    """The live stream works as before; a replay is answered with a 503."""
    log.replay = Replay(
        broadcaster=log.broadcaster,
        database=history_of("postgresql://none@127.0.0.1:9/nothing"),
        limits=log.replay.limits,
        clock=log.clock,
    )
    async with log.serving() as address:
        async with httpx.AsyncClient() as client:
            answer = await client.get(f"http://{address}/sse/flights?from={FIRST}")
        assert answer.status_code == 503
        assert "Retry-After" in answer.headers
        _, subscriber = await watch(address, "", most=1)
        assert subscriber.names == ["snapshot"]


class _OnePrincipal(Gate):
    """Admits every client as one principal."""

    def __init__(self, principal: Principal) -> None:
        super().__init__(is_open=False, keys=None, tokens=None, tickets=Tickets(ttl_seconds=30))
        self._principal = principal

    async def admit(self, **_request: object) -> Principal:
        return self._principal


async def test_replays_need_the_scope_of_the_history(log: HistoryLog) -> None:
    gate = _OnePrincipal(Principal("principal", frozenset({LIVE})))
    async with log.serving(gate) as address, httpx.AsyncClient() as client:
        answer = await client.get(f"http://{address}/sse/flights?from={FIRST}")
        assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")


async def test_areas_restrict_replays(log: HistoryLog) -> None:
    """A restricted principal receives what is inside its areas; aircraft that leave are removed."""
    areas = (BoundingBox(7.0, 40.0, 8.205, 50.0),)
    scopes = frozenset({LIVE, "flights:history"})
    gate = _OnePrincipal(Principal("principal", scopes, areas))  # type: ignore[arg-type]
    async with log.serving(gate) as address:
        _, subscriber = await watch(address, f"from={FIRST}&to={FIRST + 119}&speed=max")
    sent = states_of(subscriber, "snapshot", "update")
    assert {state["icao24"] for state in sent} == {"aaaaaa", "bbbbbb"}
    assert max(state["last_contact"] for state in sent) == FIRST + 20
    assert subscriber.fleet == {}
    assert "dddddd" not in str([event.data for event in subscriber.events])


def _closed(log: HistoryLog, reason: str) -> float:
    return (
        log.registry.get_sample_value("flightmonitor_stream_closed_total", {"reason": reason}) or 0
    )


def _socket(address: str, query: str) -> connect:
    return connect(f"ws://{address}/ws/flights?{query}", max_size=None, proxy=None)


async def _next(socket: ClientConnection) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(await asyncio.wait_for(socket.recv(), 10))
    return event


async def _subscribe(socket: ClientConnection, query: str) -> dict[str, Any]:
    """Subscribe to another query, and return the snapshot that follows."""
    await socket.send(json.dumps({"subscribe": query}))
    while (event := await _next(socket))["event"] != "snapshot":
        pass
    return event


async def test_seeking(log: HistoryLog) -> None:
    """A subscriber switches from live to a replay, to another time and format, and back to live."""
    log.publish([state_vector("eeeeee", int(log.clock()))])
    log.broadcaster.tick()
    async with log.serving() as address, _socket(address, "") as socket:
        assert (await _next(socket))["data"]["states"][0]["icao24"] == "eeeeee"
        first = await _subscribe(socket, f"from={FIRST}&to={FIRST + 59}&speed=1")
        assert [state["icao24"] for state in first["data"]["states"]] == ["cccccc"]
        later = await _subscribe(socket, f"from={FIRST + 40}&to={FIRST + 59}&format=row")
        assert len(later["data"]["states"]) == 4
        assert later["data"]["fields"] == list(FIELDS)
        now = await _subscribe(socket, "")
        assert [state["icao24"] for state in now["data"]["states"]] == ["eeeeee"]
        await socket.send(json.dumps({"subscribe": "from=soon"}))
        assert (await _next(socket))["data"]["parameter"] == "from"
        log.publish([state_vector("ffffff", int(log.clock()))])
        log.broadcaster.tick()
        assert (await _next(socket))["data"]["states"][0]["icao24"] == "ffffff"


async def test_a_stopping_server_ends_replays(log: HistoryLog) -> None:
    """A replay that waits for its next tick gets a `bye` too."""
    async with log.serving() as address:
        socket = await _socket(address, f"from={FIRST - 300}&to={FIRST}")
        assert (await _next(socket))["event"] == "snapshot"
    assert (await _next(socket))["event"] == "bye"
    await socket.close()


def _recorded() -> Iterator[dict[str, Any]]:
    captures = os.environ.get("OPENSKY_CAPTURES")
    if captures is None:
        pytest.skip(f"OPENSKY_CAPTURES does not name the folder that holds {CAPTURE}")
    path = Path(captures) / CAPTURE
    if not path.exists():
        pytest.skip(f"OPENSKY_CAPTURES={captures}: there is no {CAPTURE} in it")
    with gzip.open(path, "rt") as lines:
        for line in lines:
            for row in json.loads(line)["states"]:
                state = dict(zip(FIELDS, [*row, None], strict=False))
                yield state | {"callsign": (state["callsign"] or "").rstrip() or None}


@pytest.mark.parametrize(("seconds", "speed"), [(7200, "max"), (3600, "600")])
@pytest.mark.timeout(180)
async def test_a_recording_replays_unchanged(database_url: str, seconds: int, speed: str) -> None:
    """A replay sends exactly the state vectors of real answers, with every field."""
    recorded = {(state["icao24"], state["last_contact"]): state for state in _recorded()}
    migrate(database_url)
    await store(database_url, [StateVector(**state) for state in recorded.values()])
    begin = min(last_contact for _, last_contact in recorded)
    end = begin + seconds - 1
    begun_at = time.monotonic()
    async with HistoryLog(database_url) as log, log.serving() as address:
        log.broadcaster.open()
        _, subscriber = await watch(address, f"from={begin}&to={end}&speed={speed}")
    took_s = time.monotonic() - begun_at
    sent = states_of(subscriber, "update")
    expected = {key: state for key, state in recorded.items() if begin <= key[1] <= end}
    assert len(sent) == len(expected) > 0
    assert {(state["icao24"], state["last_contact"]): state for state in sent} == expected
    # To be seen with `pytest -rP`.
    sys.stdout.write(f"{len(sent)} of {len(subscriber.fleet)} aircraft in {took_s:.2f} s\n")
    if speed != "max":
        assert took_s > seconds / float(speed) - 1
