"""Whoever watches, however often cut off and wherever resumed, holds the same picture."""

import asyncio
from collections.abc import Sequence
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from processor.live.broadcaster import Broadcaster, Lifetime
from processor.live.connection_limits import ConnectionLimits, StreamClient
from processor.live.metrics import LiveMetrics
from processor.stream.encoder import SSE_ENCODERS
from processor.stream.fleet import Fleet, Update
from processor.stream.log_position import LogPosition
from processor.stream.query import StreamQuery, parse_query
from telemetry.state_vector import StateVector
from testkit.queries_of_streams import Wanted, wanted
from testkit.state_vectors import START, state_vectors
from testkit.subscriber import Subscriber

PARTITIONS = 2
ADDED = PARTITIONS
"""A partition that is added to the log, and taken up by each instance at a time of its own."""
EXPIRY_SECONDS = 30
WINDOW_SECONDS = 20
EPOCH = "epoch"


class _Instance:
    """One processor's live half, on a clock that the test turns."""

    def __init__(self) -> None:
        self.now = float(START)
        nowhere = LogPosition(EPOCH, (0,) * PARTITIONS)
        self.tracker = Fleet(
            start=nowhere,
            resumable_after=nowhere,
            expiry_seconds=EXPIRY_SECONDS,
            resume_window_seconds=WINDOW_SECONDS,
            clock=lambda: self.now,
        )
        self.broadcaster = Broadcaster(
            metrics=LiveMetrics(CollectorRegistry()),
            limits=ConnectionLimits(subscribers=10, per_address=10, per_principal=10),
            lifetime=Lifetime(retry_ms=1000, max_age_seconds=3600, drain_seconds=0),
            clock=lambda: self.now,
        )
        self.broadcaster.begin(self.tracker)
        self.broadcaster.open()
        self._unread: list[Update] | None = []

    def read(self, update: Update) -> None:
        """Take a message, or leave it in the log while its partition is not known here."""
        if update.partition == ADDED and self._unread is not None:
            self._unread.append(update)
        else:
            self.tracker.apply([update])

    def grow(self) -> None:
        """Find that a partition was added, and read it from its beginning."""
        if self._unread is not None:
            self.tracker.add_partitions([0])
            self.tracker.apply(self._unread)
            self._unread = None

    def picture(self, want: Wanted) -> dict[str, Any]:
        """What a viewer should hold: told by the test's own reading of the filter."""
        return {
            aircraft.icao24: want.shown(aircraft.state_vector)
            for aircraft in self.tracker.aircraft
            if want.passes(aircraft.state_vector)
        }


class _Watching:
    """A viewer with its open stream; reading is a task, as with a real connection."""

    def __init__(self, instance: _Instance, subscriber: Subscriber, view: StreamQuery) -> None:
        self.subscriber = subscriber
        self.reading = asyncio.Event()
        self.reading.set()
        self._task = asyncio.create_task(self._follow(instance.broadcaster, view))

    async def _follow(self, broadcaster: Broadcaster, view: StreamQuery) -> None:
        last, wire = self.subscriber.last_event_id, SSE_ENCODERS["identity"]
        # Each by itself: viewers of one client would wait for each other.
        with broadcaster.subscription(StreamClient(f"client {id(self)}"), view) as entered:
            async for frame in broadcaster.stream(entered, wire, last):
                self.subscriber.feed(frame)
                await self.reading.wait()

    async def cut(self) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])
        self.subscriber.cut_off()


async def _settle() -> None:
    """Let every task run until all wait."""
    for _ in range(6):
        await asyncio.sleep(0)


_STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("message"),
            st.integers(0, ADDED),
            state_vectors(addresses=5, times=(START, START + 90)),
        ),
        st.tuples(st.just("garbage"), st.integers(0, PARTITIONS - 1)),
        st.tuples(st.just("tick"), st.booleans()),
        st.tuples(st.just("wait"), st.integers(1, 25)),
        st.tuples(st.just("grow"), st.integers(0, 1)),
        st.tuples(st.just("cut")),
        st.tuples(st.just("resume"), st.integers(0, 1), st.integers(0, 1)),
        st.tuples(st.just("stall")),
        st.tuples(st.just("go_on")),
    ),
    min_size=15,
    max_size=60,
)


