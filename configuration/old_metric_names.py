"""Repeat the metrics under the names of before version 0.2, which end with version 0.3."""

from collections.abc import Iterator, Mapping

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric
from prometheus_client.samples import Sample

PREFIX = "flightmonitor_"
"""Begins the name of every metric of this project."""

_ARCHIVE = {
    "archive_audit_age_seconds": "ingest_audit_age_seconds",
    "archive_audit_violations": "ingest_audit_violations",
    "archive_batch_messages": "ingest_batch_messages",
    "archive_commit_duration_seconds": "ingest_store_seconds",
    "archive_database_clock_offset_seconds": "ingest_database_clock_offset_seconds",
    "archive_fenced_partitions": "ingest_fenced_partitions",
    "archive_lag_age_seconds": "ingest_lag_age_seconds",
    "archive_lag_messages": "ingest_lag_messages",
    "archive_last_commit_timestamp_seconds": "ingest_last_commit_timestamp_seconds",
    "archive_maintenance_failures": "ingest_maintenance_failures",
    "archive_refused_rows": "ingest_refused_messages",
    "archive_retention_refused": "ingest_retention_refused",
    "archive_rows": "ingest_messages",
    "archive_uncompressed_chunks": "ingest_uncompressed_chunks",
    "archive_untimely_rows": "ingest_untimely_messages",
}

_OTHER_WORDS = {
    "collector_published_rows": "collector_published",
    "stream_subscribers": "stream_viewers",
}

_PREFIX_ONLY = (
    *("access_keys_file_ok", "history_downloads", "processor_half_failed"),
    *("http_connections", "http_refused", "http_waiting_input_bytes"),
    *("live_aircraft", "live_clock_offset_seconds", "live_delay_seconds", "live_lag_age_seconds"),
    *("live_ignored_messages", "live_lag_messages", "live_malformed_messages"),
    *("stream_closed", "stream_conflated_events", "stream_resumes"),
    *("collector_aircraft_known", "collector_back_fill_pending", "collector_clock_offset_seconds"),
    *("collector_credits_remaining", "collector_misdated_rows", "collector_polls"),
    *("collector_poll_duration_seconds", "collector_poll_interval_seconds"),
    *("collector_producer_queue_messages", "collector_repaired_fields"),
    "collector_source_age_seconds",
)

OLD_NAMES: Mapping[str, str] = {
    PREFIX + new: old
    for new, old in {**_ARCHIVE, **_OTHER_WORDS, **{name: name for name in _PREFIX_ONLY}}.items()
}
"""The old name of each metric that was renamed; counters without their ending `_total`."""

_NEW_LABELS = {PREFIX + "stream_subscribers": frozenset({"transport", "format"})}
"""Labels that a metric got together with its new name; under the old one they are summed up."""


class RegistryWithOldNames(CollectorRegistry):
    """A registry that repeats each renamed metric under its old name when it is scraped."""

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics, and each renamed one a second time."""
        for metric in super().collect():
            yield metric
            if metric.name in OLD_NAMES:
                yield _renamed(metric, OLD_NAMES[metric.name])


def _renamed(metric: Metric, old: str) -> Metric:
    repeated = Metric(old, f"Old name of {metric.name}, until version 0.3.", metric.type)
    sums: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {}
    left_out = _NEW_LABELS.get(metric.name, frozenset())
    for sample in metric.samples:
        labels = tuple(item for item in sample.labels.items() if item[0] not in left_out)
        key = old + sample.name.removeprefix(metric.name), labels
        sums[key] = sums.get(key, 0) + sample.value
    repeated.samples = [Sample(name, dict(labels), value) for (name, labels), value in sums.items()]
    return repeated
