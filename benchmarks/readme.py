"""Writes the figures of the newest full runs into README.md and docs/stream.md."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.report import RESULTS

_README = Path(__file__).with_name("README.md")
_HEADING = "## Latest numbers\n"
_STREAM = Path(__file__).parents[1] / "docs" / "stream.md"
_BEGIN, _END = "<!-- benchmarks/wire -->\n", "<!-- end of benchmarks/wire -->\n"
_WHOLE_FROM = 1_000
"""Values from here on are shown without decimals, smaller ones with three digits."""


def refresh(names: Iterable[str]) -> None:
    """Write the figures of every benchmark with a full run."""
    found = {
        name: json.loads(path.read_text())
        for name in names
        if (path := RESULTS / f"{name}.json").exists()
    }
    before, heading, _ = _README.read_text().partition(_HEADING)
    _README.write_text(before + heading + "\n" + "\n".join(_lines(found.values())) + "\n")
    if "wire" in found:
        _refresh_stream(found["wire"]["markdown"])


def _refresh_stream(table: list[str]) -> None:
    """Write the table between the two marks, where the document has them."""
    before, begin, rest = _STREAM.read_text().partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if begin and end:
        _STREAM.write_text("\n".join([before + begin, *table, "", end + after]))


def _lines(results: Iterable[dict[str, Any]]) -> Iterator[str]:
    for result in results:
        machine = result["machine"]
        yield (
            f"`{result['benchmark']}`, {result['date'][:10]}, revision {result['revision']}: "
            f"{machine['cores']} cores of {machine['cpu']}, {machine['memory_gib']:.0f} GiB, "
            f"Python {machine['python']}, Kafka {machine['kafka']}; load average before it "
            f"{result['load_average_before']}."
        )
        yield from (
            "",
            "| | median | p95 | low | high | unit | rounds | goal |",
            "|---|--:|--:|--:|--:|---|--:|---|",
        )
        for figure in result["figures"]:
            numbers = [_shown(figure[key]) for key in ("median", "p95", "low", "high")]
            cells = [figure["name"], *numbers, figure["unit"], str(figure["rounds"])]
            yield f"| {' | '.join(cells)} | {figure['goal']} |"
        yield ""
        if result.get("markdown"):
            yield from (*result["markdown"], "")


def _shown(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= _WHOLE_FROM else f"{value:.3g}"
