"""Whether a series of measurements rises: a line through it, and how certain that is."""

import math
from collections.abc import Sequence
from typing import NamedTuple


class Trend(NamedTuple):
    """Change for each unit of time, and its standard error."""

    slope: float
    error: float

    @property
    def at_most(self) -> float:
        """What the slope does not exceed, with a certainty of about 98 %."""
        return self.slope + 2 * self.error


def fit(times: Sequence[float], values: Sequence[float]) -> Trend:
    """Fit a line by least squares; errors of the values are taken to be independent."""
    count = len(times)
    mean_time, mean_value = sum(times) / count, sum(values) / count
    spread = sum((time - mean_time) ** 2 for time in times)
    pairs = list(zip(times, values, strict=True))
    slope = sum((time - mean_time) * (value - mean_value) for time, value in pairs) / spread
    residue = sum((value - mean_value - slope * (time - mean_time)) ** 2 for time, value in pairs)
    return Trend(slope, math.sqrt(residue / (count - 2) / spread))
