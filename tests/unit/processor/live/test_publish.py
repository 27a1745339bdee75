"""While a tick is computed, the event loop serves clients from the tick before."""

import asyncio
import json
import threading
import weakref
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest

from docs.decoders.delta import DeltaDecoder
from processor.live import frame_maker
from processor.live.connection_limits import StreamClient
from processor.live.side_thread import SideThread
from processor.live.subscriber import WOKEN_AT_ONCE, Subscriber, wake_in_groups
from processor.live.tick import AIRCRAFT_AT_ONCE
from processor.live.tick_step import TickStep
from processor.stream.encoder import WEBSOCKET_ENCODER
from processor.stream.query import StreamQuery, parse_query
from testkit.application import Application
from testkit.state_vectors import START, state_vector

EVERYTHING, DELTA = parse_query([]), parse_query([("format", "delta")])
SECONDS = 30
"""How long a thread waits for a test that has failed."""

Event = dict[str, Any]


class _Computing:
    """Holds the thread that computes a tick until the test lets it go on."""

    def __init__(self) -> None:
        self._goes_on = threading.Event()
        self._has_begun = threading.Event()
        self._goes_on.set()

    def wait(self) -> None:
        self._has_begun.set()
        assert self._goes_on.wait(SECONDS)

    @asynccontextmanager
    async def during(self, app: Application, *, is_heartbeat: bool = False) -> AsyncIterator[None]:
        """Run the block while a tick is computed, and publish it afterwards."""
        self._has_begun.clear()
        self._goes_on.clear()
        publishing = asyncio.create_task(app.broadcaster.publish(is_heartbeat=is_heartbeat))
        try:
            await asyncio.to_thread(self._has_begun.wait, SECONDS)
            yield
            assert not publishing.done()
        finally:
            self._goes_on.set()
            await publishing


@pytest.fixture
def computing(monkeypatch: pytest.MonkeyPatch) -> _Computing:
    held = _Computing()
    compute = TickStep.compute

    def compute_later(step: TickStep) -> None:
        held.wait()
        compute(step)

    monkeypatch.setattr(TickStep, "compute", compute_later)
    return held


