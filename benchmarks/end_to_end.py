"""Benchmark: one poll, from the response of OpenSky to the last subscriber and the commit."""

import contextlib
import datetime as dt
import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from benchmarks import parts, pipeline
from benchmarks.answering import Answering, Sent
from benchmarks.bare_steps import BareSteps, Pair
from benchmarks.feed import Feed
from benchmarks.report import Figure, MeasurementError, Options, Report, ratios
from benchmarks.rows import Row, sorted_rows
from benchmarks.subscribers import QUIET_SECONDS, Subscribers
from configuration.shared_sections import KafkaSettings
from telemetry.codec import encode
from telemetry.state_vector import StateVector
from testkit.kafka import Kafka
from testkit.queries import fetch
from testkit.services import Service
from testkit.swarm_messages import Burst
from testkit.traffic import AIRCRAFT, CHANGING_SHARE, InventedFleet, answer
from testkit.waiting import wait_until

SUBSCRIBERS = 100
POLLS = 25
QUICK_POLLS = 6
POLL_SECONDS = 5.0
UNCOUNTED_POLLS = 2
SETTLED_SECONDS = 2.5
"""Time after a response until the services are idle, so that the bare steps may run."""

START_SECONDS = 60.0


class _Shape(NamedTuple):
    """How the services run.

    Attributes:
        rows_per_message: The setting `kafka.rows_per_message`.
        roles: The processes of the processor by role; the first serves the subscribers.
    """

    rows_per_message: int
    roles: tuple[str, ...]

    @property
    def prefix(self) -> str:
        """The words before the name of a figure; none for the defaults."""
        if self.rows_per_message == 1:
            return ""
        apart = ", a process each half" if len(self.roles) > 1 else ""
        return f"{self.rows_per_message} rows a message{apart}: "


SHAPES = (_Shape(1, ("all",)), _Shape(500, ("all",)), _Shape(500, ("live", "archive")))
"""The defaults, what `standalone` uses, and the halves as processes of their own."""

GOAL = "0.3 s"

_COMMITS = """
SELECT pg_xact_commit_timestamp(xmin), sum(n_in)::int FROM ingest_ledger
GROUP BY 1 ORDER BY 1
"""

Values = dict[str, list[float]]


class _Poll(NamedTuple):
    """The content of one response, as input of the bare steps."""

    body: bytes
    changed: list[StateVector]

    def pairs(self) -> list[Pair]:
        return [(each.icao24.encode(), encode(each)) for each in self.changed]

    def rows(self) -> list[Row]:
        return sorted_rows(self.changed)


class _Sky:
    """The responses; each is prepared one poll ahead, so that its preparation is not measured."""

    def __init__(self) -> None:
        self._fleet = InventedFleet(now=int(time.time()) - 1)
        self.polls: list[_Poll] = []

    def next_answer(self) -> tuple[bytes, int]:
        now = int(time.time())
        changed = self._fleet.move(now) if self.polls else self._fleet.states()
        self.polls.append(_Poll(answer(self._fleet.states(), now), changed))
        return self.polls[-1].body, len(changed)


def run(options: Options) -> Report:
    """Measure the services in each shape, and the bare steps between."""
    with parts.real_kafka() as kafka, parts.real_timescale() as server_dsn:
        reports = [_run(shape, kafka, server_dsn, options) for shape in SHAPES]
    figures = [figure for report in reports for figure in report.figures]
    return Report(figures, reports[-1].details)


def _run(shape: _Shape, kafka: Kafka, server_dsn: str, options: Options) -> Report:
    polls = (QUICK_POLLS if options.is_quick else POLLS) + UNCOUNTED_POLLS
    sky = _Sky()
    with (
        parts.migrated_database(server_dsn) as dsn,
        parts.migrated_database(server_dsn) as bare_dsn,
        Answering(sky.next_answer) as answering,
        _services(kafka, dsn, answering.port, shape) as (collector, processor),
        Subscribers(pipeline.port_of(processor), "/sse/flights", SUBSCRIBERS) as swarm,
        _bare_steps(kafka, bare_dsn) as bare,
    ):
        options.progress(
            f"{polls} polls, one each {POLL_SECONDS:g} s, {SUBSCRIBERS} viewers, "
            f"{shape.rows_per_message} rows a message, processor: {' and '.join(shape.roles)}"
        )
        bursts, steps = _watch(polls, sky, answering, swarm, bare)
        _wait_until_stored(dsn, answering.sent[:polls])
        events = collector.events("polled")
        commits = fetch(dsn, _COMMITS)
    values = _evaluate(answering.sent[:polls], bursts, commits, events)
    figures = _figures(values, steps[UNCOUNTED_POLLS:])
    figures = [replace(figure, name=shape.prefix + figure.name) for figure in figures]
    return Report(figures, _details(sky, bursts))


@contextlib.contextmanager
def _services(
    kafka: Kafka, dsn: str, opensky_port: int, shape: _Shape
) -> Iterator[tuple[Service, Service]]:
    """Run the processor first, so that subscribers are connected when the collector begins."""
    topic = parts.new_topic(kafka)
    settings = pipeline.environment(kafka.bootstrap_servers, topic, dsn)
    settings["KAFKA_ROWS_PER_MESSAGE"] = str(shape.rows_per_message)
    opensky = pipeline.opensky_environment(opensky_port, POLL_SECONDS)
    with contextlib.ExitStack() as running:
        processors = [
            running.enter_context(pipeline.service("processor", "--role", role, settings=settings))
            for role in shape.roles
        ]
        for processor in processors:
            pipeline.port_of(processor)
        collector = running.enter_context(
            pipeline.service("collector", settings=settings | opensky)
        )
        yield collector, processors[0]


