"""A subscriber holds the same fleet, however often it is cut off and wherever it resumes."""

import asyncio
from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from processor.live.broadcaster import Broadcaster
from processor.live.connection_limits import ConnectionLimits, StreamClient
from processor.live.fleet import Fleet, Update
from processor.live.lifetime import Lifetime
from processor.live.metrics import LiveMetrics
from processor.stream.encoder import SSE_ENCODERS
from processor.stream.log_position import LogPosition
from processor.stream.query import StreamQuery, parse_query
from telemetry.state_vector import StateVector
from testkit.queries_of_streams import Wanted, wanted
from testkit.state_vectors import START, state_vectors
from testkit.subscriber import Subscriber

PARTITIONS = 2
ADDED = PARTITIONS
"""A partition that is added to the log; each instance notices it at another time."""
EXPIRY_SECONDS = 30
WINDOW_SECONDS = 20
EPOCH = "epoch"


class _Instance:
    """The live half of one processor, on a clock that the test sets."""

    def __init__(self) -> None:
        self.now = float(START)
        nowhere = LogPosition(EPOCH, (0,) * PARTITIONS)
        self.fleet = Fleet(
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
        self.broadcaster.begin(self.fleet)
        self.broadcaster.open()
        self._unread: list[Update] | None = []

    def read(self, update: Update) -> None:
        """Apply a message, or leave it in the log while its partition is not known here."""
        if update.partition == ADDED and self._unread is not None:
            self._unread.append(update)
        else:
            self.fleet.apply([update])

    def add_partition(self) -> None:
        """Notice that a partition was added, and read it from its beginning."""
        if self._unread is not None:
            self.fleet.add_partitions([0])
            self.fleet.apply(self._unread)
            self._unread = None

    def expected(self, want: Wanted) -> dict[str, Any]:
        """Return what a subscriber should hold, by the test's own reading of the filter."""
        return {
            aircraft.icao24: want.shown(aircraft.state_vector)
            for aircraft in self.fleet.aircraft
            if want.passes(aircraft.state_vector)
        }


class _Stream:
    """An open stream and its subscriber; reading is a task, as with a real connection."""

    def __init__(self, instance: _Instance, subscriber: Subscriber, query: StreamQuery) -> None:
        self.subscriber = subscriber
        self.reading = asyncio.Event()
        self.reading.set()
        self._task = asyncio.create_task(self._follow(instance.broadcaster, query))

    async def _follow(self, broadcaster: Broadcaster, query: StreamQuery) -> None:
        last, encoder = self.subscriber.last_event_id, SSE_ENCODERS["identity"]
        # Each is a client of its own: streams of one client would wait for each other.
        with broadcaster.subscription(StreamClient(f"client {id(self)}"), query) as entered:
            async for frame in broadcaster.stream(entered, encoder, last):
                self.subscriber.feed(frame)
                await self.reading.wait()

    async def cut(self) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])
        self.subscriber.cut_off()


async def _settle() -> None:
    """Run all tasks until each waits."""
    for _ in range(6):
        await asyncio.sleep(0)


_VECTORS = state_vectors(addresses=5, times=(START, START + 90))
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("message"), st.integers(0, ADDED), _VECTORS),
        st.tuples(st.just("fall_behind"), st.lists(_VECTORS, min_size=3, max_size=4)),
        st.tuples(st.just("garbage"), st.integers(0, PARTITIONS - 1)),
        st.tuples(st.just("tick"), st.booleans()),
        st.tuples(st.just("wait"), st.integers(1, 25)),
        st.tuples(st.just("add_partition"), st.integers(0, 1)),
        st.tuples(st.just("cut")),
        st.tuples(st.just("resume"), st.integers(0, 1), st.integers(0, 1)),
        st.tuples(st.just("stall")),
        st.tuples(st.just("read_on")),
    ),
    min_size=15,
    max_size=60,
)


class _Run:
    """Two instances on one log, a steady stream of the first, a restless one of either."""

    def __init__(self, wants: Sequence[Wanted]) -> None:
        self.instances = [_Instance(), _Instance()]
        self.offsets = [0] * (ADDED + 1)
        self.published: dict[tuple[str, int], StateVector] = {}
        self.queries = [parse_query(want.query) for want in wants]
        self.steady = _Stream(self.instances[0], Subscriber(), self.queries[0])
        self.restless = _Stream(self.instances[0], Subscriber(), self.queries[0])
        self.home = 0
        self.query_index = 0
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

    async def _add_partition(self, number: int) -> None:
        self.instances[number].add_partition()

    async def _cut(self) -> None:
        self.is_cut = True
        await self.restless.cut()

    async def _resume(self, home: int, query_index: int) -> None:
        if self.is_cut:
            query = self.queries[query_index]
            self.restless = _Stream(self.instances[home], self.restless.subscriber, query)
            self.is_cut, self.home, self.query_index = False, home, query_index

    async def _stall(self) -> None:
        self.restless.reading.clear()

    async def _read_on(self) -> None:
        self.restless.reading.set()

    async def _fall_behind(self, vectors: Sequence[StateVector]) -> None:
        """Read nothing of several ticks, each of which has something new."""
        await self._stall()
        for vector in vectors:
            await self._message(0, vector)
            await self._tick(is_heartbeat=False)
            await _settle()
        await self._read_on()

    async def finish(self) -> None:
        for number in range(len(self.instances)):
            await self.step("add_partition", number)
        await self.step("read_on")
        await self.step("resume", self.home, self.query_index)
        await self.step("tick", True)  # noqa: FBT003 - drawn elsewhere
        for stream in (self.steady, self.restless):
            await stream.cut()


async def _play(wants: Sequence[Wanted], steps: list[tuple[Any, ...]]) -> None:
    run = _Run(wants)
    await _settle()
    for step in steps:
        await run.step(*step)
    await run.finish()
    first, second = run.instances
    assert run.steady.subscriber.fleet == first.expected(wants[0])
    assert run.restless.subscriber.fleet == first.expected(wants[run.query_index])
    assert second.expected(wants[0]) == first.expected(wants[0])


@given(st.tuples(wanted(), wanted()), _STEPS)
@settings(max_examples=75, deadline=None)
def test_resumed_equals_uninterrupted(
    wants: tuple[Wanted, Wanted], steps: list[tuple[Any, ...]]
) -> None:
    """For any filters, messages, added partitions, cuts and returns to any instance."""
    asyncio.run(_play(wants, steps))


@pytest.mark.nightly
@given(st.tuples(wanted(), wanted()), _STEPS)
@settings(max_examples=3_000, deadline=None)
def test_resumed_equals_uninterrupted_for_long(
    wants: tuple[Wanted, Wanted], steps: list[tuple[Any, ...]]
) -> None:
    """The promise of the test above, with forty times as many examples."""
    asyncio.run(_play(wants, steps))


@given(st.lists(state_vectors(addresses=4, times=(START, START + 10)), max_size=30), st.randoms())
def test_order_and_repetition_change_nothing(vectors: list[StateVector], random: Random) -> None:
    """The fleet has the newest state of each aircraft, in whatever order messages come."""
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
    instance.fleet.apply(Update(0, offset, vector) for offset, vector in enumerate(shuffled))
    instance.fleet.advance()
    held = {aircraft.icao24: aircraft.state_vector for aircraft in instance.fleet.aircraft}
    assert held == newest
