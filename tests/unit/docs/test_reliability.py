"""docs/reliability.md has the newest results, and its experiments are tests that exist."""

import argparse
import json
from pathlib import Path

import pytest

from testkit.services import ROOT
from tests.faults import programme
from tests.faults.experiments import EXPERIMENTS, Experiment
from tests.faults.reliability_page import PAGE, page

_REPORT = """\
<testsuites><testsuite>
<testcase classname="tests.faults.test_kill" name="test_it[2]"><system-out>
fault-record {"faults": 3}
fault-record {"recovery_s": 1.5}
fault-record {"faults": 1}
fault-record {"records": 9, "rows": 6, "dead_letters": 1, "published": 9, "repeated": 2}
</system-out></testcase>
<testcase classname="tests.faults.test_kill" name="test_b"><failure message="lost"/></testcase>
<testcase classname="tests.faults.test_kill" name="test_b"><failure message="lost"/></testcase>
<testcase classname="tests.faults.test_kill" name="test_c"><skipped/></testcase>
</testsuite></testsuites>
"""


def test_the_page_has_the_newest_results() -> None:
    text = PAGE.read_text()
    assert text == page(text), "run `python -m tests.faults.reliability_page`"


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda each: each.name)
def test_an_experiment_has_tests_and_a_promise(experiment: Experiment) -> None:
    assert all((ROOT / each).is_file() for each in experiment.tests)
    promises, _, _ = PAGE.read_text().partition("## Results")
    assert f"{experiment.name}," in promises or f"{experiment.name} |" in promises


def test_a_report_is_summed_up(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text(_REPORT)
    summed = programme.sum_up(list(programme.read_report(report)))
    assert summed == {
        "runs": 3,
        "failed": ["tests.faults.test_kill.test_b"] * 2,
        "skipped": ["tests.faults.test_kill.test_c"],
        "faults": 4,
        "accounts": 1,
        "records": 9,
        "published": 9,
        "rows": 6,
        "dead_letters": 1,
        "repeated": 2,
        "recovery_median_s": 1.5,
        "recovery_worst_s": 1.5,
    }


def test_a_misspelt_experiment_is_refused() -> None:
    assert [each.name for each in programme.choose("F3,F1")] == ["F3", "F1"]
    with pytest.raises(argparse.ArgumentTypeError, match="F99: no such experiment"):
        programme.choose("F1,F99")


def test_experiments_that_did_not_run_keep_their_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programme, "RESULTS", tmp_path / "results.json")
    first, second = (each.name for each in EXPERIMENTS[:2])
    programme.keep({"experiment": second, "runs": 1})
    programme.keep({"experiment": first, "runs": 1})
    programme.keep({"experiment": second, "runs": 2})
    kept = json.loads((tmp_path / "results.json").read_text())
    assert kept == [{"experiment": first, "runs": 1}, {"experiment": second, "runs": 2}]


def test_ctrl_c_keeps_the_seeds_that_are_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(_experiment: Experiment, seed: int, _workers: str) -> list[programme.Run]:
        if seed == 9:
            raise KeyboardInterrupt
        return [programme.Run("a test", "passed", [])]

    monkeypatch.setattr(programme, "RESULTS", tmp_path / "results.json")
    monkeypatch.setattr(programme, "_run", run)
    monkeypatch.setattr(programme, "revision", lambda except_in: f"all but {except_in}")
    monkeypatch.setattr(programme, "ROOT", tmp_path)
    monkeypatch.setattr("sys.argv", ["", "--seed", "7", "--seeds", "4", "--experiments", "F1"])
    assert programme.main() == 130
    (kept,) = programme.read_results()
    assert (kept["seeds"], kept["runs"]) == ([7, 8], 2)
