"""Runs the fault experiments with seeds, and keeps what they showed: `make faults SEED=7`."""

import argparse
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from testkit.fault_record import read_records
from testkit.revision import revision
from testkit.services import ROOT
from tests.faults.experiments import EXPERIMENTS, Experiment

RESULTS = Path(__file__).with_name("results.json")
_ALL_PASSED, _NONE_CHOSEN = 0, 5
"""Exit statuses of pytest."""

_EPILOG = """\
Each experiment runs on real Apache Kafka and TimescaleDB (`python -m testkit.install`). A run with
another seed breaks things at other moments. The results of the experiments that ran replace theirs
in tests/faults/results.json after each seed, so Ctrl-C keeps those that are done, and
`python -m tests.faults.reliability_page` writes the table of docs/reliability.md from it.
Exit status: 0 if every test passed, 1 if one failed, 130 after Ctrl-C.
"""


class Run(NamedTuple):
    """What one test showed with one seed."""

    test: str
    outcome: str
    """`passed`, `failed` or `skipped`."""
    records: list[dict[str, Any]]


def main() -> int:
    """Run the chosen experiments once with each seed; Ctrl-C ends them."""
    options = _parser().parse_args()
    try:
        return _run_all(options)
    except KeyboardInterrupt:
        sys.stderr.write(f"interrupted: {RESULTS.name} has the seeds that are done\n")
        return 128 + signal.SIGINT


def _run_all(options: argparse.Namespace) -> int:
    seeds = range(options.seed, options.seed + options.seeds)
    has_failed = False
    for each in options.experiments:
        for result in _results(each, seeds, options.workers):
            keep(result)
            has_failed = has_failed or bool(result["failed"])
    return 1 if has_failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.faults.programme",
        description="Break every part of the pipeline, and account for every message.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--seed", type=int, default=random.randrange(1, 10**6), help="the first one; random without"
    )
    parser.add_argument("--seeds", type=int, default=1, help="how many, from --seed on (1)")
    parser.add_argument(
        "--experiments",
        type=choose,
        default=EXPERIMENTS,
        help="some only, such as F1,F3; all without",
    )
    parser.add_argument("--workers", default="2", help="tests at the same time (2)")
    return parser


def choose(names: str) -> list[Experiment]:
    """Return the experiments with these names, which commas separate.

    Raises:
        argparse.ArgumentTypeError: There is no experiment of one of the names.
    """
    known = {each.name: each for each in EXPERIMENTS}
    if unknown := [name for name in names.split(",") if name not in known]:
        raise argparse.ArgumentTypeError(
            f"{', '.join(unknown)}: no such experiment; there are {', '.join(known)}"
        )
    return [known[name] for name in names.split(",")]


def _results(
    experiment: Experiment, seeds: Sequence[int], workers: str
) -> Iterator[dict[str, Any]]:
    """Run one experiment with every seed; yield after each what it has shown until then."""
    tested = revision(except_in=str(RESULTS.relative_to(ROOT)))
    runs: list[Run] = []
    for number, seed in enumerate(seeds, start=1):
        started = time.monotonic()
        some = _run(experiment, seed, workers)
        runs += some
        sys.stdout.write(
            f"{experiment.name} seed {seed} ({number} of {len(seeds)}): {_count(some)}"
            f" after {time.monotonic() - started:.0f} s\n"
        )
        sys.stdout.flush()
        yield {
            "experiment": experiment.name,
            "date": datetime.now(UTC).strftime("%Y-%m-%d"),
            "revision": tested,
            "seeds": list(seeds[:number]),
            **sum_up(runs),
        }


def _count(runs: Iterable[Run]) -> str:
    outcomes = [run.outcome for run in runs]
    return ", ".join(f"{outcomes.count(each)} {each}" for each in sorted(set(outcomes)))


def _run(experiment: Experiment, seed: int, workers: str) -> list[Run]:
    """Run the tests of an experiment: those that share the machine, then those that do not."""
    together = _pytest(experiment, seed, "not nightly and not alone", "--numprocesses", workers)
    runs = together + _pytest(experiment, seed, "not nightly and alone")
    return runs or [Run(f"no test of {experiment.name} has run", "failed", [])]


def _pytest(experiment: Experiment, seed: int, marked: str, *options: str) -> list[Run]:
    with tempfile.TemporaryDirectory(prefix="faults-") as name:
        report = Path(name) / "report.xml"
        command = [
            *(sys.executable, "-m", "pytest", "-q", "-m", marked, f"--junitxml={report}"),
            *("-o", "junit_logging=system-out", *options, *experiment.tests),
        ]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=os.environ | {"FAULT_SEED": str(seed)},
            capture_output=True,
            text=True,
            check=False,
        )
        runs = list(read_report(report)) if report.exists() else []
    if done.returncode in {_ALL_PASSED, _NONE_CHOSEN}:
        return runs
    sys.stdout.write(done.stdout + done.stderr)
    if not any(run.outcome == "failed" for run in runs):
        runs.append(Run(f"pytest ended with status {done.returncode}", "failed", []))
    return runs


def read_report(report: Path) -> Iterator[Run]:
    """Yield the tests of pytest's report."""
    for case in ET.parse(report).getroot().iter("testcase"):  # noqa: S314 - pytest wrote it
        kinds = {child.tag for child in case}
        outcome = "passed"
        if kinds & {"failure", "error"}:
            outcome = "failed"
        elif "skipped" in kinds:
            outcome = "skipped"
        output = case.findtext("system-out") or ""
        yield Run(f"{case.get('classname')}.{case.get('name')}", outcome, [*read_records(output)])


def sum_up(runs: Sequence[Run]) -> dict[str, Any]:
    """Return the numbers of one experiment; messages and rows are those of all its accounts."""
    records = [record for run in runs for record in run.records]
    accounts = [record for record in records if "published" in record]
    recoveries = [record["recovery_s"] for record in records if "recovery_s" in record]
    return {
        "runs": sum(run.outcome != "skipped" for run in runs),
        "failed": sorted(run.test for run in runs if run.outcome == "failed"),
        "skipped": sorted({run.test for run in runs if run.outcome == "skipped"}),
        "faults": sum(record.get("faults", 0) for record in records),
        "accounts": len(accounts),
        **{
            name: sum(each[name] for each in accounts)
            for name in ("records", "published", "rows", "dead_letters", "repeated")
        },
        "recovery_median_s": statistics.median(recoveries) if recoveries else None,
        "recovery_worst_s": max(recoveries, default=None),
    }


def keep(result: dict[str, Any]) -> None:
    """Replace the result of one experiment; the others keep theirs."""
    kept = {each["experiment"]: each for each in read_results()}
    kept[result["experiment"]] = result
    ordered = [kept[each.name] for each in EXPERIMENTS if each.name in kept]
    RESULTS.write_text(json.dumps(ordered, indent=1) + "\n")


def read_results() -> list[dict[str, Any]]:
    """Return what was kept; nothing before the first run."""
    return list(json.loads(RESULTS.read_text())) if RESULTS.exists() else []


if __name__ == "__main__":
    sys.exit(main())
