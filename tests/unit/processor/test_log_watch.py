"""A watch without an answer reports that, whatever it received before."""

import time

import pytest
from prometheus_client import CollectorRegistry

from configuration.shared_sections import KafkaSettings
from processor import log_watch
from processor.archive.metrics import ArchiveMetrics
from processor.log_watch import LogWatch, ReadProgress
from standalone.database import free_port


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Provide a monotonic clock that the test sets."""
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_silence_is_trouble_although_nothing_failed(clock: list[float]) -> None:
    """Only answers distinguish an idle topic from a frozen broker."""
    servers = f"127.0.0.1:{free_port()}"
    watch = LogWatch(KafkaSettings(bootstrap_servers=servers), take=lambda _: None)
    said = [watch.trouble]
    for seconds in (log_watch.UNANSWERED_SECONDS - 1, 1):
        clock[0] += seconds
        said.append(watch.trouble)
    assert said[:2] == [None, None]
    assert "has not answered for 15 s" in str(said[2])
    assert "kafka.bootstrap_servers" in str(said[2])


def test_partition_that_is_not_read_on_is_named(clock: list[float]) -> None:
    """This includes a partition that the reader does not know; one at its end may stand still."""
    progress = ReadProgress(30)
    for _ in range(7):
        progress.observe({0: 10, 1: 5}, {0: 10, 1: 9, 2: 3})
        clock[0] += 5
    assert progress.lag_messages == 4 + 3
    assert progress.trouble == "partitions [1, 2] hold messages that are not read; see the log"
    progress.observe({0: 10, 1: 6, 2: 1}, {0: 10, 1: 9, 2: 3})
    assert progress.trouble is None


def test_progress_blames_no_reader_for_a_silent_broker(clock: list[float]) -> None:
    """Without an answer the end of the log is unknown."""
    progress = ReadProgress(30)
    progress.observe({0: 10}, {0: 10})
    clock[0] += 300
    assert progress.trouble is None


def test_partitions_of_others_have_no_lag_here() -> None:
    """A gauge that is not set any more would keep its last value."""
    registry = CollectorRegistry()
    metrics = ArchiveMetrics(registry)

    def lag(partition: int) -> float | None:
        return registry.get_sample_value(
            "flightmonitor_archive_lag_messages", {"partition": str(partition)}
        )

    metrics.observe_lag({0: 5, 1: 7})
    assert (lag(0), lag(1)) == (5, 7)
    metrics.observe_lag({1: 2})
    assert (lag(0), lag(1)) == (None, 2)
    metrics.observe_lag({})
    assert (lag(0), lag(1)) == (None, None)


def test_audit_gauge_has_a_clock_of_its_own(clock: list[float]) -> None:
    """0 violations an hour ago prove nothing about the present."""
    registry = CollectorRegistry()
    metrics = ArchiveMetrics(registry)
    clock[0] += 3600
    assert registry.get_sample_value("flightmonitor_archive_audit_age_seconds") == 3600
    metrics.audit_violations.set(0)
    assert registry.get_sample_value("flightmonitor_archive_audit_age_seconds") == 0
