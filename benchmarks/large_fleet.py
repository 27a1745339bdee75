"""Benchmark: a tick of 48,000 aircraft over one of 12,000, and how long the event loop is busy."""

import asyncio
import time
from typing import NamedTuple

import uvloop

from benchmarks.fan_out import box_parameters
from benchmarks.live_channel import POLL_SECONDS, LivePart
from benchmarks.report import Figure, Options, Report, ratios
from processor.garbage_collection import tune_gc
from processor.live.connection_limits import StreamClient
from processor.stream.encoder import SSE_ENCODERS, ContentEncoding
from processor.stream.query import StreamQuery, parse_query
from testkit.traffic import AIRCRAFT, InventedFleet

LARGE = 4 * AIRCRAFT
ROUNDS = 10
QUICK_ROUNDS = 4
UNCOUNTED_ROUNDS = 2
BOXES = 1_000
OF_EACH_KIND = 40
"""Subscribers of the whole fleet without compression, with zstd, and with differences."""

PROBE_SECONDS = 0.005
QUIET_SECONDS = 0.1
"""A tick is over when no subscriber was sent anything for so long."""


class _Tick(NamedTuple):
    """One tick, from its computation to the last subscriber.

    Attributes:
        cpu_seconds: Processor time.
        longest_delay: How late a task of the event loop ran at the most (seconds).
        longest_stretch: The most processor time that the loop's thread used before it ran again.
            Other load on the machine does not lengthen it.
    """

    cpu_seconds: float
    longest_delay: float
    longest_stretch: float


class _Probe:
    """Measures how late the event loop runs a task that is due all the time."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Forget what was measured."""
        self.longest_delay = self.longest_stretch = 0.0

    async def run(self) -> None:
        """Measure until cancelled."""
        while True:
            due_at, cpu = time.monotonic() + PROBE_SECONDS, time.thread_time()
            await asyncio.sleep(PROBE_SECONDS)
            self.longest_delay = max(self.longest_delay, time.monotonic() - due_at)
            self.longest_stretch = max(self.longest_stretch, time.thread_time() - cpu)


class _Live:
    """A fleet with subscribers that take their frames without a socket."""

    def __init__(self, aircraft: int) -> None:
        self._part = LivePart()
        self._part.now = int(time.time())
        self._invented = InventedFleet(now=int(self._part.now), aircraft=aircraft)
        self._part.begin_with(self._invented.states())
        self._sent_at = 0.0
        self._probe = _Probe()
        self._tasks = [asyncio.create_task(self._take(*one)) for one in self._subscribers()]
        self._tasks.append(asyncio.create_task(self._probe.run()))

    def _subscribers(self) -> list[tuple[StreamQuery, ContentEncoding]]:
        everything, delta = parse_query([]), parse_query([("format", "delta")])
        kinds: list[tuple[StreamQuery, ContentEncoding]] = [
            (everything, "identity"),
            (everything, "zstd"),
            (delta, "zstd"),
        ]
        boxes = box_parameters(self._invented.states(), BOXES)
        queries = [parse_query([("bbox", box)]) for box in boxes]
        return [*OF_EACH_KIND * kinds, *((query, "zstd") for query in queries)]

    async def _take(self, query: StreamQuery, encoding: ContentEncoding) -> None:
        broadcaster, encoder = self._part.broadcaster, SSE_ENCODERS[encoding]
        with broadcaster.subscription(StreamClient("192.0.2.1"), query) as subscriber:
            async for _ in broadcaster.stream(subscriber, encoder, ""):
                self._sent_at = time.monotonic()

    async def tick(self) -> _Tick:
        """Publish a poll, and wait until all subscribers have taken it."""
        self._part.now += POLL_SECONDS
        self._part.ticker.receive(self._part.updates(self._invented.move(int(self._part.now))))
        await self.settle()
        self._probe.begin()
        before = time.process_time()
        await self._part.broadcaster.publish()
        await self.settle()
        cpu_seconds, probe = time.process_time() - before, self._probe
        return _Tick(cpu_seconds, probe.longest_delay, probe.longest_stretch)

    async def settle(self) -> None:
        """Wait until no subscriber is sent anything more."""
        self._sent_at = time.monotonic()
        while time.monotonic() - self._sent_at < QUIET_SECONDS:  # noqa: ASYNC110 - polled
            await asyncio.sleep(QUIET_SECONDS / 4)

    async def close(self) -> None:
        """End all streams."""
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)


def run(options: Options) -> Report:
    """Measure both fleets in turns."""
    tune_gc()
    small, large = uvloop.run(_measure(options))
    cpu = [[tick.cpu_seconds for tick in ticks] for ticks in (small, large)]
    return Report(
        [
            Figure(
                f"a tick of {LARGE:,} aircraft over one of {AIRCRAFT:,}",
                "ratio",
                ratios(cpu[1], cpu[0]),
                "at most 4.4: 4 is linear",
            ),
            Figure(f"a tick of {AIRCRAFT:,} aircraft", "CPU s", cpu[0]),
            Figure(f"a tick of {LARGE:,} aircraft", "CPU s", cpu[1]),
            *_stretches(f"{AIRCRAFT:,} aircraft", small),
            *_stretches(f"{LARGE:,} aircraft", large, "at most 0.05"),
        ],
        {"viewers": 3 * OF_EACH_KIND + BOXES, "boxes": BOXES},
    )


def _stretches(name: str, ticks: list[_Tick], goal: str = "") -> list[Figure]:
    delays = [tick.longest_delay for tick in ticks]
    stretches = [tick.longest_stretch for tick in ticks]
    return [
        Figure(f"{name}: longest delay of a task in the event loop", "s", delays, goal),
        Figure(f"{name}: longest stretch of the event loop", "CPU s", stretches),
    ]


async def _measure(options: Options) -> tuple[list[_Tick], list[_Tick]]:
    rounds = QUICK_ROUNDS if options.is_quick else ROUNDS
    small, large = _Live(AIRCRAFT), _Live(LARGE)
    await asyncio.gather(small.settle(), large.settle())
    found: tuple[list[_Tick], list[_Tick]] = [], []
    for number in range(-UNCOUNTED_ROUNDS, rounds):
        ticks = [await live.tick() for live in (small, large)]
        if number >= 0:
            for kept, tick in zip(found, ticks, strict=True):
                kept.append(tick)
        options.progress(_line(number, ticks))
    await small.close()
    await large.close()
    return found


def _line(number: int, ticks: list[_Tick]) -> str:
    spent = ", ".join(f"CPU s {one.cpu_seconds:.3f}, late {one.longest_delay:.3f}" for one in ticks)
    return f"{'not counted' if number < 0 else f'round {number + 1}'}: {spent}"
