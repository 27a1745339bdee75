"""While a tick is computed, the event loop serves clients from the tick before."""

import asyncio
import json
import weakref
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import httpx2
import pytest

from flight_monitor_client.delta import DeltaDecoder
from processor.live import subscriber
from processor.live.connection_limits import StreamClient
from processor.live.subscriber import Subscriber, wake_in_groups
from processor.live.tick import Tick
from processor.live.tick_step import TickStep
from processor.stream import slices
from processor.stream.delta import TICKS_KEPT
from processor.stream.encoder import WEBSOCKET_ENCODER, WebSocketEncoder
from processor.stream.query import StreamQuery, parse_query
from processor.stream.slices import Slices
from testkit.application import Application
from testkit.state_vectors import START, state_vector

EVERYTHING, DELTA = parse_query([]), parse_query([("format", "delta")])
SECONDS = 30
"""How long a test waits for what does not come if it fails."""

Event = dict[str, Any]


class _Computing:
    """Holds the computation of a tick between two slices until the test lets it go on."""

    is_held = False
    has_begun = False

    @asynccontextmanager
    async def during(self, app: Application, *, is_heartbeat: bool = False) -> AsyncIterator[None]:
        """Run the block while a tick is computed, and publish it afterwards."""
        self.is_held, self.has_begun = True, False
        publishing = asyncio.create_task(app.broadcaster.publish(is_heartbeat=is_heartbeat))
        try:
            async with asyncio.timeout(SECONDS):
                while not self.has_begun:  # noqa: ASYNC110 - the computation is no task
                    await asyncio.sleep(0)
            yield
            assert not publishing.done()
        finally:
            self.is_held = False
            await publishing


@pytest.fixture(params=[(TickStep, "compute"), (Tick, "prepare")], ids=["before", "after"])
def computing(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> _Computing:
    """Hold the computation before anything was computed, or after the state of the fleet was."""
    held = _Computing()
    owner, name = request.param
    compute: Callable[..., Slices[None]] = getattr(owner, name)

    def compute_slowly(*args: object, **kwargs: object) -> Slices[None]:
        held.has_begun = True
        while held.is_held:
            yield
        yield from compute(*args, **kwargs)

    monkeypatch.setattr(owner, name, compute_slowly)
    monkeypatch.setattr(slices, "SLICE_SECONDS", 0)
    return held


@pytest.fixture
def app() -> Application:
    """Return an application with two aircraft."""
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
        assert _shown(app)["aaaaaa"] == START + 1


async def test_a_tick_goes_before_the_answers_for_single_clients(
    app: Application, computing: _Computing
) -> None:
    """They wait in the queues of their clients, which are bounded, and show the new tick."""
    app.receive(state_vector("aaaaaa", START + 1))
    client = StreamClient("192.0.2.1")
    async with computing.during(app):
        answering = asyncio.create_task(app.broadcaster.snapshot(EVERYTHING, client))
        for _ in range(10):
            await asyncio.sleep(0)
        assert not answering.done()
    body = await asyncio.wait_for(answering, SECONDS)
    assert body is not None
    assert json.loads(body)["states"][0]["last_contact"] == START + 1


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


async def test_partitions_may_be_added_meanwhile(app: Application, computing: _Computing) -> None:
    """The tick would not name them, so a later one shows its messages."""
    app.receive(state_vector("aaaaaa", START + 1))
    async with computing.during(app):
        app.fleet.add_partitions([0])
    assert _shown(app) == {"aaaaaa": START, "bbbbbb": START}
    async with computing.during(app):
        pass
    assert _shown(app) == {"aaaaaa": START + 1, "bbbbbb": START}
    assert len(app.fleet.position.offsets) == 2


async def test_what_subscribers_requested_before_is_made_before_the_tick_is_shown(
    app: Application, computing: _Computing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has only to be sent then."""
    async with _stream(app, EVERYTHING) as next_event:
        await next_event()
        app.receive(state_vector("aaaaaa", START + 1))
        async with computing.during(app):
            pass
        monkeypatch.delattr(WebSocketEncoder, "encode")
        assert (await next_event())["event"] == "update"
        monkeypatch.undo()


async def test_delta_is_dropped_when_no_client_has_it(app: Application) -> None:
    """Then a client that comes back with its event id is reset."""
    async with _stream(app, DELTA) as next_event:
        event_id = (await next_event())["id"]
    for second in range(1, TICKS_KEPT + 2):
        app.receive(state_vector("aaaaaa", START + second))
        await app.broadcaster.publish()
    async with _stream(app, DELTA, event_id) as next_event:
        assert [(await next_event())["event"] for _ in range(2)] == ["reset", "snapshot"]


@pytest.fixture
async def subscribers(monkeypatch: pytest.MonkeyPatch) -> list[Subscriber]:
    """Return many subscribers; ten are woken at once after a tick of one aircraft."""
    monkeypatch.setattr(subscriber, "FILTERED_AT_ONCE", 10)
    return [Subscriber(EVERYTHING, StreamClient("192.0.2.1")) for _ in range(95)]


async def test_other_tasks_run_while_subscribers_are_woken(subscribers: list[Subscriber]) -> None:
    """Between two groups the event loop has a turn."""
    woken = 0

    async def wait(subscriber: Subscriber) -> None:
        nonlocal woken
        await subscriber.wait()
        woken += 1

    tasks = [asyncio.create_task(wait(one)) for one in subscribers]
    await asyncio.sleep(0)
    waking = asyncio.create_task(wake_in_groups(subscribers, 1))
    counts = [0]
    while not all(task.done() for task in tasks):
        await asyncio.sleep(0)
        counts.append(woken)
    await waking
    assert max(after - before for before, after in pairwise(counts)) <= 10
    assert woken == len(subscribers)


async def test_all_subscribers_are_woken_if_the_ticker_is_stopped(
    subscribers: list[Subscriber],
) -> None:
    tasks = [asyncio.create_task(one.wait()) for one in subscribers]
    await asyncio.sleep(0)
    waking = asyncio.create_task(wake_in_groups(subscribers, 1))
    await asyncio.sleep(0)
    waking.cancel()
    await asyncio.wait(tasks, timeout=SECONDS)
    assert all(task.done() for task in tasks)
    assert waking.cancelled()