class _Run:
    """Two instances on one log, a steady viewer of the first, a restless one of either."""

    def __init__(self, wants: Sequence[Wanted]) -> None:
        self.instances = [_Instance(), _Instance()]
        self.offsets = [0] * (ADDED + 1)
        self.published: dict[tuple[str, int], StateVector] = {}
        self.views = [parse_query(want.query) for want in wants]
        self.steady = _Watching(self.instances[0], Subscriber(), self.views[0])
        self.restless = _Watching(self.instances[0], Subscriber(), self.views[0])
        self.home = 0
        self.looks_at = 0
        self.is_cut = False

    async def step(self, kind: str, *what: object) -> None:
        await getattr(self, f"_{kind}")(*what)
        await _settle()

    async def _message(self, partition: int, vector: StateVector | None = None) -> None:
        if vector is not None:
            # The order across partitions is each instance's own, and of two with one last_contact
            # the first counts, so those are alike: as when a message is published twice.
            vector = self.published.setdefault((vector.icao24, vector.last_contact), vector)
        update = Update(partition, self.offsets[partition], vector)
        self.offsets[partition] += 1
        for instance in self.instances:
            instance.read(update)

    _garbage = _message

    async def _tick(self, is_heartbeat: bool) -> None:  # noqa: FBT001 - drawn
        for instance in self.instances:
            instance.broadcaster.tick(is_heartbeat=is_heartbeat)

    async def _wait(self, seconds: int) -> None:
        for instance in self.instances:
            instance.now += seconds

    async def _grow(self, number: int) -> None:
        self.instances[number].grow()

    async def _cut(self) -> None:
        self.is_cut = True
        await self.restless.cut()

    async def _resume(self, home: int, looks_at: int) -> None:
        if self.is_cut:
            view = self.views[looks_at]
            self.restless = _Watching(self.instances[home], self.restless.subscriber, view)
            self.is_cut, self.home, self.looks_at = False, home, looks_at

    async def _stall(self) -> None:
        self.restless.reading.clear()

    async def _go_on(self) -> None:
        self.restless.reading.set()

    async def finish(self) -> None:
        for number in range(len(self.instances)):
            await self.step("grow", number)
        await self.step("go_on")
        await self.step("resume", self.home, self.looks_at)
        await self.step("tick", True)  # noqa: FBT003 - drawn elsewhere
        for watching in (self.steady, self.restless):
            await watching.cut()


async def _play(wants: Sequence[Wanted], steps: list[tuple[Any, ...]]) -> None:
    run = _Run(wants)
    await _settle()
    for step in steps:
        await run.step(*step)
    await run.finish()
    first, second = run.instances
    assert run.steady.subscriber.fleet == first.picture(wants[0])
    assert run.restless.subscriber.fleet == first.picture(wants[run.looks_at])
    assert second.picture(wants[0]) == first.picture(wants[0])


@given(st.tuples(wanted(), wanted()), _STEPS)
@settings(max_examples=600, deadline=None)
def test_resumed_equals_uninterrupted(
    wants: tuple[Wanted, Wanted], steps: list[tuple[Any, ...]]
) -> None:
    """For any filters, messages, partitions that are added, cuts and returns to any instance."""
    asyncio.run(_play(wants, steps))


@given(st.lists(state_vectors(addresses=4, times=(START, START + 10)), max_size=30), st.randoms())
def test_order_and_repetition_change_nothing(vectors: list[StateVector], random: Random) -> None:
    """The picture is the newest state of each aircraft, however its messages come."""
    newest: dict[str, StateVector] = {}
    for vector in vectors:
        known = newest.get(vector.icao24)
        if known is None or vector.last_contact > known.last_contact:
            newest[vector.icao24] = vector
    # Of two with one last_contact the first counts, so those may not change places.
    distinct = {(vector.icao24, vector.last_contact): vector for vector in reversed(vectors)}
    shuffled = list(distinct.values()) * 2
    random.shuffle(shuffled)
    instance = _Instance()
    instance.tracker.apply(Update(0, offset, vector) for offset, vector in enumerate(shuffled))
    instance.tracker.advance()
    held = {aircraft.icao24: aircraft.state_vector for aircraft in instance.tracker.aircraft}
    assert held == newest
