"""Writes the table of docs/reliability.md: `python -m tests.faults.reliability_page`."""

from typing import Any

from testkit.services import ROOT
from tests.faults.experiments import EXPERIMENTS, Experiment
from tests.faults.programme import read_results

PAGE = ROOT / "docs" / "reliability.md"

_BEGIN, _END = "<!-- results: begin -->\n", "<!-- results: end -->\n"
_HEAD = (
    "| | fault | what must hold | runs | failed | faults injected | messages accounted for |"
    " published twice | recovery, median and worst |\n|---|---|---|--:|--:|--:|--:|--:|--:|\n"
)


def page(text: str) -> str:
    """Return the page with the table of the newest results."""
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return before + _BEGIN + _table() + _END + after


def _table() -> str:
    results = {each["experiment"]: each for each in read_results()}
    return _HEAD + "".join(_row(each, results.get(each.name)) for each in EXPERIMENTS)


def _row(experiment: Experiment, result: dict[str, Any] | None) -> str:
    begin = (experiment.name, experiment.fault, experiment.holds)
    if result is None:
        return _cells(*begin, "not run", *[""] * 5)
    first, last = result["seeds"][0], result["seeds"][-1]
    seeds = f"seed {first}" if first == last else f"seeds {first} to {last}"
    runs = f"{result['runs']} ({seeds}; {result['date']}, {result['revision']})"
    messages = f"{result['records']:,}" if result["accounts"] else "-"
    repeated = f"{result['repeated']:,}" if result["accounts"] else "-"
    median, worst = result["recovery_median_s"], result["recovery_worst_s"]
    recovery = "-" if median is None else f"{median:.1f} s, {worst:.1f} s"
    faults, failed = f"{result['faults']:,}" if "faults" in result else "-", len(result["failed"])
    return _cells(*begin, runs, failed, faults, messages, repeated, recovery)


def _cells(*values: object) -> str:
    return f"| {' | '.join(map(str, values))} |\n"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text()))
