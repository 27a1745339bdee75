"""Spin visits every state of the model of the commit protocol, and faults without a part of it."""

import subprocess
from pathlib import Path

import pytest

from testkit import spin_install

pytestmark = pytest.mark.real_spin

MODEL = Path(__file__).with_name("commit_protocol.pml")
MAX_DEPTH = 1_000_000

FAULTS = {
    "BLIND_OFFSETS": "assertion violated (stored[",
    "NO_EPOCH": "assertion violated is_fenced",
    "OFFSETS_APART": "assertion violated ((((stored[",
}
"""What the checker finds without a part of the protocol: a message that is stored twice, an
instance that stops although another one has stored its batch, and a message that is lost."""


def check(folder: Path, *definitions: str) -> str:
    """Check the model with these definitions, and return what the checker prints.

    Args:
        folder: Where the checker is written.
        definitions: Names, with values after an equals sign.
    """
    named = [f"-D{each}" for each in definitions]
    run(folder, str(spin_install.program()), *named, "-a", str(MODEL))
    run(folder, "gcc", "-O2", "-w", "-DSAFETY", "-DCOLLAPSE", "-o", "checker", "pan.c")
    return run(folder, "./checker", f"-m{MAX_DEPTH}")


def run(folder: Path, *command: str) -> str:
    """Run a command to its end."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def assert_holds(printed: str) -> None:
    """Check that all states were visited, and that everything asserted holds in each of them."""
    assert "errors: 0" in printed, printed
    assert "Search not completed" not in printed
    assert "max search depth too small" not in printed


@pytest.mark.timeout(300)
def test_each_message_is_stored_once_whatever_one_fault_interrupts(tmp_path: Path) -> None:
    """With two instances, two partitions, and claims at any step."""
    assert_holds(check(tmp_path))


@pytest.mark.nightly
@pytest.mark.timeout(1_200)
def test_each_message_is_stored_once_whatever_two_faults_interrupt(tmp_path: Path) -> None:
    """Some nine million states."""
    assert_holds(check(tmp_path, "FAULTS=2"))


@pytest.mark.parametrize("part", FAULTS)
def test_each_part_of_the_protocol_is_needed(tmp_path: Path, part: str) -> None:
    """The checker finds what goes wrong without it, so what it does not find is not there."""
    printed = check(tmp_path, part, "FAULTS=2")
    assert "errors: 1" in printed
    assert FAULTS[part] in printed
