"""Each figure of a batch reaches its series, and every series is there from the start."""

import time

import pytest
from prometheus_client import CollectorRegistry

from processor.archive.batch_result import NOTHING, Stored
from processor.archive.metrics import ArchiveMetrics

REASONS = ("malformed", "future", "past", "after_answer", "refused")


def letters(registry: CollectorRegistry) -> dict[str, float | None]:
    name = "flightmonitor_archive_dead_letters_total"
    return {reason: registry.get_sample_value(name, {"reason": reason}) for reason in REASONS}


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def metrics(registry: CollectorRegistry) -> ArchiveMetrics:
    return ArchiveMetrics(registry)


def test_dead_letters_by_reason(metrics: ArchiveMetrics, registry: CollectorRegistry) -> None:
    assert letters(registry) == dict.fromkeys(REASONS, 0)
    first = Stored(10, 0, 4, {}, {}, refused=1, untimely={"future": 2})
    second = Stored(10, 0, 3, {}, {}, untimely={"past": 1, "future": 1}, n_skipped=5)
    metrics.observe(NOTHING.plus(first).plus(second))
    expected = {"malformed": 2, "future": 3, "past": 1, "after_answer": 0, "refused": 1}
    assert letters(registry) == expected
    assert registry.get_sample_value("flightmonitor_archive_skipped_offsets_total") == 5


def test_each_figure_of_a_batch_has_its_series(
    metrics: ArchiveMetrics, registry: CollectorRegistry
) -> None:
    stored = Stored(
        n_inserted=1,
        n_duplicate=2,
        n_dead=3,
        next_offsets={0: 9},
        fenced={4: 1, 5: 1, 6: 2, 7: 1},
        n_messages=5,
        refused=2,
        n_skipped=6,
        seconds=7.0,
    )
    metrics.observe(stored)
    prefix = "flightmonitor_archive_"
    expected = {
        "batch_messages_sum": 5,
        "commit_duration_seconds_sum": 7,
        "refused_rows_total": 2,
        "skipped_offsets_total": 6,
        "fenced_partitions_total": 4,
    }
    assert {name: registry.get_sample_value(prefix + name) for name in expected} == expected
    results = {"inserted": 1, "duplicate": 2, "dead": 3}
    rows = {
        result: registry.get_sample_value(prefix + "rows_total", {"result": result})
        for result in results
    }
    assert rows == results
    committed_at = registry.get_sample_value(prefix + "last_commit_timestamp_seconds")
    assert committed_at == pytest.approx(time.time(), abs=60)


def test_whether_the_database_answers(metrics: ArchiveMetrics, registry: CollectorRegistry) -> None:
    is_up = True
    metrics.watch_database(lambda: is_up)
    assert registry.get_sample_value("flightmonitor_archive_database_up") == 1
    is_up = False
    assert registry.get_sample_value("flightmonitor_archive_database_up") == 0
