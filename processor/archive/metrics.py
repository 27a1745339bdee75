"""Every metric of the archive."""

import math
import time
from collections.abc import Callable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from processor.archive.batch_result import Stored


class ArchiveMetrics:
    """What operators watch: rates, lag, and the proof that nothing is lost."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._lagging: set[int] = set()
        self.messages = Counter(
            "ingest_messages",
            "Messages by what became of them.",
            ["result"],
            registry=registry,
        )
        self.batch_messages = Histogram(
            "ingest_batch_messages",
            "Messages of one transaction.",
            registry=registry,
            buckets=(1, 10, 100, 1_000, 3_000, 6_000, 12_000, 50_000),
        )
        self.untimely = Counter(
            "ingest_untimely_messages",
            "Messages read whose last_contact cannot be true, by reason; set aside if not doubted.",
            ["reason"],
            registry=registry,
        )
        self.refused = Counter(
            "ingest_refused_messages",
            "Messages set aside because the database refused them.",
            registry=registry,
        )
        self.fenced = Counter(
            "ingest_fenced_partitions",
            "Partitions found to be another instance's when they were to be stored.",
            registry=registry,
        )
        self.lag_messages = Gauge(
            "ingest_lag_messages",
            "Messages in the log that are not stored yet.",
            ["partition"],
            registry=registry,
        )
        self.last_commit = Gauge(
            "ingest_last_commit_timestamp_seconds",
            "When a transaction was last committed.",
            registry=registry,
        )
        self._lag_age = Gauge(
            "ingest_lag_age_seconds",
            "Since ingest_lag_messages was compared with the log; grows while Kafka is silent.",
            registry=registry,
        )
        self.audit_violations = Observation(
            "ingest_audit_violations",
            "Whether the ledger has a hole or an overlap; must be 0.",
            age="ingest_audit_age_seconds",
            registry=registry,
        )
        self._add_clocks(registry)

    def _add_clocks(self, registry: CollectorRegistry) -> None:
        self.clock_offset = Gauge(
            "ingest_database_clock_offset_seconds",
            "How far this host's clock is ahead of the database server's.",
            registry=registry,
        )
        self.retention_refused = Gauge(
            "ingest_retention_refused",
            "Whether retention deletes nothing because the clocks of host and database differ.",
            registry=registry,
        )

    def observe(self, stored: Stored) -> None:
        """Count what became of a batch."""
        self.messages.labels("inserted").inc(stored.n_inserted)
        self.messages.labels("duplicate").inc(stored.n_duplicate)
        self.messages.labels("dead").inc(stored.n_dead)
        self.batch_messages.observe(stored.n_inserted + stored.n_duplicate + stored.n_dead)
        self.refused.inc(stored.refused)
        self.fenced.inc(len(stored.fenced))
        self.last_commit.set(time.time())

    def observe_lag(self, lag: Mapping[int, int]) -> None:
        """Take note of how many messages of each owned partition are not stored.

        Partitions that are not named are another instance's.
        """
        for partition, messages in lag.items():
            self.lag_messages.labels(str(partition)).set(messages)
        for partition in self._lagging - lag.keys():
            self.forget(partition)
        self._lagging = set(lag)

    def watch_lag_age(self, age_seconds: Callable[[], float]) -> None:
        """Ask for the age at each scrape."""
        self._lag_age.set_function(age_seconds)

    def observe_retention(self, offset_seconds: float | None, *, is_refused: bool) -> None:
        """Take note of the clocks, and of what retention makes of them."""
        self.clock_offset.set(math.nan if offset_seconds is None else offset_seconds)
        self.retention_refused.set(is_refused)

    def forget(self, partition: int) -> None:
        """Leave out a partition that another instance stores now."""
        self.lag_messages.remove_by_labels({"partition": str(partition)})


class Observation:
    """A gauge that is set at times, and one that says how long ago."""

    def __init__(
        self, name: str, documentation: str, *, age: str, registry: CollectorRegistry
    ) -> None:
        self._gauge = Gauge(name, documentation, registry=registry)
        self._set_at = time.monotonic()
        age_gauge = Gauge(age, f"Since {name} was last looked at.", registry=registry)
        age_gauge.set_function(lambda: time.monotonic() - self._set_at)

    def set(self, value: float) -> None:
        """Set the gauge."""
        self._gauge.set(value)
        self._set_at = time.monotonic()
