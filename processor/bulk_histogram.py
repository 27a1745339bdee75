"""A histogram that counts a whole array at once, because single observations cost too much."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import HistogramMetricFamily
from prometheus_client.registry import Collector

DELAY_BUCKETS = (1, 2.5, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 3600)
"""Seconds. OpenSky's answers are some seconds old, polls lie 5 to 90 s apart, aircraft expire after
300 s, and after an outage up to an hour is requested afterwards."""


class BulkHistogram(Collector):
    """Counts numbers in buckets; one thread may observe while others read.

    Args:
        name: The name of the metric.
        documentation: What it counts.
        buckets: The upper bounds, ascending, without infinity.
        registry: Where it is registered.
    """

    def __init__(
        self,
        name: str,
        documentation: str,
        *,
        buckets: Sequence[float],
        registry: CollectorRegistry,
    ) -> None:
        self._name = name
        self._documentation = documentation
        self._bounds = np.array(buckets, np.float64)
        # Replaced as a whole, so that a reader never sees the counts without their sum.
        self._state = np.zeros(len(buckets) + 1, np.int64), 0.0
        registry.register(self)

    def observe(self, values: NDArray[np.float64]) -> None:
        """Count numbers; a bucket includes its bound."""
        counts, total = self._state
        places = self._bounds.searchsorted(values)
        self._state = counts + np.bincount(places, minlength=len(counts)), total + values.sum()

    def observe_delays(self, now: float, times: NDArray[np.int64] | NDArray[np.float64]) -> None:
        """Count the seconds that have passed since some times; 0 since those still to come."""
        self.observe(np.maximum(now - times, 0.0))

    def collect(self) -> Iterator[HistogramMetricFamily]:
        """Yield the metric."""
        counts, total = self._state
        bounds = [*(str(float(bound)) for bound in self._bounds), "+Inf"]
        yield HistogramMetricFamily(
            self._name,
            self._documentation,
            buckets=list(zip(bounds, counts.cumsum().tolist(), strict=True)),
            sum_value=float(total),
        )

    # So that the registry knows the name and refuses a second metric of it.
    describe = collect
