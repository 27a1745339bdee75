"""A histogram that counts arrays agrees with the one that counts number by number."""

import numpy as np
import pytest
from prometheus_client import CollectorRegistry, Histogram, generate_latest

from processor.bulk_histogram import DELAY_BUCKETS, BulkHistogram

VALUES = np.array([0.0, 1.0, 1.001, 2.5, 59.9, 60.0, 3600.0, 3600.1, 1e6])


def lines(registry: CollectorRegistry) -> list[str]:
    text = generate_latest(registry).decode()
    return sorted(line for line in text.splitlines() if "_created" not in line)


def test_it_shows_what_single_observations_would() -> None:
    at_once, one_by_one = CollectorRegistry(), CollectorRegistry()
    bulk = BulkHistogram("delay", "Seconds.", buckets=DELAY_BUCKETS, registry=at_once)
    single = Histogram("delay", "Seconds.", buckets=DELAY_BUCKETS, registry=one_by_one)
    assert lines(at_once) == lines(one_by_one)
    for values in (VALUES, np.empty(0), VALUES[:2]):
        bulk.observe(values)
        for value in values.tolist():
            single.observe(value)
        assert lines(at_once) == lines(one_by_one)


def test_times_that_are_still_to_come_have_no_delay() -> None:
    registry = CollectorRegistry()
    delays = BulkHistogram("delay", "Seconds.", buckets=[1, 10], registry=registry)
    delays.observe_delays(1_000.5, np.array([999, 1_000, 1_030], np.int64))
    assert registry.get_sample_value("delay_sum") == 2.0
    assert registry.get_sample_value("delay_bucket", {"le": "1.0"}) == 2


def test_its_name_is_registered() -> None:
    registry = CollectorRegistry()
    BulkHistogram("delay", "Seconds.", buckets=[1], registry=registry)
    with pytest.raises(ValueError, match="Duplicated"):
        Histogram("delay", "Seconds.", registry=registry)
