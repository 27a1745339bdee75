"""Fits a line through measurements, and estimates how certain its slope is."""

import math
import statistics
from collections.abc import Sequence
from typing import NamedTuple


class Trend(NamedTuple):
    """The change of the values for each unit of the positions, and its standard error."""

    slope: float
    error: float

    @property
    def at_most(self) -> float:
        """The value that the slope does not exceed with a probability of about 98 %."""
        return self.slope + 2 * self.error


def fit(positions: Sequence[float], values: Sequence[float]) -> Trend:
    """Fit a line by least squares; the errors of the values are assumed to be independent."""
    line = statistics.linear_regression(positions, values)
    pairs = zip(positions, values, strict=True)
    residues = [value - line.slope * at - line.intercept for at, value in pairs]
    mean = statistics.fmean(positions)
    spread = sum((at - mean) ** 2 for at in positions)
    variance = sum(residue**2 for residue in residues) / (len(residues) - 2)
    return Trend(line.slope, math.sqrt(variance / spread))
