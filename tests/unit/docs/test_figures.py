"""The check of benchmarks/README.md fails for copied figures and for code that has changed."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[3]
_READ = (
    "benchmarks",
    "configuration",
    "docs",
    "kafka_client",
    "standalone",
    "telemetry",
    "testkit",
)
_MEASURED = ("processor/stream", "telemetry")
_RECORD = """\
import json, pathlib
from benchmarks.measured_code import digests
path = pathlib.Path("benchmarks/results/wire.json")
path.write_text(json.dumps(json.loads(path.read_text()) | {"measured": digests("wire")}))
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Give a copy of the benchmarks and of what `wire` measures, as if it had just been run."""
    ignored = shutil.ignore_patterns("__pycache__")
    for folder in dict.fromkeys((*_READ, *_MEASURED)):
        shutil.copytree(PROJECT / folder, tmp_path / folder, ignore=ignored)
    for result in (tmp_path / "benchmarks/results").iterdir():
        if result.name != "wire.json":
            result.unlink()
    _python(tmp_path, "-c", _RECORD)
    assert _python(tmp_path, "-m", "benchmarks.readme").returncode == 0
    assert _check(tmp_path) == ""
    assert "Changed since" not in (tmp_path / "benchmarks/README.md").read_text()
    return tmp_path


def _python(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


def _check(folder: Path) -> str:
    done = _python(folder, "-m", "benchmarks.readme", "--check")
    assert (done.returncode == 0) == (done.stderr == ""), done.stderr
    return done.stderr


def test_every_benchmark_says_what_it_measures() -> None:
    """Without it the benchmark would fail, and its figures would never be old."""
    compare = (
        "from benchmarks.__main__ import NAMES; from benchmarks.measured_code import MEASURED;"
        " print(set(NAMES) ^ set(MEASURED))"
    )
    assert _python(PROJECT, "-c", compare).stdout == "set()\n"


def test_changed_code_makes_figures_old(copy: Path) -> None:
    """The README has to say which folder was changed."""
    source = copy / "telemetry/codec.py"
    source.write_text(source.read_text() + "\n# slower\n")
    assert "README.md: not the figures" in _check(copy)
    _python(copy, "-m", "benchmarks.readme")
    assert _check(copy) == ""
    shown = (copy / "benchmarks/README.md").read_text()
    assert "Changed since it was measured: `telemetry`.\n" in shown


def test_figures_are_those_of_the_results(copy: Path) -> None:
    """A figure that is changed by hand in either place is found."""
    path = copy / "benchmarks/results/wire.json"
    result = json.loads(path.read_text())
    result["figures"][0]["median"] *= 2
    path.write_text(json.dumps(result))
    assert "README.md" in _check(copy)
