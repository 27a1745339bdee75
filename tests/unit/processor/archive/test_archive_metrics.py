"""Each dead letter is counted under one reason, and every series is there from the start."""

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


def test_whether_the_database_answers(metrics: ArchiveMetrics, registry: CollectorRegistry) -> None:
    is_up = True
    metrics.watch_database(lambda: is_up)
    assert registry.get_sample_value("flightmonitor_archive_database_up") == 1
    is_up = False
    assert registry.get_sample_value("flightmonitor_archive_database_up") == 0
