"""Benchmark: bytes on the wire for each aircraft and poll, by format and by compression."""

import asyncio
import logging
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

import structlog

from benchmarks.live_channel import LIVE, LivePart
from benchmarks.report import Figure, MeasurementError, Options, Report
from benchmarks.wire_subscriber import WireSubscriber
from testkit import captures
from testkit.captures import Poll
from testkit.traffic import CHANGING_SHARE, InventedFleet

NINE_FIELDS = (
    "icao24,callsign,longitude,latitude,baro_altitude,on_ground,velocity,true_track,vertical_rate"
)
OBJECTS, ROWS, NINE, GEOJSON, DIFFERENCES = (
    "objects, 18 fields",
    "rows, 18 fields",
    "rows, nine fields",
    "GeoJSON",
    "differences",
)
QUERIES = {
    OBJECTS: "",
    ROWS: "format=row",
    NINE: f"format=row&fields={NINE_FIELDS}",
    GEOJSON: "format=geojson",
    DIFFERENCES: "format=delta",
}
ENCODINGS = ("identity", "gzip", "zstd")
GOALS = {NINE: 20, DIFFERENCES: 5}
"""The most bytes for each aircraft and poll, with zstd."""

POLL_SECONDS = 5
POLLS = 12
QUICK_POLLS = 4
UNCOUNTED_POLLS = 2
POLLS_A_ROUND = 10
"""Polls of the real hour that make one value, since each holds few aircraft."""

QUIET_SECONDS = 0.2
"""How long nothing must arrive until an event counts as received."""
GIVE_UP_SECONDS = 60.0

Kind = tuple[str, str]
"""A format and an encoding."""


class _Sky(NamedTuple):
    """Polls of one kind of traffic.

    Attributes:
        name: What is real of it.
        polls: One after another.
        uncounted: So many at first only fill the picture.
        polls_a_round: So many make one value.
        is_fleet: Whether it is large enough for the goals, which are of a whole fleet.
    """

    name: str
    polls: Iterator[Poll]
    uncounted: int = UNCOUNTED_POLLS
    polls_a_round: int = 1
    is_fleet: bool = True


class _Sizes(NamedTuple):
    """The bytes for each aircraft of the fleet."""

    is_fleet: bool
    aircraft: int
    snapshot: dict[Kind, float]
    update: dict[Kind, list[float]]


