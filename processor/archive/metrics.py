"""The metrics of the archive."""

import math
import time
from collections.abc import Callable, Mapping
from typing import get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from processor.archive.batch_result import Stored
from processor.archive.time_window import Reason
from processor.bulk_histogram import DELAY_BUCKETS, BulkHistogram

CONNECTIONS = ("archive", "maintenance", "columnstore")
"""The archive's connections to the database: to store, to maintain, and to compress."""

EXPIRING = ("state_vectors", "flights", "dead_letters")
"""What retention deletes whose rows can be counted; minutely rows go by whole parts."""

TASKS = (
    *("parts", "chunk spans", "retention", "audit", "ledger", "columnstore", "waiting rollups"),
    *("flights", "minutes", "hours"),
)
"""What the maintenance does, see `processor.archive.maintenance`."""

WAITING = ("minutes", "aircraft_minutes", "hours")
"""What rollups wait for: minutes of all aircraft, minutes of single aircraft, and hours."""


class ArchiveMetrics:
    """Rates, lag, and whether the ledger is without holes."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._lagging: set[int] = set()
        self.messages = Counter(
            "flightmonitor_archive_rows",
            "Rows of messages by result: inserted, duplicate or dead; most messages hold one row.",
            ["result"],
            registry=registry,
        )
        self.batch_messages = Histogram(
            "flightmonitor_archive_batch_messages",
            "Messages in one transaction.",
            registry=registry,
            buckets=(1, 10, 100, 1_000, 3_000, 6_000, 12_000, 50_000),
        )
        self.store_seconds = Histogram(
            "flightmonitor_archive_commit_duration_seconds",
            "Seconds from handing over a batch to its commit, with waits for the database.",
            registry=registry,
            buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
        )
        self.delay = BulkHistogram(
            "flightmonitor_archive_delay_seconds",
            "Seconds from an inserted row's last_contact to its commit, by the database's clock.",
            buckets=DELAY_BUCKETS,
            registry=registry,
        )
        self.fenced = Counter(
            "flightmonitor_archive_fenced_partitions",
            "Partitions that another instance had taken over when a batch was to be stored.",
            registry=registry,
        )
        self.lag_messages = Gauge(
            "flightmonitor_archive_lag_messages",
            "Messages in the log that are not stored yet.",
            ["partition"],
            registry=registry,
        )
        self.last_commit = Gauge(
            "flightmonitor_archive_last_commit_timestamp_seconds",
            "When a transaction was last committed.",
            registry=registry,
        )
        self._lag_age = Gauge(
            "flightmonitor_archive_lag_age_seconds",
            "Seconds since the lag was computed; grows while Kafka does not answer.",
            registry=registry,
        )
        self._add_dead_letters(registry)
        self._add_log(registry)
        self._add_database(registry)
        self._add_maintenance(registry)
        self._add_retention(registry)
        self._add_clocks(registry)
        self._show_all_labels()

    def _show_all_labels(self) -> None:
        """Show each series from the start: the first event would not count for `rate()`."""
        for result in ("inserted", "duplicate", "dead"):
            self.messages.labels(result)
        for reason in get_args(Reason):
            self.untimely.labels(reason)
            self.dead_letters.labels(reason)
        for reason in ("malformed", "refused"):
            self.dead_letters.labels(reason)
        for connection in CONNECTIONS:
            self.retries.labels(connection)
        for task in TASKS:
            self.maintenance_failures.labels(task)
        for table in EXPIRING:
            self.expired_rows.labels(table)
        for kind in WAITING:
            self.waiting_rollups.labels(kind)

    def _add_dead_letters(self, registry: CollectorRegistry) -> None:
        self.untimely = Counter(
            "flightmonitor_archive_untimely_rows",
            "Rows whose last_contact cannot be true, by reason.",
            ["reason"],
            registry=registry,
        )
        self.refused = Counter(
            "flightmonitor_archive_refused_rows",
            "Rows set aside because the database refused them.",
            registry=registry,
        )
        self.dead_letters = Counter(
            "flightmonitor_archive_dead_letters",
            "Dead letters that were stored, by reason: no state vector (malformed), a time that"
            " cannot be true (future, past, after_answer), or refused by the database.",
            ["reason"],
            registry=registry,
        )

    def _add_log(self, registry: CollectorRegistry) -> None:
        self.skipped_offsets = Counter(
            "flightmonitor_archive_skipped_offsets",
            "Gaps of the log: offsets between messages that were read, without a message.",
            registry=registry,
        )
        self.paused = Gauge(
            "flightmonitor_archive_paused",
            "1 while nothing is read from Kafka because the database is slow or away.",
            registry=registry,
        )

    def _add_database(self, registry: CollectorRegistry) -> None:
        self._database_up = Gauge(
            "flightmonitor_archive_database_up",
            "1 while the database answers the connection that stores.",
            registry=registry,
        )
        self.retries = Counter(
            "flightmonitor_archive_database_retries",
            "Attempts after one that failed, by connection.",
            ["connection"],
            registry=registry,
        )

    def _add_maintenance(self, registry: CollectorRegistry) -> None:
        self.audit_violations = Observation(
            "flightmonitor_archive_audit_violations",
            "1 if the ledger has a hole or an overlap; must be 0.",
            age="flightmonitor_archive_audit_age_seconds",
            registry=registry,
        )
        self.maintenance_failures = Counter(
            "flightmonitor_archive_maintenance_failures",
            "Tasks of the maintenance that failed and are due again a minute later, by task.",
            ["task"],
            registry=registry,
        )
        self.uncompressed_chunks = Gauge(
            "flightmonitor_archive_uncompressed_chunks",
            "Chunks older than database.compress_after_days that are not compressed.",
            registry=registry,
        )

    def _add_retention(self, registry: CollectorRegistry) -> None:
        self.expired_rows = Counter(
            "flightmonitor_archive_expired_rows",
            "Rows that retention has deleted, by table; state vectors count once all of their day"
            " are deleted, and minutely rows, which go by whole parts, are not counted.",
            ["table"],
            registry=registry,
        )
        self.waiting_rollups = Gauge(
            "flightmonitor_archive_waiting_rollups",
            "What is to be rolled up, as each round of the maintenance finds it: minutes, minutes"
            " of single aircraft, and hours that are over.",
            ["kind"],
            registry=registry,
        )

    def _add_clocks(self, registry: CollectorRegistry) -> None:
        self.clock_offset = Gauge(
            "flightmonitor_archive_database_clock_offset_seconds",
            "Seconds by which this host's clock is ahead of the database server's.",
            registry=registry,
        )
        self.retention_refused = Gauge(
            "flightmonitor_archive_retention_refused",
            "1 while retention deletes nothing because the clocks of host and database differ.",
            registry=registry,
        )

    def observe(self, stored: Stored) -> None:
        """Count the result of a batch."""
        self.messages.labels("inserted").inc(stored.n_inserted)
        self.messages.labels("duplicate").inc(stored.n_duplicate)
        self.messages.labels("dead").inc(stored.n_dead)
        self.batch_messages.observe(stored.n_messages)
        self.store_seconds.observe(stored.seconds)
        self.refused.inc(stored.refused)
        self._observe_dead_letters(stored)
        self.skipped_offsets.inc(stored.n_skipped)
        self.fenced.inc(len(stored.fenced))
        self.last_commit.set(time.time())

    def _observe_dead_letters(self, stored: Stored) -> None:
        for reason, n_rows in stored.untimely.items():
            self.dead_letters.labels(reason).inc(n_rows)
        self.dead_letters.labels("refused").inc(stored.refused)
        n_known = stored.refused + sum(stored.untimely.values())
        self.dead_letters.labels("malformed").inc(stored.n_dead - n_known)

    def observe_lag(self, lag: Mapping[int, int]) -> None:
        """Set how many messages of each owned partition are not stored.

        Partitions that are missing from `lag` belong to another instance.
        """
        for partition, messages in lag.items():
            self.lag_messages.labels(str(partition)).set(messages)
        for partition in self._lagging - lag.keys():
            self.forget(partition)
        self._lagging = set(lag)

    def watch_lag_age(self, age_seconds: Callable[[], float]) -> None:
        """Call this function for the age at each scrape."""
        self._lag_age.set_function(age_seconds)

    def watch_database(self, is_up: Callable[[], bool]) -> None:
        """Ask this function at each scrape whether the database answers."""
        self._database_up.set_function(is_up)

    def observe_retention(self, offset_seconds: float | None, *, is_refused: bool) -> None:
        """Set the difference of the clocks, and whether retention refuses to delete."""
        self.clock_offset.set(math.nan if offset_seconds is None else offset_seconds)
        self.retention_refused.set(is_refused)

    def forget(self, partition: int) -> None:
        """Remove a partition that another instance owns."""
        self.lag_messages.remove_by_labels({"partition": str(partition)})


class Observation:
    """A gauge that is set from time to time, and a second one with its age in seconds."""

    def __init__(
        self, name: str, documentation: str, *, age: str, registry: CollectorRegistry
    ) -> None:
        self._gauge = Gauge(name, documentation, registry=registry)
        self._set_at = time.monotonic()
        age_gauge = Gauge(age, f"Seconds since {name} was last set.", registry=registry)
        age_gauge.set_function(lambda: time.monotonic() - self._set_at)

    def set(self, value: float) -> None:
        """Set the gauge."""
        self._gauge.set(value)
        self._set_at = time.monotonic()
