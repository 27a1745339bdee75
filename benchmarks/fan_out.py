"""Benchmark: processor time of an event for 1,000 viewers, over a bare and a naive writer."""

import contextlib
import random
import statistics
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from benchmarks import machine
from benchmarks.report import Figure, MeasurementError, Options, Report, percentile, ratios
from benchmarks.serving import BURST_SECONDS, Event, Server
from benchmarks.subscribers import QUIET_SECONDS, Subscribers
from telemetry.state_vector import StateVector
from testkit.traffic import AIRCRAFT, CHANGING_SHARE, InventedFleet

SUBSCRIBERS = 1_000
QUICK_SUBSCRIBERS = 200
ROUNDS = 10
QUICK_ROUNDS = 3
UNCOUNTED_ROUNDS = 2
"""Events that are not counted, in which the buffers of the kernel grow."""

NAIVE_SUBSCRIBERS = 200
QUICK_NAIVE_SUBSCRIBERS = 20
"""The naive stream would need two minutes for 1,000 subscribers, and the server's deadline for a
write would end them, so it is extrapolated from fewer."""

NAIVE_BYTES = 12 * 1024 * 1024
"""Memory that each subscriber of the naive stream needs, which holds its event three times."""

PATH = "/sse/flights"
BOX_DEGREES = 5.0
BOX_SEED = 5
BOXES_QUIET_SECONDS = 1.0
"""Longer than for other kinds, because the number of bytes does not show that all are served."""


ZSTD, GZIP, IDENTITY, BOXES = "zstd", "gzip", "identity", "a box each, zstd"

BARE, NAIVE = "bare writer", "naive"

Values = dict[str, list[float]]


class _Kind(NamedTuple):
    """What the subscribers of one server request."""

    name: str
    encoding: str
    paths: tuple[str, ...]
    gets_the_same: bool = True


_BARE_WRITER = _Kind(BARE, IDENTITY, ("/",))


class _Audience(NamedTuple):
    """The subscribers of a kind, and the process that serves them."""

    kind: _Kind
    server: Server
    swarm: Subscribers


def run(options: Options) -> Report:
    """Measure all kinds of subscribers and the bare writer in turns, and the naive stream last."""
    rounds = QUICK_ROUNDS if options.is_quick else ROUNDS
    values: Values = defaultdict(list)
    events: dict[str, Event] = {}
    with contextlib.ExitStack() as stack:
        audiences = [_enter(stack, kind, options) for kind in _kinds()]
        bare = _enter(stack, _BARE_WRITER, options)
        for number in range(-UNCOUNTED_ROUNDS, rounds):
            events = _play(audiences, bare)
            if number >= 0:
                _count(values, events)
            options.progress(_line(number, events))
    naive_viewers = _play_naive(values, options)
    details = _details(events, _subscribers(options)) | {"naive_viewers": naive_viewers}
    return Report(_figures(values), details)


def _subscribers(options: Options) -> int:
    return QUICK_SUBSCRIBERS if options.is_quick else SUBSCRIBERS


def _kinds() -> list[_Kind]:
    return [
        *(_Kind(encoding, encoding, (PATH,)) for encoding in (ZSTD, GZIP, IDENTITY)),
        _Kind(BOXES, ZSTD, _boxes(), gets_the_same=False),
    ]


def _boxes() -> tuple[str, ...]:
    """Return paths with a box around an aircraft each, so that none is empty."""
    return tuple(
        f"{PATH}?bbox={box}" for box in box_parameters(InventedFleet(now=0).states(), SUBSCRIBERS)
    )


def box_parameters(states: Sequence[StateVector], count: int) -> list[str]:
    """Return boxes around some of the aircraft, the same for the same aircraft."""
    chance, half = random.Random(BOX_SEED), BOX_DEGREES / 2
    boxes = []
    for state in chance.sample(states, count):
        longitude, latitude = state.longitude or 0.0, state.latitude or 0.0
        west, east = max(-180, longitude - half), min(180, longitude + half)
        south, north = max(-90, latitude - half), min(90, latitude + half)
        boxes.append(f"{west:.4f},{south:.4f},{east:.4f},{north:.4f}")
    return boxes


def _enter(stack: contextlib.ExitStack, kind: _Kind, options: Options) -> _Audience:
    """Start a server for the subscribers of a kind, and let them enter."""
    subscribers = _subscribers(options)
    options.progress(f"{subscribers:,} viewers enter: {kind.name}")
    is_live = kind is not _BARE_WRITER
    server = stack.enter_context(Server(is_live=is_live))
    port = server.ports.live if is_live else server.ports.bare
    swarm = stack.enter_context(
        Subscribers(
            port,
            kind.paths,
            subscribers,
            encoding=kind.encoding,
            gets_the_same=kind.gets_the_same,
            quiet_seconds=QUIET_SECONDS if kind.gets_the_same else BOXES_QUIET_SECONDS,
        )
    )
    swarm.next_burst(BURST_SECONDS)
    return _Audience(kind, server, swarm)


