"""How fast something grows: a line by least squares, and how sure it is."""

import math
import statistics
from collections.abc import Sequence


def slope(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return the slope of the line through these points, and its standard error."""
    xs, ys = zip(*points, strict=True)
    fit = statistics.linear_regression(xs, ys)
    left = [y - fit.slope * x - fit.intercept for x, y in points]
    spread = sum((x - statistics.fmean(xs)) ** 2 for x in xs)
    variance = sum(error**2 for error in left) / (len(points) - 2)
    return fit.slope, math.sqrt(variance / spread)
