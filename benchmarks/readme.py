"""Writes the figures of the newest full runs into README.md and pages of docs, or checks them.

`python -m benchmarks.readme` writes. `--check` fails if there is something to write: a figure that
is not that of the result, or code that has changed since it was measured and is not named there.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from benchmarks import sizing
from benchmarks.measured_code import MEASURED, changed_folders
from benchmarks.report import RESULTS

_README = Path(__file__).with_name("README.md")
_HEADING = "## Latest numbers\n"
_DOCS = Path(__file__).parents[1] / "docs"
_STREAM, _SCALING = _DOCS / "stream.md", _DOCS / "scaling.md"
_WHOLE_FROM = 1_000
"""Values from here on are shown without decimals, smaller ones with three digits."""


def main() -> int:
    """Write the documents; with `--check` say instead which ones differ, and return 1 then."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.readme", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    if not parser.parse_args().check:
        refresh()
        return 0
    outdated = [file.name for file, text in _documents() if file.read_text() != text]
    if outdated:
        print(
            f"{' and '.join(outdated)}: not the figures of benchmarks/results, or the measured "
            "code has changed since; `python -m benchmarks.readme` writes what is true",
            file=sys.stderr,
        )
    return 1 if outdated else 0


def refresh() -> None:
    """Write the figures of every benchmark with a full run."""
    for file, text in _documents():
        file.write_text(text)


def _documents() -> Iterator[tuple[Path, str]]:
    """Give each document with the text that it should have."""
    found = {
        name: json.loads(path.read_text())
        for name in MEASURED
        if (path := RESULTS / f"{name}.json").exists()
    }
    before, heading, _ = _README.read_text().partition(_HEADING)
    yield _README, before + heading + "\n" + "\n".join(_lines(found.values())) + "\n"
    if "wire" in found:
        yield _STREAM, _with_table(_STREAM.read_text(), "wire", found["wire"]["markdown"])
    if found.keys() >= set(sizing.NEEDED):
        text = _with_table(_SCALING.read_text(), "sizing", sizing.sizing_table(found))
        yield _SCALING, _with_table(text, "scaling", found["scaling"]["markdown"])


def _with_table(text: str, name: str, table: list[str]) -> str:
    """Put the table between the two marks of its name, where the document has them."""
    before, begin, rest = text.partition(f"<!-- benchmarks/{name} -->\n")
    _, end, after = rest.partition(f"<!-- end of benchmarks/{name} -->\n")
    if not (begin and end):
        return text
    return "\n".join([before + begin, *table, "", end + after])


def _lines(results: Iterable[dict[str, Any]]) -> Iterator[str]:
    for result in results:
        machine = result["machine"]
        yield (
            f"`{result['benchmark']}`, {result['date'][:10]}, revision {result['revision']}: "
            f"{machine['cores']} cores of {machine['cpu']}, {machine['memory_gib']:.0f} GiB, "
            f"Python {machine['python']}, Kafka {machine['kafka']}; load average before it "
            f"{result['load_average_before']}."
        )
        if changed := changed_folders(result["benchmark"], result.get("measured")):
            yield f"Changed since it was measured: {', '.join(f'`{name}`' for name in changed)}."
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


if __name__ == "__main__":
    sys.exit(main())
