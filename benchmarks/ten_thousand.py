"""Benchmark: differences to 10,000 subscribers of the whole fleet, from one process on one core."""

import os
import resource
from collections import defaultdict

from benchmarks.report import Figure, MeasurementError, Options, Report, percentile
from benchmarks.serving import BURST_SECONDS, Event, Memory, Server
from benchmarks.subscriber_memory import per_subscriber, settled
from benchmarks.subscribers import Subscribers
from testkit.process_resources import allow_open_files
from testkit.traffic import AIRCRAFT, CHANGING_SHARE

SUBSCRIBERS = 10_000
QUICK_SUBSCRIBERS = 2_000
EVENTS = 20
QUICK_EVENTS = 4
UNCOUNTED_EVENTS = 3
SPARE_FILES = 200
"""Files that a process opens besides the sockets of its subscribers."""

PATH = "/sse/flights?format=delta"
ENCODING = "zstd"
GOAL = "p99 at most 1 s"

Values = dict[str, list[float]]


def run(options: Options) -> Report:
    """Measure with as many subscribers as the limit on open files allows."""
    wanted = QUICK_SUBSCRIBERS if options.is_quick else SUBSCRIBERS
    subscribers = possible_subscribers(wanted, options)
    server_core, audience_core = available_cores()
    events = QUICK_EVENTS if options.is_quick else EVENTS
    with Server(core=server_core) as server:
        before = _memory_with_one(server)
        options.progress(f"{subscribers:,} viewers enter")
        idle = server.cpu_seconds()
        with _swarm(server, subscribers, audience_core) as swarm:
            swarm.next_burst(BURST_SECONDS)
            entering = Figure(
                "server, entering",
                "CPU ms/viewer",
                [(server.cpu_seconds() - idle) / subscribers * 1000],
            )
            played = [_play(server, swarm, options) for _ in range(UNCOUNTED_EVENTS + events)]
            after = settled(server)
    counted = played[UNCOUNTED_EVENTS:]
    memory = per_subscriber("idle viewer", before, after, subscribers)
    figures = [*_figures(counted), entering, *memory]
    return Report(figures, _details(subscribers, counted, (server_core, audience_core)))


def possible_subscribers(wanted: int, options: Options) -> int:
    """Return the possible number of subscribers, and report if it is less than wanted."""
    allow_open_files()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    possible = min(wanted, most - SPARE_FILES)
    if possible < wanted:
        options.progress(
            f"only {possible:,} viewers: this user may open no more than {most:,} files"
        )
    return possible


def available_cores() -> tuple[int, int]:
    """Return the cores of the server and of the subscribers, different if there are two."""
    cores = sorted(os.sched_getaffinity(0))
    return cores[0], cores[-1]


def _swarm(server: Server, subscribers: int, core: int | None = None) -> Subscribers:
    return Subscribers(
        server.ports.live, PATH, subscribers, encoding=ENCODING, gets_the_same=True, core=core
    )


def _memory_with_one(server: Server) -> Memory:
    """Return the memory with one subscriber, after the shared memory was allocated."""
    with _swarm(server, 1) as first:
        first.next_burst(BURST_SECONDS)
        for _ in range(UNCOUNTED_EVENTS):
            server.send(first, "tick")
        return settled(server)


def _play(server: Server, swarm: Subscribers, options: Options) -> Event:
    event = server.send(swarm, "tick")
    burst = event.burst
    if burst.seen.encoding != ENCODING:
        raise MeasurementError(f"the answer came as {burst.seen.encoding}")
    if burst.least_bytes != burst.most_bytes or sum(burst.seen.events.values()) != 1:
        raise MeasurementError(
            f"not one event for all: {burst.least_bytes:,} to {burst.most_bytes:,} bytes, "
            f"{burst.seen.events}"
        )
    options.progress(
        f"{burst.least_bytes:,} bytes to each: p50 {percentile(event.delays, 0.5):.3f} s, "
        f"last {event.delays[-1]:.3f} s, {event.cpu_seconds:.3f} CPU s"
    )
    return event


def _figures(events: list[Event]) -> list[Figure]:
    values: Values = defaultdict(list)
    for event in events:
        values["p50"].append(percentile(event.delays, 0.5))
        values["p99"].append(percentile(event.delays, 0.99))
        values["last"].append(event.delays[-1])
    every = [delay for event in events for delay in event.delays]
    return [
        Figure(
            "tick to the whole event, all viewers and events: p50", "s", [percentile(every, 0.5)]
        ),
        Figure(
            "tick to the whole event, all viewers and events: p99",
            "s",
            [percentile(every, 0.99)],
            "at most 1",
        ),
        Figure("tick to the whole event, all viewers and events: last", "s", [max(every)]),
        Figure("tick to the whole event, median viewer", "s", values["p50"]),
        Figure("tick to the whole event, 99th of 100", "s", values["p99"]),
        Figure("tick to the whole event, last viewer", "s", values["last"]),
        Figure("server", "CPU s/event", [event.cpu_seconds for event in events]),
    ]


def _details(subscribers: int, events: list[Event], cores: tuple[int, int]) -> dict[str, object]:
    return {
        "viewers": subscribers,
        "aircraft": AIRCRAFT,
        "changing_share": CHANGING_SHARE,
        "cores_of_server_and_viewers": cores,
        "bytes_of_an_event": events[-1].burst.least_bytes,
        "plain_bytes_of_an_event": events[-1].burst.seen.plain_bytes,
    }
