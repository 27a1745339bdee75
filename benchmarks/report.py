"""Summarizes the figures of a benchmark, prints them as a table and writes them as JSON."""

import json
import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).with_name("results")


class MeasurementError(Exception):
    """The measurement went wrong, so its figures would be meaningless."""


Progress = Callable[[str], None]
"""Takes a line about the step that has begun."""


@dataclass(frozen=True)
class Figure:
    """One measured quantity, with the value of every round.

    Attributes:
        name: What was measured.
        unit: Of the values; `ratio` for what is compared within one round.
        values: One for each round, poll or event.
        goal: What is wanted, in words.
    """

    name: str
    unit: str
    values: Sequence[float]
    goal: str = ""

    def summary(self) -> dict[str, Any]:
        """Return the values that are written as JSON."""
        return {
            "name": self.name,
            "unit": self.unit,
            "goal": self.goal,
            "rounds": len(self.values),
            "median": _rounded(statistics.median(self.values)),
            "p95": _rounded(percentile(self.values, 0.95)),
            "low": _rounded(min(self.values)),
            "high": _rounded(max(self.values)),
            "values": [_rounded(value) for value in self.values],
        }


@dataclass(frozen=True)
class Report:
    """The result of one benchmark.

    Attributes:
        figures: What is compared and has goals.
        details: What explains them.
        markdown: Lines of a table that says more than the figures.
    """

    figures: list[Figure]
    details: dict[str, Any] = field(default_factory=dict)
    markdown: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Options:
    """The options of a run."""

    is_quick: bool
    progress: Progress


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def ratios(over: Sequence[float], under: Sequence[float]) -> list[float]:
    """Divide round by round, so that other load on the machine affects both values."""
    return [one / other for one, other in zip(over, under, strict=True)]


def write(name: str, report: Report, run: dict[str, Any]) -> Path:
    """Write the results; a quick run does not replace those of a full run."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}{'.quick' if run['quick'] else ''}.json"
    content = {
        "benchmark": name,
        **run,
        "figures": [figure.summary() for figure in report.figures],
        "details": report.details,
        "markdown": report.markdown,
    }
    path.write_text(json.dumps(content, indent=2) + "\n")
    return path


def table(report: Report) -> str:
    """Return the figures as text for a terminal."""
    heading = ("", "median", "p95", "low", "high", "unit", "n", "goal")
    rows = [heading, *(_row(figure) for figure in report.figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(heading))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column in {0, 5, 7} else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def _row(figure: Figure) -> tuple[str, ...]:
    summary = figure.summary()
    numbers = [f"{summary[key]:,}" for key in ("median", "p95", "low", "high")]
    return (figure.name, *numbers, figure.unit, str(len(figure.values)), figure.goal)


def _rounded(value: float) -> float:
    """Round to four digits, since more would not be accurate."""
    if value == 0 or not math.isfinite(value):
        return value
    digits = 3 - math.floor(math.log10(abs(value)))
    return round(value, digits) if digits > 0 else float(round(value))
