"""Benchmark: rows a second from Kafka to the commit, over a bare COPY of the same rows."""

import gc
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import msgspec

from benchmarks import bare_copy, parts
from benchmarks.archive_run import Outcome, Task
from benchmarks.bare_copy import Stored
from benchmarks.feed import Feed
from benchmarks.report import Figure, MeasurementError, Options, Report, ratios
from benchmarks.rows import Row, sorted_rows
from configuration.shared_sections import KafkaSettings
from processor.settings import ArchiveSettings
from telemetry.codec import decode_rows, decode_value, has_several_rows
from telemetry.state_vector import StateVector
from testkit.audit_log import read_log
from testkit.kafka import Kafka
from testkit.queries import fetch
from testkit.services import ROOT, child_environment
from testkit.traffic import AIRCRAFT, InventedFleet

MESSAGES = 300_000
QUICK_MESSAGES = 150_000
ROWS_PER_MESSAGE = 500
ROUNDS = 5
QUICK_ROUNDS = 2
POLL_SECONDS = 10
RUN_TIMEOUT_SECONDS = 180.0
GOAL = "1.0"
REPLAY_GOAL = "at least 0.7"

_DATABASES: dict[str, Callable[[], AbstractContextManager[str]]] = {
    "TimescaleDB": parts.real_timescale,
    "embedded PostgreSQL": parts.embedded_postgres,
}
_TRANSACTIONS = """
SELECT array_agg(ARRAY[partition, lo, hi]) FROM ingest_ledger
GROUP BY committed_at ORDER BY committed_at
"""
_BEGIN_AGAIN = "TRUNCATE ingest_offsets, ingest_ledger"

Values = dict[str, list[float]]
Log = dict[tuple[int, int], list[StateVector]]
"""The rows of each message, by partition and offset."""


def run(options: Options) -> Report:
    """Measure on both databases."""
    messages = QUICK_MESSAGES if options.is_quick else MESSAGES
    rounds = QUICK_ROUNDS if options.is_quick else ROUNDS
    figures: list[Figure] = []
    details: dict[str, Any] = {
        "rows": messages,
        "rows_per_message": ROWS_PER_MESSAGE,
        "aircraft": AIRCRAFT,
        "batch_messages": ArchiveSettings().max_batch_messages,
    }
    with parts.real_kafka() as kafka:
        topics = {}
        for kind, rows in {"": 1, f", {ROWS_PER_MESSAGE} rows a message": ROWS_PER_MESSAGE}.items():
            topic = parts.new_topic(kafka)
            options.progress(f"publishing {messages:,} rows, {rows} a message")
            _publish(kafka, topic, messages, rows)
            topics[kind] = topic, _read(kafka, topic)
        gc.freeze()
        for database, server in _DATABASES.items():
            with server() as server_dsn:
                benches = {
                    f"{database}{kind}": _Bench(kafka, topic, log, server_dsn)
                    for kind, (topic, log) in topics.items()
                }
                for name, bench in benches.items():
                    options.progress(f"{name}: a first run, not counted, with samples")
                    details[f"samples, {name}"] = bench.warm_up()
                for number in range(rounds):
                    for name, bench in benches.items():
                        options.progress(f"{name}: round {number + 1} of {rounds}")
                        bench.play(is_archive_first=number % 2 == 0)
                for name, bench in benches.items():
                    figures += _figures(name, bench.values)
    return Report(figures, details)