def _bare_steps(kafka: Kafka, dsn: str) -> BareSteps:
    topic = parts.new_topic(kafka)
    feed = Feed(KafkaSettings(bootstrap_servers=kafka.bootstrap_servers, topic=topic))
    return BareSteps(feed=feed, dsn=dsn, subscribers=SUBSCRIBERS)


def _watch(
    polls: int,
    sky: _Sky,
    answering: Answering,
    swarm: Subscribers,
    bare: BareSteps,
) -> tuple[list[Burst], list[tuple[float, ...]]]:
    """Wait for each poll, and run its bare steps once the services are idle."""
    bursts: list[Burst] = []
    steps: list[tuple[float, ...]] = []
    for number in range(polls):
        wait_until(
            lambda wanted=number: len(answering.sent) > wanted,  # type: ignore[misc]
            timeout_s=START_SECONDS,
            what="the collector's next request",
        )
        poll = sky.polls[number]
        time.sleep(max(0.0, answering.sent[number].started + SETTLED_SECONDS - time.monotonic()))
        bursts += swarm.bursts()
        frame_bytes = bursts[-1].least_bytes if bursts else len(poll.body)
        steps.append(tuple(bare.play(poll.body, poll.pairs(), poll.rows(), frame_bytes)))
    time.sleep(QUIET_SECONDS)
    return bursts + swarm.bursts(), steps


def _wait_until_stored(dsn: str, sent: list[Sent]) -> None:
    wanted = sum(each.changed for each in sent)

    def stored() -> int:
        [(count,)] = fetch(dsn, "SELECT count(*) FROM state_vectors")
        return int(count)

    wait_until(
        lambda: stored() >= wanted,
        timeout_s=START_SECONDS,
        what=lambda: f"{wanted} rows; {stored()} are stored",
    )


def _evaluate(
    sent: list[Sent],
    bursts: list[Burst],
    commits: list[tuple[Any, ...]],
    polled: list[dict[str, Any]],
) -> Values:
    """Attribute every event to the response before it."""
    values: Values = defaultdict(list)
    starts = [each.started for each in sent]
    by_poll: dict[int, list[Burst]] = defaultdict(list)
    for burst in bursts:
        by_poll[bisect_left(starts, burst.first_byte) - 1].append(burst)
    committed: dict[int, float] = {}
    for moment, _ in commits:
        at = pipeline.to_monotonic(moment)
        committed[bisect_left(starts, at) - 1] = at
    for number in range(UNCOUNTED_POLLS, len(sent)):
        seen, started = by_poll[number], sent[number].started
        _check_whole(number, sent[number], seen)
        values["answer sent"].append(sent[number].ended - started)
        values["published"].append(_moment(polled[number]) - started)
        values["first byte"].append(seen[0].first_byte - started)
        values["first viewer"].append(seen[-1].first_done - started)
        values["last viewer"].append(seen[-1].last_done - started)
        values["commit"].append(committed[number] - started)
    return values


def _check_whole(number: int, sent: Sent, seen: list[Burst]) -> None:
    """Reject the figures of a poll that did not reach all subscribers in full."""
    states = sum(burst.seen.states for burst in seen)
    if states != sent.changed:
        raise MeasurementError(
            f"poll {number}: {sent.changed} aircraft changed, {states} were seen"
        )


def _moment(event: dict[str, Any]) -> float:
    return pipeline.to_monotonic(dt.datetime.fromisoformat(event["timestamp"]))


def _figures(values: Values, steps: list[tuple[float, ...]]) -> list[Figure]:
    fetching, publishing, storing, writing = (list(step) for step in zip(*steps, strict=True))
    to_viewers = [sum(step) for step in zip(fetching, publishing, writing, strict=True)]
    to_commit = [sum(step) for step in zip(fetching, publishing, storing, strict=True)]
    return [
        Figure("answer to the last byte of the last viewer", "s", values["last viewer"], GOAL),
        Figure("answer to the commit", "s", values["commit"], GOAL),
        Figure(
            "last viewer over the bare steps", "ratio", ratios(values["last viewer"], to_viewers)
        ),
        Figure("commit over the bare steps", "ratio", ratios(values["commit"], to_commit)),
        Figure("to: answer handed to the kernel", "s", values["answer sent"]),
        Figure("to: published (collector's log)", "s", values["published"]),
        Figure("to: first byte of the update read", "s", values["first byte"]),
        Figure("to: last byte of the first viewer", "s", values["first viewer"]),
        Figure("bare GET of the answer", "s", fetching),
        Figure("bare produce of the same messages", "s", publishing),
        Figure("bare store of the same rows", "s", storing),
        Figure("bare write of the same bytes to the viewers", "s", writing),
    ]


def _details(sky: _Sky, bursts: list[Burst]) -> dict[str, Any]:
    return {
        "aircraft": AIRCRAFT,
        "changing_share": CHANGING_SHARE,
        "viewers": SUBSCRIBERS,
        "poll_seconds": POLL_SECONDS,
        "bytes_of_an_answer": len(sky.polls[-1].body),
        "bytes_of_an_update": bursts[-1].least_bytes,
    }
