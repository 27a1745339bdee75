"""`python -m collector check` against the simulator: what a user sees before the first poll."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from testkit.collector_process import environment, simulator
from testkit.services import ROOT

DATE_SECONDS = 2
"""HTTP's Date is of whole seconds, and the simulator's server writes it once a second."""

AREAS = "[{name: alps, lamin: 45, lomin: 5, lamax: 48, lomax: 11}]"


@pytest.fixture(scope="module")
def opensky(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of a simulator."""
    with simulator(tmp_path_factory.mktemp("simulator")) as address:
        yield address


def run_check(folder: Path, **settings: str) -> "subprocess.CompletedProcess[str]":
    clean = {name: value for name, value in os.environ.items() if "OPENSKY" not in name}
    return subprocess.run(
        [sys.executable, "-m", "collector", "check"],
        cwd=folder,
        env={**clean, "PYTHONPATH": str(ROOT), **settings},
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_shows_credits_pace_and_clock(opensky: str, tmp_path: Path) -> None:
    """No broker is needed."""
    started_at = time.monotonic()
    done = run_check(tmp_path, **environment(opensky, "localhost:9"))
    seconds = time.monotonic() - started_at
    assert done.returncode == 0, done.stdout + done.stderr
    assert "credentials  client simulator" in done.stdout
    assert "area         the globe: 4 credits a request" in done.stdout
    assert "of 345,600" in done.stdout
    assert "credits left" in done.stdout
    offset = re.search(r"clock        this host's differs by ([+-]\d+) s", done.stdout)
    assert offset is not None, done.stdout
    assert -1 <= int(offset[1]) <= DATE_SECONDS + round(seconds)
    assert done.stdout.endswith("Nothing needs attention.\n")


def test_it_shows_what_areas_cost_without_an_account(opensky: str, tmp_path: Path) -> None:
    settings = environment(opensky, "localhost:9") | {"OPENSKY_AREAS": AREAS}
    del settings["OPENSKY_CLIENT_ID"], settings["OPENSKY_CLIENT_SECRET"]
    del settings["OPENSKY_CREDITS_PER_DAY"]
    done = run_check(tmp_path, **settings)
    assert "credentials  none: anonymous access" in done.stdout, done.stderr
    assert "area         alps, 45 to 48 N, 5 to 11 E: 1 credit a request" in done.stdout
    assert "credits a day of 400" in done.stdout


def test_wrong_credentials_are_named(opensky: str, tmp_path: Path) -> None:
    settings = environment(opensky, "localhost:9") | {"OPENSKY_CLIENT_SECRET": "wrong"}
    done = run_check(tmp_path, **settings)
    assert done.returncode == 1
    assert "OpenSky      " in done.stdout
    assert "Nothing needs attention" not in done.stdout
    assert "wrong" not in done.stdout + done.stderr


def test_an_address_that_does_not_answer_is_named(tmp_path: Path) -> None:
    done = run_check(tmp_path, OPENSKY_API_URL="http://127.0.0.1:9/api")
    assert done.returncode == 1
    assert "OpenSky      http://127.0.0.1:9/api/states/all: " in done.stdout


def test_an_address_that_is_none_is_refused(tmp_path: Path) -> None:
    done = run_check(tmp_path, OPENSKY_API_URL="opensky")
    assert done.returncode == 2
    assert "not a URL" in done.stderr
