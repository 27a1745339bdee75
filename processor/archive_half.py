"""The half that stores: consumer, writer, maintenance and watches, built from the settings."""

import asyncio
import os
import socket
import time

from prometheus_client import CollectorRegistry

from configuration.tracing import NO_TRACING, Tracing
from processor.archive.breaker import Breaker
from processor.archive.columnstore import COMPRESSION_TIMEOUT_SECONDS, Columnstore
from processor.archive.commit_trace import TracedWriter
from processor.archive.consumer import ArchiveConsumer
from processor.archive.database import Database
from processor.archive.database_watch import DatabaseWatch
from processor.archive.maintenance import Maintenance
from processor.archive.metrics import ArchiveMetrics
from processor.archive.retention import RetentionPeriods
from processor.archive.sql import load_queries
from processor.archive.time_window import TimeWindow
from processor.archive.writer import BatchWriter
from processor.host_clock import carried_on
from processor.http.health import Checks, holds
from processor.log_watch import LogWatch
from processor.message import LogIdentity
from processor.settings import DatabaseSettings, ProcessorSettings
from processor.supervisor import BETWEEN_ATTEMPTS, retrieve_exceptions

MAX_WATCHES_STOP_SECONDS = 2
"""How long a stop waits for maintenance and the watches; a server that is away answers nothing."""


class _Archive:
    """One attempt at storing; everything in it is built for this attempt and closed with it."""

    def __init__(
        self, settings: ProcessorSettings, metrics: ArchiveMetrics, tracing: Tracing
    ) -> None:
        queries = load_queries()
        owner = f"{socket.gethostname()}:{os.getpid()}"
        writing = _database(settings, "archive", owner, metrics)
        maintaining = _database(settings, "maintenance", owner, metrics)
        self._compressing = _database(
            settings, "columnstore", owner, metrics, COMPRESSION_TIMEOUT_SECONDS
        )
        self._databases = (writing, maintaining)
        self._columnstore = Columnstore(
            database=self._compressing,
            queries=queries,
            metrics=metrics,
            compress_after_days=settings.database.compress_after_days,
        )
        self._database_watch = watched = DatabaseWatch(
            writing, statement_timeout_seconds=settings.database.statement_timeout_seconds
        )
        metrics.watch_database(lambda: watched.trouble is None)
        self._metrics = metrics
        self._maintenance = Maintenance(
            database=maintaining,
            queries=queries,
            metrics=metrics,
            kept=_retention_periods(settings.database),
            chunk_rows=settings.database.chunk_rows,
            columnstore=self._columnstore,
        )

        def store_for(identity: LogIdentity) -> TracedWriter:
            observe = metrics.delay.observe_delays
            writer = BatchWriter(
                database=writing,
                queries=queries,
                identity=identity,
                owner=owner,
                observe_delays=observe,
            )
            return TracedWriter(writer, tracing, settings.kafka)

        self.consumer = ArchiveConsumer(
            kafka=settings.kafka,
            archive=settings.archive,
            store_for=store_for,
            loop=asyncio.get_running_loop(),
            breaker=Breaker(
                max_consecutive=settings.archive.max_invalid_consecutive,
                max_ratio=settings.archive.max_invalid_ratio,
            ),
            metrics=metrics,
            window=TimeWindow(
                (time.time, carried_on(time.time, time.monotonic), writing.server_now),
                retention_days=settings.database.retention_days,
            ),
        )
        self._watch = self._watch_log(settings)

    def _watch_log(self, settings: ProcessorSettings) -> LogWatch:
        consumer, metrics = self.consumer, self._metrics
        # The callbacks do not refer to this object: a cycle would keep the watch's connection open.
        watch = LogWatch(
            settings.kafka, take=lambda look: metrics.observe_lag(consumer.lag(look.ends))
        )
        metrics.watch_lag_age(lambda: watch.age_seconds)
        return watch

    def start(self) -> list[asyncio.Task[None]]:
        """Start the consumer in a thread, and the other tasks in the event loop."""
        self._consuming = asyncio.create_task(
            asyncio.to_thread(self.consumer.run), name="archive consumer"
        )
        self._others = [
            asyncio.create_task(self._maintenance.run(), name="maintenance"),
            asyncio.create_task(self._columnstore.run(), name="columnstore"),
            asyncio.create_task(self._watch.run(), name="archive log watch"),
            asyncio.create_task(self._database_watch.run(), name="archive database watch"),
        ]
        return [self._consuming, *self._others]

    async def stop(self) -> None:
        """Store what was read; what cannot be stored in time stays in the log."""
        self.consumer.stop()
        for task in self._others:
            task.cancel()
        await asyncio.wait([self._consuming])
        # A server that does not answer blocks even a cancelled transaction.
        await asyncio.wait(self._others, timeout=MAX_WATCHES_STOP_SECONDS)
        retrieve_exceptions(self._consuming, *self._others)
        self._metrics.observe_lag({})
        for database in (*self._databases, self._compressing):
            await database.close()

    @property
    def kafka_trouble(self) -> str | None:
        """Why the archive may not be reading the log; None while the broker answers."""
        return self.consumer.broker_trouble or self._watch.trouble

    @property
    def retention_refusal(self) -> str | None:
        """Why retention deletes nothing; None while it works."""
        return self._maintenance.refusal

    @property
    def columnstore_trouble(self) -> str | None:
        """Why an old chunk is not compressed; None while all can be."""
        return self._columnstore.trouble

    @property
    def database_trouble(self) -> str | None:
        """Why the database may not be storing; None while it answers."""
        troubles = (database.trouble for database in self._databases)
        return next(filter(None, troubles), None) or self._database_watch.trouble


