"""A child ends when asked, is made to end when it does not, and leaves an obituary."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from standalone.children import Child
from standalone.errors import ChildDiedError
from standalone.stop_signals import StopSignals
from testkit.processes import wait_until_gone

STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
time.sleep(60)
"""
SLOW = """
import signal, sys, time
asked = []
def on_signal(*_):
    asked.append(1)
    if len(asked) == 2:
        sys.exit(0)
signal.signal(signal.SIGTERM, on_signal)
print("slow", flush=True)
while True:
    time.sleep(60)
"""
OBEDIENT = "import time; print('here', flush=True); time.sleep(60)"

Start = Callable[[str], Child]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Give a function that starts a child of some code and waits for its first word."""
    children: list[Child] = []

    def run(code: str) -> Child:
        (tmp_path / "played.py").write_text(code)
        child = Child("collector", tmp_path / "logs", at_parent_death=signal.SIGKILL)
        children.append(child)
        child.start(["played"], {**os.environ, "PYTHONPATH": str(tmp_path)})
        deadline = time.monotonic() + 10
        while not child.log.path.stat().st_size and child.is_running:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        return child

    yield run
    for child in children:
        assert child._process is not None
        child._process.kill()
        child._process.wait()


def test_child_that_obeys_ends_at_once(start: Start) -> None:
    """Nothing is waited for in vain."""
    child = start(OBEDIENT)
    child.check()
    began = time.monotonic()
    child.stop(StopSignals(), hurry_after_seconds=5)
    assert time.monotonic() - began < 2
    assert not child.is_running


def test_slow_child_is_asked_to_hurry(start: Start) -> None:
    """The services take a second signal for that."""
    child = start(SLOW)
    child.stop(StopSignals(), hurry_after_seconds=0.2)
    assert child._process is not None
    assert child._process.returncode == 0


def test_user_in_a_hurry_does_not_wait(start: Start) -> None:
    """The second Ctrl-C is handed on."""
    child = start(SLOW)
    signals = StopSignals()
    with signals.watched():
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
    began = time.monotonic()
    child.stop(signals, hurry_after_seconds=30)
    assert time.monotonic() - began < 2


def test_deaf_child_is_killed(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may not keep the command from ending."""
    monkeypatch.setattr("standalone.children._KILL_AFTER_HURRY_SECONDS", 0.2)
    child = start(STUBBORN)
    assert child._process is not None
    pid = child._process.pid
    child.stop(StopSignals(), hurry_after_seconds=0.1)
    wait_until_gone(pid, timeout_s=1)


def test_obituary_names_child_code_reason_and_log(start: Start) -> None:
    """All that the user needs, in one sentence."""
    child = start("import sys; sys.exit('the sky is closed')")
    child.wait()
    with pytest.raises(ChildDiedError) as caught:
        child.check()
    assert str(caught.value) == (
        f"the collector ended with exit code 1 (the sky is closed); its log is {child.log.path}"
    )


def test_killed_child_is_not_given_a_reason_of_which_it_knew_nothing(start: Start) -> None:
    """Its last line was about something else."""
    child = start(OBEDIENT)
    assert child._process is not None
    child._process.kill()
    child.wait()
    assert child.obituary().startswith("the collector ended with signal SIGKILL; its log is")


def test_child_that_was_not_started_is_no_trouble(tmp_path: Path) -> None:
    """The start may be interrupted anywhere."""
    child = Child("collector", tmp_path, at_parent_death=signal.SIGKILL)
    child.check()
    child.stop(StopSignals(), hurry_after_seconds=5)
    assert not child.is_running