class _Bench:
    """One database server and one topic; every round adds to `values`."""

    def __init__(self, kafka: Kafka, topic: str, log: Log, server_dsn: str) -> None:
        self._kafka = kafka
        self._topic = topic
        self._log = log
        self._n_rows = sum(map(len, log.values()))
        self._server_dsn = server_dsn
        self._batches: list[list[Row]] = []
        self._runs = 0
        self.values: Values = defaultdict(list)

    def warm_up(self) -> dict[str, dict[str, float]]:
        """Measure which batches the archive makes, and where its time goes."""
        with parts.migrated_database(self._server_dsn) as dsn:
            outcome = self._archive(dsn, is_sampled=True)
            self._batches = list(self._same_batches(dsn))
        return outcome.samples

    def play(self, *, is_archive_first: bool) -> None:
        """Measure the archive and the baselines once each."""
        steps = [self._measure_archive, self._measure_bare]
        for step in steps if is_archive_first else reversed(steps):
            with parts.migrated_database(self._server_dsn) as dsn:
                step(dsn)
        with parts.migrated_database(self._server_dsn) as dsn:
            self._note("straight", bare_copy.store(dsn, self._batches, is_straight=True))

    def _measure_archive(self, dsn: str) -> None:
        fresh = self._archive(dsn)
        self._note_archive("archive", fresh)
        self._batches = list(self._same_batches(dsn))
        fetch(dsn, _BEGIN_AGAIN)
        replay = self._archive(dsn)
        if replay.n_inserted:
            raise MeasurementError(f"{replay.n_inserted} rows of a replay were taken for new ones")
        self._note_archive("archive replay", replay)

    def _measure_bare(self, dsn: str) -> None:
        self._note("bare", bare_copy.store(dsn, self._batches))
        self._note("bare replay", bare_copy.store(dsn, self._batches))

    def _archive(self, dsn: str, *, is_sampled: bool = False) -> Outcome:
        self._runs += 1
        task = Task(
            kafka=self._kafka.bootstrap_servers,
            topic=self._topic,
            group_id=f"benchmark-{self._runs}-{time.monotonic_ns()}",
            database_url=dsn,
            rows=self._n_rows,
            is_sampled=is_sampled,
        )
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.archive_run", msgspec.json.encode(task).decode()],
            env=child_environment({}),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            check=True,
            timeout=RUN_TIMEOUT_SECONDS,
        )
        outcome = msgspec.json.decode(done.stdout, type=Outcome)
        if outcome.n_inserted + outcome.n_duplicate != self._n_rows:
            raise MeasurementError(f"the archive stored {outcome.commits[-1:]} of {self._n_rows}")
        return outcome

    def _same_batches(self, dsn: str) -> Iterator[list[Row]]:
        """Return the rows of each transaction of the archive, in its order."""
        for (spans,) in fetch(dsn, _TRANSACTIONS):
            found = [
                row
                for partition, lo, hi in spans
                for offset in range(lo, hi)
                for row in self._log.get((partition, offset), ())
            ]
            yield sorted_rows(found)

    def _note(self, name: str, stored: Stored) -> None:
        self.values[name].append(stored.rows / stored.seconds)
        self.values[f"{name} cpu"].append(1e6 * stored.cpu_seconds / stored.rows)
        self.values[f"{name} server cpu"].append(1e6 * stored.server_cpu_seconds / stored.rows)

    def _note_archive(self, name: str, outcome: Outcome) -> None:
        self.values[name].append(self._n_rows / outcome.seconds)
        self.values[f"{name} cpu"].append(1e6 * outcome.cpu_seconds / self._n_rows)
        self.values[f"{name} second half"].append(_second_half(outcome.commits))
        self.values["join"].append(outcome.join_seconds)


def _second_half(commits: list[tuple[float, int]]) -> float:
    """Return the rate after the first batches, which the writer checks for repetitions."""
    middle, last = commits[len(commits) // 2], commits[-1]
    return (last[1] - middle[1]) / (last[0] - middle[0])


def _publish(kafka: Kafka, topic: str, n_rows: int, rows_per_message: int) -> None:
    # Of this day, and not so old that flights might be over: that costs the archive a question.
    now = max(int(time.time()) // 86_400 * 86_400, int(time.time()) - 3_600)
    fleet = InventedFleet(now=now)
    feed = Feed(KafkaSettings(bootstrap_servers=kafka.bootstrap_servers, topic=topic))
    found, published = fleet.states()[:n_rows], 0
    while found:
        if rows_per_message == 1:
            published += feed.publish(found, now)
        else:
            published += feed.publish_rows(
                found, now, rows=rows_per_message, partitions=parts.PARTITIONS
            )
        now += POLL_SECONDS
        found = fleet.move(now)[: n_rows - published]


def _read(kafka: Kafka, topic: str) -> Log:
    """Return every message decoded, as input of the baseline."""
    return {
        (record.partition, record.offset): _decode(record.value)
        for record in read_log(kafka.bootstrap_servers, topic)
    }


def _decode(value: bytes | None) -> list[StateVector]:
    if has_several_rows(value):
        return decode_rows(value)
    return [decode_value(value)]


def _figures(name: str, values: Values) -> list[Figure]:
    return [
        Figure(
            f"{name}: archive over bare, fresh rows",
            "ratio",
            ratios(values["archive"], values["bare"]),
            GOAL,
        ),
        Figure(
            f"{name}: second half over bare, fresh rows",
            "ratio",
            ratios(values["archive second half"], values["bare"]),
        ),
        Figure(
            f"{name}: archive over bare, replays",
            "ratio",
            ratios(values["archive replay"], values["bare replay"]),
            REPLAY_GOAL,
        ),
        Figure(
            f"{name}: archive over COPY without conflicts",
            "ratio",
            ratios(values["archive"], values["straight"]),
        ),
        Figure(f"{name}: archive, fresh rows", "rows/s", values["archive"]),
        Figure(f"{name}: archive, replays", "rows/s", values["archive replay"]),
        Figure(f"{name}: bare, fresh rows", "rows/s", values["bare"]),
        Figure(f"{name}: bare, replays", "rows/s", values["bare replay"]),
        Figure(f"{name}: bare COPY without conflicts", "rows/s", values["straight"]),
        Figure(f"{name}: archive's processor time, fresh", "us/row", values["archive cpu"]),
        Figure(
            f"{name}: archive's processor time, replays", "us/row", values["archive replay cpu"]
        ),
        Figure(f"{name}: bare client's processor time", "us/row", values["bare cpu"]),
        Figure(f"{name}: bare server's processor time", "us/row", values["bare server cpu"]),
        Figure(f"{name}: until partitions are claimed", "s", values["join"]),
    ]
