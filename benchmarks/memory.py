"""Benchmark: the processor's memory over hundreds of polls, and start and memory of each role."""

import contextlib
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks import parts, pipeline, role_memory, starts
from benchmarks.feed import Feed
from benchmarks.report import Figure, MeasurementError, Options, Progress, Report
from benchmarks.subscribers import Subscribers
from configuration.shared_sections import KafkaSettings
from telemetry.state_vector import StateVector
from testkit import process_resources
from testkit.kafka import Kafka
from testkit.queries import fetch
from testkit.services import Service
from testkit.traffic import AIRCRAFT, CHANGING_SHARE, InventedFleet
from testkit.trend import fit
from testkit.waiting import wait_until

SUBSCRIBERS = 10
POLLS = 500
QUICK_POLLS = 80
ROLE_POLLS = 30
QUICK_ROLE_POLLS = 8
STARTS = 10
QUICK_STARTS = 3
SAMPLE_EVERY_POLLS = 5
REPORTED_EVERY_POLLS = 50
AHEAD_MESSAGES = 2 * AIRCRAFT
"""The most messages in the log that are not stored yet; the processor never waits for more."""

VISITORS = 100
"""New aircraft with each poll that are silent already, so that removal has work to do."""

EXPIRY_SECONDS = 60
VISIT_SECONDS = 10
RESUME_WINDOW_SECONDS = 30
ANSWER_SECONDS = 5.0
STORED_SECONDS = 120.0
KIB_PER_MIB = 1024
GOAL = "0 within two standard errors"

_STORED = "SELECT coalesce(sum(next_offset), 0)::bigint FROM ingest_offsets"


class _Sample(NamedTuple):
    """Memory of the processor after a number of polls."""

    poll: int
    anonymous_kib: int
    resident_kib: int


class _Counts(NamedTuple):
    """Numbers that a leak would increase besides memory."""

    threads: int
    open_files: int
    tasks: int
    objects: int


class _Sky:
    """Polls of one fleet and of visitors; at least one second passes between two polls."""

    def __init__(self) -> None:
        self._now = int(time.time())
        self._fleet = InventedFleet(now=self._now)
        self.is_begun = False

    def next_poll(self) -> tuple[list[StateVector], int]:
        self._now = max(self._now + 1, int(time.time()))
        states = self._fleet.move(self._now) if self.is_begun else self._fleet.states()
        self.is_begun = True
        silent_since = int(time.time()) - EXPIRY_SECONDS + VISIT_SECONDS
        return states + self._fleet.visitors(silent_since, VISITORS), self._now


class _Bench:
    """Feeds the processor and measures it."""

    def __init__(self, kafka: Kafka, topic: str, dsn: str, processor: Service, sent: Path) -> None:
        self._feed = Feed(KafkaSettings(bootstrap_servers=kafka.bootstrap_servers, topic=topic))
        self._dsn = dsn
        self._pid = processor.process.pid
        self._processor = processor
        self._sent = sent
        self._sky = _Sky()
        self.published = 0

    def play(self, polls: int, progress: Progress) -> list[_Sample]:
        """Publish so many polls, never far ahead of the archive."""
        samples = []
        for poll in range(1, polls + 1):
            states, now = self._sky.next_poll()
            self.published += self._feed.publish(states, now)
            self._wait_until_left(AHEAD_MESSAGES)
            if poll % SAMPLE_EVERY_POLLS == 0:
                samples.append(self._sample(poll))
            if poll % REPORTED_EVERY_POLLS == 0:
                progress(f"poll {poll}: {samples[-1].anonymous_kib / KIB_PER_MIB:.1f} MiB")
        self._wait_until_left(0)
        return samples

    def counts(self) -> _Counts:
        """Return the numbers of the processor."""
        self._sent.unlink(missing_ok=True)
        self._processor.send(signal.SIGUSR1)
        wait_until(
            lambda: self._sent.exists() and self._sent.read_text().endswith("\n"),
            timeout_s=ANSWER_SECONDS,
            what="the processor's answer to SIGUSR1",
        )
        tasks, objects = self._sent.read_text().split()
        return _Counts(
            threads=process_resources.threads(self._pid),
            open_files=process_resources.open_files(self._pid),
            tasks=int(tasks),
            objects=int(objects),
        )

    def _sample(self, poll: int) -> _Sample:
        return _Sample(
            poll,
            process_resources.resident_kib(self._pid),
            process_resources.resident_with_files_kib(self._pid),
        )

    def _wait_until_left(self, messages: int) -> None:
        wait_until(
            lambda: self.published - self._stored() <= messages,
            timeout_s=STORED_SECONDS,
            what=lambda: f"{self._stored()} of {self.published}\n{self._processor.log_tail()}",
        )

    def _stored(self) -> int:
        [(stored,)] = fetch(self._dsn, _STORED)
        return int(stored)