class ArchiveHalf:
    """Stores the log."""

    name = "archive"

    def __init__(
        self,
        settings: ProcessorSettings,
        registry: CollectorRegistry,
        tracing: Tracing = NO_TRACING,
    ) -> None:
        self._settings = settings
        self._tracing = tracing
        self._metrics = ArchiveMetrics(registry)
        self._archive: _Archive | None = None

    def begin(self) -> list[asyncio.Task[None]]:
        """Build one attempt and start its tasks."""
        self._archive = _Archive(self._settings, self._metrics, self._tracing)
        return self._archive.start()

    async def end(self) -> None:
        """Store what was read, and close all connections."""
        if self._archive is not None:
            await self._archive.stop()
            self._archive = None

    async def close(self, *, hurry: asyncio.Event) -> None:
        """Do nothing: this half has no clients, and `end` stores the last batch even in a hurry."""

    def checks(self) -> Checks:
        """Return the checks: partitions are assigned, and broker, clock and database are usable."""
        return {
            "archive_assigned": holds(
                when=lambda: self._archive is not None and self._archive.consumer.is_assigned,
                otherwise="no partition of the topic is assigned to this instance yet",
            ),
            "archive_kafka": self._kafka_trouble,
            "archive_clock": self._clock_trouble,
            "database": self._database_trouble,
        }

    def observations(self) -> Checks:
        """Return why nothing expires or is compressed, while the archive goes on storing."""
        return {
            "retention": lambda: (
                self._archive.retention_refusal if self._archive else BETWEEN_ATTEMPTS
            ),
            "columnstore": lambda: (
                self._archive.columnstore_trouble if self._archive else BETWEEN_ATTEMPTS
            ),
        }

    def _clock_trouble(self) -> str | None:
        return (
            self._archive.consumer.clock_trouble()
            if self._archive is not None
            else BETWEEN_ATTEMPTS
        )

    def _kafka_trouble(self) -> str | None:
        return self._archive.kafka_trouble if self._archive is not None else BETWEEN_ATTEMPTS

    def _database_trouble(self) -> str | None:
        return self._archive.database_trouble if self._archive is not None else BETWEEN_ATTEMPTS


def _retention_periods(settings: DatabaseSettings) -> RetentionPeriods:
    return RetentionPeriods(
        settings.retention_days,
        settings.minutely_retention_days,
        settings.flight_retention_days,
        settings.dead_letter_retention_days,
        settings.dead_letter_max_rows,
        settings.dead_letter_max_megabytes,
    )


def _database(
    settings: ProcessorSettings,
    connection: str,
    owner: str,
    metrics: ArchiveMetrics,
    statement_timeout_seconds: float | None = None,
) -> Database:
    timeout_seconds = statement_timeout_seconds or settings.database.statement_timeout_seconds
    return Database(
        url=settings.database.url.get_secret_value(),
        application_name=f"flight-monitor {connection} {owner}",
        connect_timeout_seconds=settings.database.connect_timeout_seconds,
        statement_timeout_seconds=timeout_seconds,
        on_retry=metrics.retries.labels(connection).inc,
    )