@pytest.fixture(params=[0, AIRCRAFT_AT_ONCE], ids=["other thread", "event loop"])
def app(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Application:
    """Return an application that encodes frames of two aircraft as those of many or of few."""
    monkeypatch.setattr(frame_maker, "AIRCRAFT_AT_ONCE", request.param)
    app = Application()
    app.receive(state_vector("aaaaaa", START), state_vector("bbbbbb", START))
    app.open()
    return app


@asynccontextmanager
async def _stream(
    app: Application, query: StreamQuery, last_event_id: str = ""
) -> AsyncIterator[Callable[[], Any]]:
    """Yield a function that waits for the next event of a stream."""
    with app.broadcaster.subscription(StreamClient("192.0.2.1"), query) as subscriber:
        frames = app.broadcaster.stream(subscriber, WEBSOCKET_ENCODER, last_event_id)
        assert isinstance(frames, AsyncGenerator)

        async def next_event() -> Event:
            event: Event = json.loads(await asyncio.wait_for(anext(frames), SECONDS))
            return event

        yield next_event
        await frames.aclose()


def _shown(app: Application) -> dict[str, int]:
    return {one.icao24: one.state_vector.last_contact for one in app.broadcaster.aircraft}


async def test_health_answers_while_a_tick_is_computed(
    app: Application, computing: _Computing
) -> None:
    app.receive(state_vector("aaaaaa", START + 1))
    async with app.serving():
        async with httpx2.AsyncClient(base_url=app.url) as client, computing.during(app):
            assert (await client.get("/health")).status_code == 200
            assert (await client.get("/api/flights")).json()["states"][0]["last_contact"] == START
        assert _shown(app)["aaaaaa"] == START + 1


async def test_nothing_keeps_the_tick_before(app: Application) -> None:
    """It holds all that was encoded for it."""
    before = weakref.ref(app.broadcaster.current_tick)
    app.receive(state_vector("aaaaaa", START + 1))
    await app.broadcaster.publish()
    assert before() is None


async def test_a_client_that_joins_meanwhile_begins_with_the_tick_before(
    app: Application, computing: _Computing
) -> None:
    """It is sent that tick's snapshot and event id, and then the changes."""
    before = app.broadcaster.current_tick
    assert before is not None
    app.receive(state_vector("aaaaaa", START + 1))
    async with _stream(app, EVERYTHING) as next_event:
        async with computing.during(app):
            joining = asyncio.create_task(next_event())
            await asyncio.sleep(0.01)
        snapshot = await joining
        update = await next_event()
    assert snapshot["id"] == str(before.event_id(EVERYTHING))
    assert [row["last_contact"] for row in snapshot["data"]["states"]] == [START, START]
    assert update["event"] == "update"
    assert [row["last_contact"] for row in update["data"]["states"]] == [START + 1]
    assert update["id"] != snapshot["id"]


async def test_the_first_client_of_delta_may_join_meanwhile(
    app: Application, computing: _Computing
) -> None:
    """Its numbering of the aircraft begins at the tick before, which the changes continue."""
    app.receive(state_vector("aaaaaa", START + 1), state_vector("cccccc", START + 1))
    decoder = DeltaDecoder()
    async with _stream(app, DELTA) as next_event:
        async with computing.during(app):
            joining = asyncio.create_task(next_event())
            await asyncio.sleep(0.01)
        snapshot = await joining
        update = await next_event()
    assert [snapshot["event"], update["event"]] == ["snapshot", "update"]
    for event in (snapshot, update):
        decoder.feed(event["event"], event["data"])
    assert {one["icao24"]: one["last_contact"] for one in decoder.aircraft()} == _shown(app)


async def test_messages_that_are_read_meanwhile_wait_for_the_next_tick(
    app: Application, computing: _Computing
) -> None:
    """An older one than the tick will show changes nothing."""
    app.receive(state_vector("aaaaaa", START + 2))
    async with computing.during(app):
        app.receive(state_vector("aaaaaa", START + 1), state_vector("bbbbbb", START + 1))
        assert _shown(app) == {"aaaaaa": START, "bbbbbb": START}
    assert _shown(app) == {"aaaaaa": START + 2, "bbbbbb": START}
    async with computing.during(app):
        pass
    assert _shown(app) == {"aaaaaa": START + 2, "bbbbbb": START + 1}


async def test_a_tick_of_a_fleet_that_was_replaced_is_dropped(
    app: Application, computing: _Computing
) -> None:
    app.receive(state_vector("aaaaaa", START + 1))
    async with computing.during(app):
        app.begin()
        app.receive(state_vector("dddddd", START))
    assert app.broadcaster.current_tick is None
    app.open()
    assert _shown(app) == {"dddddd": START}


async def test_messages_of_a_dropped_tick_are_shown_later(
    app: Application, computing: _Computing
) -> None:
    """The log may become unreachable and return while a tick is computed."""
    app.receive(state_vector("aaaaaa", START + 1))
    async with computing.during(app):
        app.broadcaster.suspend()
        app.receive(state_vector("bbbbbb", START + 1))
    assert app.broadcaster.current_tick is None
    app.open()
    assert _shown(app) == {"aaaaaa": START + 1, "bbbbbb": START + 1}


async def test_large_frames_are_made_once_for_all() -> None:
    """A caller that is cancelled does not end the work for the others."""
    thread, calls, goes_on = SideThread(), [], threading.Event()

    def work() -> str:
        calls.append(threading.current_thread())
        assert goes_on.wait(SECONDS)
        return "frames"

    waiting = [asyncio.create_task(thread.run_once("key", work)) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    await asyncio.sleep(0)
    goes_on.set()
    assert await asyncio.gather(*waiting[1:]) == ["frames", "frames"]
    assert waiting[0].cancelled()
    assert len(calls) == 1
    assert calls[0] is not threading.current_thread()
    assert await thread.run_once("key", work) == "frames"
    assert len(calls) == 2


async def test_other_tasks_run_while_subscribers_are_woken() -> None:
    """Between two groups the event loop has a turn."""
    subscribers = [Subscriber(EVERYTHING, StreamClient("192.0.2.1")) for _ in range(90)]
    woken = 0

    async def wait(subscriber: Subscriber) -> None:
        nonlocal woken
        await subscriber.wait()
        woken += 1

    tasks = [asyncio.create_task(wait(one)) for one in subscribers]
    await asyncio.sleep(0)
    waking = asyncio.create_task(wake_in_groups(subscribers))
    counts = []
    while not all(task.done() for task in tasks):
        await asyncio.sleep(0)
        counts.append(woken)
    await waking
    steps = [after - before for before, after in zip([0, *counts], counts, strict=False)]
    assert max(steps) <= WOKEN_AT_ONCE
    assert woken == len(subscribers)
