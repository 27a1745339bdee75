"""Every reader of foreign bytes refuses what it cannot use; by night, coverage leads the way."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testkit.services import ROOT
from tests.fuzz.targets import make_targets

TARGETS = make_targets()
CORPUS = Path(__file__).with_name("corpus")
SECONDS = int(os.environ.get("FUZZ_SECONDS", "3600"))
"""How long each target is fuzzed by night."""

MAX_INPUT_BYTES, MAX_INPUT_SECONDS, MAX_MEMORY_MB = 65_536, 5, 2_048

NESTED = [opening * 100_000 for opening in (b"[", b'{"a":', b'[{"a":')]

ATHERIS = "atheris==3.0.0"

each_target = pytest.mark.parametrize("name", TARGETS)


@each_target
def test_samples_and_their_beginnings_are_read_or_refused(name: str) -> None:
    """The corpus has at least one sample that is accepted or refused for its content."""
    samples = [path.read_bytes() for path in sorted((CORPUS / name).iterdir())]
    assert samples
    for sample in samples:
        for end in {0, 1, len(sample) // 2, len(sample) - 1, len(sample)}:
            TARGETS[name].try_out(sample[:end])


@each_target
def test_nesting_without_end_is_refused(name: str) -> None:
    """It costs neither the stack nor the process."""
    for data in NESTED:
        TARGETS[name].try_out(data)


@each_target
@given(data=st.binary(max_size=512))
def test_any_bytes_are_read_or_refused(name: str, data: bytes) -> None:
    """Nothing but the refusals that the reader documents is raised."""
    TARGETS[name].try_out(data)


@pytest.fixture(scope="session")
def atheris(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install atheris, which is for Linux on x86-64 only, into a folder of its own."""
    folder = tmp_path_factory.mktemp("atheris")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target"]
    done = subprocess.run(
        [*command, str(folder), ATHERIS], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        pytest.skip(f"{ATHERIS} cannot be installed: {done.stderr.strip()[-200:]}")
    return folder


@pytest.mark.nightly
@pytest.mark.timeout(SECONDS + 300)
@each_target
def test_coverage_leads_to_no_fault(name: str, atheris: Path, tmp_path: Path) -> None:
    """An hour each, beginning with the corpus; what it finds is printed as libFuzzer prints it."""
    found = tmp_path / "found"
    found.mkdir()
    command = [
        *(sys.executable, "-m", "tests.fuzz.fuzzer", name, str(found), str(CORPUS / name)),
        *(f"-max_total_time={SECONDS}", f"-timeout={MAX_INPUT_SECONDS}"),
        *(f"-max_len={MAX_INPUT_BYTES}", f"-rss_limit_mb={MAX_MEMORY_MB}"),
        f"-artifact_prefix={tmp_path}/",
    ]
    environment = os.environ | {"PYTHONPATH": f"{atheris}:{ROOT}"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-4_000:]