def _play(audiences: list[_Audience], bare: _Audience) -> dict[str, Event]:
    """Send one event to each kind, and the same text by the bare writer."""
    events = {}
    for kind, server, swarm in audiences:
        events[kind.name] = server.send(swarm, "tick")
        _check(kind, events[kind.name])
    text_bytes = events[IDENTITY].burst.least_bytes
    events[BARE] = bare.server.send(bare.swarm, "bare", text_bytes)
    return events


def _check(kind: _Kind, event: Event) -> None:
    """Reject the figures of subscribers that did not get what they requested."""
    burst = event.burst
    if burst.seen.encoding != kind.encoding:
        raise MeasurementError(f"{kind.name}: the answer came as {burst.seen.encoding}")
    if kind.gets_the_same and burst.least_bytes != burst.most_bytes:
        raise MeasurementError(
            f"{kind.name}: one viewer got {burst.least_bytes:,} bytes, another {burst.most_bytes:,}"
        )
    if kind.gets_the_same and burst.seen.events != {"update": 1}:
        raise MeasurementError(f"{kind.name}: not one update but {burst.seen.events}")


def _count(values: Values, events: dict[str, Event]) -> None:
    for name, event in events.items():
        values[name].append(event.cpu_seconds)
        values[f"{name}: last"].append(event.delays[-1])
        for share in (0.5, 0.99):
            values[f"{name}: {share}"].append(percentile(event.delays, share))


def _line(number: int, events: dict[str, Event]) -> str:
    spent = ", ".join(f"{name} {event.cpu_seconds:.3f}" for name, event in events.items())
    return f"{'not counted' if number < 0 else f'round {number + 1}'}: CPU s {spent}"


def _play_naive(values: Values, options: Options) -> int:
    """Send one event to viewers of whom each gets JSON of its own; return how many there were.

    Fewer than the others, where memory is short, count for as many.
    """
    wanted = QUICK_NAIVE_SUBSCRIBERS if options.is_quick else NAIVE_SUBSCRIBERS
    subscribers = min(wanted, machine.available_bytes() // NAIVE_BYTES)
    share = subscribers / _subscribers(options)
    options.progress(f"one event by sse-starlette as one begins with it, {subscribers:,} viewers")
    with Server(is_live=False) as server, _naive_viewing(server, subscribers) as swarm:
        swarm.next_burst(BURST_SECONDS)
        event = server.send(swarm, "naive")
    if event.burst.seen.states == 0 or event.burst.least_bytes != event.burst.most_bytes:
        raise MeasurementError("the naive stream's viewers did not get the event")
    values[NAIVE].append(event.cpu_seconds / share)
    values[f"{NAIVE}: last"].append(event.delays[-1] / share)
    return subscribers


def _naive_viewing(server: Server, subscribers: int) -> Subscribers:
    return Subscribers(server.ports.naive, "/", subscribers, gets_the_same=True)


def _figures(values: Values) -> list[Figure]:
    zstd = statistics.median(values[ZSTD])
    return [
        _over_bare(values, ZSTD, "at most 0.8"),
        _over_bare(values, GZIP),
        _over_bare(values, IDENTITY),
        Figure(
            "zstd over naive sse-starlette",
            "ratio",
            [zstd / value for value in values[NAIVE]],
            "at most 0.01",
        ),
        Figure(
            "a box for each viewer over the whole picture for all, zstd",
            "ratio",
            ratios(values[BOXES], values[ZSTD]),
            "at most 1.5",
        ),
        *(
            Figure(name, "CPU s/event", values[name])
            for name in (ZSTD, GZIP, IDENTITY, BOXES, BARE, NAIVE)
        ),
        Figure("zstd: tick to the whole event, median viewer", "s", values[f"{ZSTD}: 0.5"]),
        Figure("zstd: tick to the whole event, 99th of 100", "s", values[f"{ZSTD}: 0.99"]),
        *(
            Figure(f"{name}: tick to the whole event, last viewer", "s", values[f"{name}: last"])
            for name in (ZSTD, GZIP, IDENTITY, BOXES, NAIVE)
        ),
    ]


def _over_bare(values: Values, name: str, goal: str = "") -> Figure:
    return Figure(
        f"{name} over a bare writer of the uncompressed text",
        "ratio",
        ratios(values[name], values[BARE]),
        goal,
    )


def _details(events: dict[str, Event], subscribers: int) -> dict[str, object]:
    return {
        "viewers": subscribers,
        "aircraft": AIRCRAFT,
        "changing_share": CHANGING_SHARE,
        "mean_bytes_of_an_event": {
            name: round(event.burst.all_bytes / event.burst.subscribers)
            for name, event in events.items()
        },
        "degrees_of_a_box": BOX_DEGREES,
    }
