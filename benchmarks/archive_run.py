"""The process of one run of the real archive, from the log to the last commit."""

import asyncio
import logging
import sys
import threading
import time

import msgspec
import structlog
import uvloop
from prometheus_client import CollectorRegistry

from benchmarks.sampling import Sampler
from configuration.freed_memory import limit_freed_memory
from configuration.shared_sections import KafkaSettings
from processor.archive.batch import Batch, Claim
from processor.archive.batch_result import Stored
from processor.archive.breaker import Breaker
from processor.archive.consumer import ArchiveConsumer, Store
from processor.archive.database import Database
from processor.archive.metrics import ArchiveMetrics
from processor.archive.sql import load_queries
from processor.archive.time_window import TimeWindow
from processor.archive.writer import BatchWriter
from processor.garbage_collection import tune_gc
from processor.message import LogIdentity
from processor.settings import ArchiveSettings, DatabaseSettings
from processor.thread_switching import switch_threads_often

GIVE_UP_SECONDS = 120.0


class Task(msgspec.Struct, frozen=True):
    """The task of the process; its argument is this struct as JSON."""

    kafka: str
    topic: str
    group_id: str
    database_url: str
    rows: int
    is_sampled: bool = False


class Outcome(msgspec.Struct, frozen=True):
    """What it prints.

    Attributes:
        join_seconds: From the start of the consumer to the claim of its partitions.
        seconds: From there to the last commit.
        cpu_seconds: Of this process, in that time.
        commits: After how many seconds how many rows were stored, batch by batch.
        n_inserted: Rows that were new.
        n_duplicate: Rows that were there.
        samples: By thread, the share of its time by line.
    """

    join_seconds: float
    seconds: float
    cpu_seconds: float
    commits: list[tuple[float, int]]
    n_inserted: int
    n_duplicate: int
    samples: dict[str, dict[str, float]]


class _Watch:
    """Notes when rows were stored, and whether all are."""

    def __init__(self, n_rows: int) -> None:
        self._n_rows = n_rows
        self.commits: list[tuple[float, int]] = []
        self.n_inserted = self.n_duplicate = self._n_stored = 0
        self.claimed_at = self.claimed_cpu = self.ended_cpu = 0.0
        self.is_done = asyncio.Event()

    def note_claim(self) -> None:
        self.claimed_at, self.claimed_cpu = time.monotonic(), time.process_time()

    def note(self, stored: Stored) -> None:
        self.n_inserted += stored.n_inserted
        self.n_duplicate += stored.n_duplicate
        self._n_stored += stored.n_inserted + stored.n_duplicate + stored.n_dead
        self.commits.append((round(time.monotonic() - self.claimed_at, 5), self._n_stored))
        if self._n_stored >= self._n_rows:
            self.ended_cpu = time.process_time()
            self.is_done.set()


class _WatchedStore:
    """The real writer, which notes the time of each commit."""

    def __init__(self, store: Store, watch: _Watch) -> None:
        self._store = store
        self._watch = watch

    async def claim(self, oldest: dict[int, int]) -> list[Claim]:
        claims = await self._store.claim(oldest)
        self._watch.note_claim()
        return claims

    async def write(self, batch: Batch) -> Stored:
        stored = await self._store.write(batch)
        self._watch.note(stored)
        return stored


async def run(task: Task) -> Outcome:
    """Store the whole topic and return the figures."""
    watch = _Watch(task.rows)
    database = _database(task.database_url)
    consumer = _consumer(task, database, watch)
    sampler = Sampler()
    if task.is_sampled:
        sampler.start()
    started_at = time.monotonic()
    consuming = asyncio.create_task(asyncio.to_thread(_consume, consumer))
    done = asyncio.create_task(watch.is_done.wait())
    await asyncio.wait(
        [consuming, done], timeout=GIVE_UP_SECONDS, return_when=asyncio.FIRST_COMPLETED
    )
    samples = sampler.stop() if task.is_sampled else {}
    consumer.stop()
    await consuming
    await database.close()
    return Outcome(
        join_seconds=watch.claimed_at - started_at,
        seconds=watch.commits[-1][0],
        cpu_seconds=watch.ended_cpu - watch.claimed_cpu,
        commits=watch.commits,
        n_inserted=watch.n_inserted,
        n_duplicate=watch.n_duplicate,
        samples=samples,
    )


def _consume(consumer: ArchiveConsumer) -> None:
    """Run the consumer in a function whose name labels the samples."""
    threading.current_thread().name = "consumer"
    consumer.run()


def _database(url: str) -> Database:
    settings = DatabaseSettings()
    return Database(
        url=url,
        application_name="benchmark archive",
        connect_timeout_seconds=settings.connect_timeout_seconds,
        statement_timeout_seconds=settings.statement_timeout_seconds,
    )


def _consumer(task: Task, database: Database, watch: _Watch) -> ArchiveConsumer:
    queries, archive = load_queries(), ArchiveSettings()

    def store_for(identity: LogIdentity) -> Store:
        writer = BatchWriter(
            database=database, queries=queries, identity=identity, owner="benchmark"
        )
        return _WatchedStore(writer, watch)

    return ArchiveConsumer(
        kafka=KafkaSettings(bootstrap_servers=task.kafka, topic=task.topic, group_id=task.group_id),
        archive=archive,
        store_for=store_for,
        loop=asyncio.get_running_loop(),
        breaker=Breaker(
            max_consecutive=archive.max_invalid_consecutive, max_ratio=archive.max_invalid_ratio
        ),
        metrics=ArchiveMetrics(CollectorRegistry()),
        window=TimeWindow([time.time], retention_days=0),
    )


def main() -> None:
    """Run the task and print the figures."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    tune_gc()
    limit_freed_memory()
    switch_threads_often()
    outcome = uvloop.run(run(msgspec.json.decode(sys.argv[1], type=Task)))
    sys.stdout.write(msgspec.json.encode(outcome).decode())


if __name__ == "__main__":
    main()
