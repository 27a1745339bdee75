"""Benchmark: memory of a subscriber that has read everything, and of one that reads nothing."""

import statistics
import time
from typing import NamedTuple

from benchmarks.report import Figure, Options, Report
from benchmarks.serving import BURST_SECONDS, Memory, Server
from benchmarks.subscribers import Subscribers
from testkit.traffic import AIRCRAFT, CHANGING_SHARE

IDLE_VIEWERS = 1_000
STALLED_VIEWERS = 300
EVENTS = 10
QUICK_EVENTS = 3
QUICK_SHARE = 5
"""A quick run has one subscriber for so many of a full run."""

UNCOUNTED_EVENTS = 3
"""Events before the measurement, so that shared memory is not counted."""

TICK_SECONDS = 1.2
"""Seconds between two events, longer than the server waits."""

SETTLED_SECONDS = 1.0
PATH = "/sse/flights"
KIB = 1024
LABELS = (
    "server's process",
    "kernel, queues of the server's sockets",
    "kernel, queues of both ends (sockstat)",
    "kernel, structures of both ends (slab of the machine)",
)


class _Case(NamedTuple):
    """The subscribers whose memory is measured."""

    name: str
    encoding: str
    subscribers: int
    is_stalled: bool


CASES = (
    _Case("idle viewer, zstd", "zstd", IDLE_VIEWERS, is_stalled=False),
    _Case("stalled viewer, zstd", "zstd", STALLED_VIEWERS, is_stalled=True),
    _Case("stalled viewer, identity", "identity", STALLED_VIEWERS, is_stalled=True),
)


def run(options: Options) -> Report:
    """Measure each case on a server of its own."""
    events = QUICK_EVENTS if options.is_quick else EVENTS
    figures: list[Figure] = []
    for case in CASES:
        if options.is_quick:
            case = case._replace(subscribers=case.subscribers // QUICK_SHARE)  # noqa: PLW2901 - smaller
        options.progress(f"{case.subscribers:,} times: {case.name}, {events} events")
        figures += _figures(case, *_measure(case, events))
    return Report(
        figures, {"aircraft": AIRCRAFT, "changing_share": CHANGING_SHARE, "events": events}
    )


def _measure(case: _Case, events: int) -> tuple[Memory, Memory]:
    """Return the memory with one subscriber that reads, and with those of the case in addition."""
    with Server() as server, _swarm(server, case, 1) as first:
        first.next_burst(BURST_SECONDS)
        _publish(server, UNCOUNTED_EVENTS)
        before = settled(server)
        with _swarm(server, case, case.subscribers, is_stalled=case.is_stalled) as swarm:
            swarm.next_burst(BURST_SECONDS)
            _publish(server, events)
            return before, settled(server)


def _swarm(
    server: Server, case: _Case, subscribers: int, *, is_stalled: bool = False
) -> Subscribers:
    return Subscribers(
        server.ports.live, PATH, subscribers, encoding=case.encoding, is_stalled=is_stalled
    )


def _publish(server: Server, events: int) -> None:
    for _ in range(events):
        server.publish()
        time.sleep(TICK_SECONDS)


def settled(server: Server) -> Memory:
    """Return the memory in use once the server is idle."""
    time.sleep(SETTLED_SECONDS)
    found = [server.memory() for _ in range(3)]
    return Memory(*(int(statistics.median(values)) for values in zip(*found, strict=True)))


def _figures(case: _Case, before: Memory, after: Memory) -> list[Figure]:
    return per_subscriber(case.name, before, after, case.subscribers)


def per_subscriber(name: str, before: Memory, after: Memory, subscribers: int) -> list[Figure]:
    """Return the additional memory for each subscriber, in the process and in the kernel."""
    more = [(now - then) / subscribers / KIB for then, now in zip(before, after, strict=True)]
    return [
        Figure(f"{name}: {label}", "KiB", [kib]) for label, kib in zip(LABELS, more, strict=False)
    ]