def run(options: Options) -> Report:
    """Measure the starts, each role by itself, and both in one process for many polls."""
    options.progress("starts of each role")
    started = starts.figures(QUICK_STARTS if options.is_quick else STARTS)
    with (
        parts.real_kafka() as kafka,
        parts.real_timescale() as server_dsn,
    ):
        with parts.migrated_database(server_dsn) as dsn:
            role_polls = QUICK_ROLE_POLLS if options.is_quick else ROLE_POLLS
            by_role = role_memory.figures(kafka, dsn, role_polls, options.progress)
        both = _both_roles(kafka, server_dsn, options)
    return Report([*started, *by_role, *both.figures], both.details)


def _both_roles(kafka: Kafka, server_dsn: str, options: Options) -> Report:
    """Measure both roles in one process, with some subscribers."""
    polls = QUICK_POLLS if options.is_quick else POLLS
    with (
        tempfile.TemporaryDirectory(prefix="benchmark-") as folder,
        parts.migrated_database(server_dsn) as dsn,
        _bench(kafka, dsn, Path(folder) / "answer") as (bench, processor),
        Subscribers(pipeline.port_of(processor), "/sse/flights", SUBSCRIBERS) as subscribers,
    ):
        bench.play(SAMPLE_EVERY_POLLS, _nothing)
        before = bench.counts()
        options.progress(f"{polls} polls of {AIRCRAFT:,} aircraft, {SUBSCRIBERS} viewers")
        started = time.monotonic()
        samples = bench.play(polls, options.progress)
        seconds = time.monotonic() - started
        after = bench.counts()
        closed = [burst for burst in subscribers.bursts() if not burst.least_bytes]
    if closed:
        raise MeasurementError("a viewer got nothing in one of the bursts")
    details = _details(samples, before, after, seconds, bench.published)
    return Report(_figures(samples, before, after), details)


@contextlib.contextmanager
def _bench(kafka: Kafka, dsn: str, sent: Path) -> Iterator[tuple[_Bench, Service]]:
    topic = parts.new_topic(kafka)
    settings = pipeline.environment(kafka.bootstrap_servers, topic, dsn) | {
        "LIVE_EXPIRY_SECONDS": str(EXPIRY_SECONDS),
        "LIVE_RESUME_WINDOW_SECONDS": str(RESUME_WINDOW_SECONDS),
    }
    with pipeline.service("benchmarks.watched_processor", str(sent), settings=settings) as running:
        pipeline.port_of(running)
        yield _Bench(kafka, topic, dsn, running, sent), running


def _nothing(_line: str) -> None:
    """Report no progress, for polls that are not counted."""


def _figures(samples: list[_Sample], before: _Counts, after: _Counts) -> list[Figure]:
    half = samples[len(samples) // 2 :]
    mib = [each.anonymous_kib / KIB_PER_MIB for each in half]
    kib_per_poll, standard_error = fit(
        [each.poll for each in half], [each.anonymous_kib for each in half]
    )
    return [
        Figure("slope over the second half", "KiB/poll", [kib_per_poll], GOAL),
        Figure("standard error of the slope", "KiB/poll", [standard_error]),
        Figure("memory, second half (RssAnon)", "MiB", mib),
        Figure(
            "memory with programs, second half (VmRSS)",
            "MiB",
            [each.resident_kib / KIB_PER_MIB for each in half],
        ),
        Figure("threads more than before", "", [after.threads - before.threads], "0"),
        Figure("open files more than before", "", [after.open_files - before.open_files], "0"),
        Figure("asyncio tasks more than before", "", [after.tasks - before.tasks], "0"),
    ]


def _details(
    samples: list[_Sample], before: _Counts, after: _Counts, seconds: float, messages: int
) -> dict[str, Any]:
    return {
        "aircraft": AIRCRAFT,
        "changing_share": CHANGING_SHARE,
        "viewers": SUBSCRIBERS,
        "messages": messages,
        "messages_per_second": round(messages / seconds),
        "rss_anon_mib_after_polls": {
            each.poll: round(each.anonymous_kib / KIB_PER_MIB, 1)
            for each in samples
            if each.poll % REPORTED_EVERY_POLLS == 0
        },
        "before": before._asdict(),
        "after": after._asdict(),
    }