def run(options: Options) -> Report:
    """Measure all available traffic."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    found = {}
    for sky in _skies(options):
        options.progress(sky.name)
        found[sky.name] = asyncio.run(_measure(sky))
    return Report(
        [figure for name, sizes in found.items() for figure in _figures(name, sizes)],
        {"aircraft": {name: sizes.aircraft for name, sizes in found.items()}},
        list(_table(found)),
    )


def _skies(options: Options) -> Iterator[_Sky]:
    polls = UNCOUNTED_POLLS + (QUICK_POLLS if options.is_quick else POLLS)
    folder = captures.folder()
    if folder is None:
        options.progress("no real answers: OPENSKY_CAPTURES does not name a folder that holds some")
    else:
        for seconds in (5, 10):
            moved_on = captures.globe_moved_on(folder, seconds)
            name = f"globe, moved on by dead reckoning every {seconds} s"
            yield _Sky(name, islice(moved_on, polls))
        fill = LIVE.expiry_seconds // captures.HOUR_POLL_SECONDS
        most = fill + QUICK_POLLS * POLLS_A_ROUND if options.is_quick else None
        hour = islice(captures.real_hour(folder), most)
        yield _Sky("Switzerland, real polls every 10 s", hour, fill, POLLS_A_ROUND, is_fleet=False)
    name = f"invented, {CHANGING_SHARE:.0%} change every {POLL_SECONDS} s"
    yield _Sky(name, islice(_invented(), polls))


def _invented() -> Iterator[Poll]:
    now = int(time.time())
    fleet = InventedFleet(now=now)
    yield Poll(now, fleet.states())
    while True:
        now += POLL_SECONDS
        yield Poll(now, fleet.move(now))


async def _measure(sky: _Sky) -> _Sizes:
    """Fill the fleet, let a subscriber of each kind enter, and publish the other polls."""
    first = next(sky.polls)
    now = first.time
    part = LivePart(lambda: now)
    part.begin_with(first.states)
    for poll in islice(sky.polls, sky.uncounted):
        now = poll.time
        _play(part, poll)
    subscribers = {
        (name, encoding): WireSubscriber(part.app, query, encoding)
        for name, query in QUERIES.items()
        for encoding in ENCODINGS
    }
    for subscriber in subscribers.values():
        subscriber.enter()
    snapshot = await _taken(part, subscribers)
    rounds: dict[Kind, list[float]] = defaultdict(list)
    for poll in sky.polls:
        now = poll.time
        _play(part, poll)
        for kind, size in (await _taken(part, subscribers)).items():
            rounds[kind].append(size)
    for subscriber in subscribers.values():
        await subscriber.leave()
    update = {kind: _means(sizes, sky.polls_a_round) for kind, sizes in rounds.items()}
    return _Sizes(sky.is_fleet, _aircraft(part), snapshot, update)


def _play(part: LivePart, poll: Poll) -> None:
    part.ticker.receive(part.updates(poll.states))
    part.broadcaster.tick()


async def _taken(part: LivePart, subscribers: dict[Kind, WireSubscriber]) -> dict[Kind, float]:
    """Return the bytes for each aircraft of each subscriber, once nothing more arrives."""
    give_up_at = time.monotonic() + GIVE_UP_SECONDS
    before = -1
    while (
        now := sum(subscriber.taken for subscriber in subscribers.values())
    ) != before or not all(subscriber.taken for subscriber in subscribers.values()):
        for subscriber in subscribers.values():
            subscriber.check()
        if time.monotonic() > give_up_at:
            raise MeasurementError(
                f"{[k for k, v in subscribers.items() if not v.taken]} got nothing"
            )
        before = now
        await asyncio.sleep(QUIET_SECONDS)
    for (name, encoding), subscriber in subscribers.items():
        if subscriber.encoding != encoding:
            raise MeasurementError(f"{name}: {encoding} was asked for, {subscriber.encoding} came")
    return {kind: subscriber.take() / _aircraft(part) for kind, subscriber in subscribers.items()}


def _aircraft(part: LivePart) -> int:
    return int(part.metric("flightmonitor_live_aircraft"))


def _means(sizes: list[float], polls: int) -> list[float]:
    """Return the mean of each group of polls; an incomplete last group is left out."""
    starts = range(0, len(sizes) - polls + 1, polls)
    return [statistics.fmean(sizes[start : start + polls]) for start in starts]


def _figures(name: str, sizes: _Sizes) -> list[Figure]:
    """Return the figures that have goals; the table has the others."""
    return [
        Figure(
            f"{name}: {kind}, zstd",
            "B/aircraft",
            sizes.update[kind, "zstd"],
            f"at most {goal}" if sizes.is_fleet else "",
        )
        for kind, goal in GOALS.items()
    ]


def _table(found: dict[str, _Sizes]) -> Iterator[str]:
    """Write a Markdown table of the bytes for each aircraft."""
    yield (
        "| traffic | format | "
        + " | ".join(f"{event}, {e}" for event in ("snapshot", "update") for e in ENCODINGS)
        + " |"
    )
    yield "|---|---|" + "--:|" * 2 * len(ENCODINGS)
    for name, sizes in found.items():
        for kind in QUERIES:
            cells: list[Any] = [sizes.snapshot[kind, encoding] for encoding in ENCODINGS]
            cells += [statistics.median(sizes.update[kind, encoding]) for encoding in ENCODINGS]
            shown = " | ".join(f"{cell:.3g}" for cell in cells)
            traffic = f"{name}; {sizes.aircraft:,} aircraft" if kind == OBJECTS else ""
            yield f"| {traffic} | {kind} | {shown} |"
