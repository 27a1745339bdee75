"""Every metric of the archive."""

import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from processor.archive.writer import Stored


class ArchiveMetrics:
    """What operators watch: rates, lag, and the proof that nothing is lost."""

    def __init__(self, registry: CollectorRegistry) -> None:
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
        self.audit_violations = Gauge(
            "ingest_audit_violations",
            "Whether the ledger has a hole or an overlap; must be 0.",
            registry=registry,
        )

    def observe(self, stored: Stored) -> None:
        """Count what became of a batch."""
        self.messages.labels("inserted").inc(stored.n_inserted)
        self.messages.labels("duplicate").inc(stored.n_duplicate)
        self.messages.labels("dead").inc(stored.n_dead)
        self.batch_messages.observe(stored.n_inserted + stored.n_duplicate + stored.n_dead)
        self.fenced.inc(len(stored.fenced))
        self.last_commit.set(time.time())

    def observe_lag(self, partition: int, messages: int) -> None:
        """Take note of how far a partition's position is behind its newest offset."""
        self.lag_messages.labels(str(partition)).set(messages)

    def forget(self, partition: int) -> None:
        """Leave out a partition that another instance stores now."""
        self.lag_messages.remove_by_labels({"partition": str(partition)})
