"""Whoever watches, however often cut off and wherever resumed, holds the same picture."""

import asyncio
import json
from collections.abc import AsyncIterator
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from processor.live.broadcaster import Broadcaster
from processor.live.metrics import LiveMetrics
from processor.live.position import Position, parse_position
from processor.live.tracker import Tracker, Update
from telemetry.codec import encode
from telemetry.state_vector import StateVector
from tests.support.state_vectors import START, state_vectors
from tests.support.viewer import Viewer

PARTITIONS = 2
EXPIRY_SECONDS = 30
WINDOW_SECONDS = 20
EPOCH = "epoch"


class _Instance:
    """One processor's live half, on a clock that the test turns."""

    def __init__(self) -> None:
        self.now = float(START)
        nowhere = Position(EPOCH, (0,) * PARTITIONS)
        self.tracker = Tracker(
            start=nowhere,
            resumable_after=nowhere,
            expiry_seconds=EXPIRY_SECONDS,
            resume_window_seconds=WINDOW_SECONDS,
            clock=lambda: self.now,
        )
        self.broadcaster = Broadcaster(
            metrics=LiveMetrics(CollectorRegistry()),
            max_viewers=10,
            retry_milliseconds=1000,
            drain_seconds=0,
            clock=lambda: self.now,
        )
        self.broadcaster.begin(self.tracker)
        self.broadcaster.open()

    def picture(self) -> dict[str, Any]:
        states = [json.loads(row) for row in self.tracker.snapshot()]
        return {state["icao24"]: state for state in states}


class _Watching:
    """A viewer with its open stream; reading is a task, as with a real connection."""

    def __init__(self, instance: _Instance, viewer: Viewer) -> None:
        self.viewer = viewer
        self.reading = asyncio.Event()
        self.reading.set()
        last = viewer.last_event_id
        stream = instance.broadcaster.stream(parse_position(last), is_return=bool(last))
        self._task = asyncio.create_task(self._follow(stream))

    async def _follow(self, stream: AsyncIterator[bytes]) -> None:
        async for piece in stream:
            self.viewer.feed(piece)
            await self.reading.wait()

    async def cut(self) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])
        self.viewer.cut_off()


async def _settle() -> None:
    """Let every task run until all wait."""
    for _ in range(6):
        await asyncio.sleep(0)


_STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("message"),
            st.integers(0, PARTITIONS - 1),
            state_vectors(addresses=5, times=(START, START + 90)),
        ),
        st.tuples(st.just("garbage"), st.integers(0, PARTITIONS - 1)),
        st.tuples(st.just("tick"), st.booleans()),
        st.tuples(st.just("wait"), st.integers(1, 25)),
        st.tuples(st.just("cut")),
        st.tuples(st.just("resume"), st.integers(0, 1)),
        st.tuples(st.just("stall")),
        st.tuples(st.just("go_on")),
    ),
    min_size=15,
    max_size=60,
)


class _Run:
    """Two instances on one log, a steady viewer of the first, a restless one of either."""

    def __init__(self) -> None:
        self.instances = [_Instance(), _Instance()]
        self.offsets = [0] * PARTITIONS
        self.steady = _Watching(self.instances[0], Viewer())
        self.restless = _Watching(self.instances[0], Viewer())
        self.home = 0
        self.is_cut = False

    async def step(self, kind: str, *what: object) -> None:
        await getattr(self, f"_{kind}")(*what)
        await _settle()

    async def _message(self, partition: int, vector: StateVector | None = None) -> None:
        update = Update(partition, self.offsets[partition], vector)
        self.offsets[partition] += 1
        for instance in self.instances:
            instance.tracker.apply([update])

    _garbage = _message

    async def _tick(self, is_beat: bool) -> None:  # noqa: FBT001 - drawn
        for instance in self.instances:
            instance.broadcaster.tick(is_beat=is_beat)

    async def _wait(self, seconds: int) -> None:
        for instance in self.instances:
            instance.now += seconds

    async def _cut(self) -> None:
        self.is_cut = True
        await self.restless.cut()

    async def _resume(self, home: int) -> None:
        if self.is_cut:
            self.restless = _Watching(self.instances[home], self.restless.viewer)
            self.is_cut, self.home = False, home

    async def _stall(self) -> None:
        self.restless.reading.clear()

    async def _go_on(self) -> None:
        self.restless.reading.set()

    async def finish(self) -> None:
        await self.step("go_on")
        await self.step("resume", self.home)
        await self.step("tick", True)  # noqa: FBT003 - drawn elsewhere
        for watching in (self.steady, self.restless):
            await watching.cut()


async def _play(steps: list[tuple[Any, ...]]) -> None:
    run = _Run()
    await _settle()
    for step in steps:
        await run.step(*step)
    await run.finish()
    expected = run.instances[0].picture()
    assert run.steady.viewer.fleet == expected
    assert run.restless.viewer.fleet == expected
    assert run.instances[1].picture() == expected


@given(_STEPS)
@settings(max_examples=400, deadline=None)
def test_resumed_equals_uninterrupted(steps: list[tuple[Any, ...]]) -> None:
    """For any messages, cuts and returns to any instance, after any time away."""
    asyncio.run(_play(steps))


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
    assert sorted(instance.tracker.snapshot()) == sorted(encode(v) for v in newest.values())
