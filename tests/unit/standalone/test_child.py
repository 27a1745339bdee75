"""A child process ends with its parent process, and not with the thread that asked for it."""

import signal
import subprocess
import sys
import threading
from pathlib import Path

from standalone.child import end_group, spawn
from testkit.processes import is_alive, wait_until_gone
from testkit.waiting import wait_until

_SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
_PARENT = """
import signal, sys, time
from standalone.child import spawn
print(spawn(sys.argv[1:], at_parent_death=signal.SIGKILL).pid, flush=True)
time.sleep(60)
"""


def test_child_ends_when_its_parent_is_killed() -> None:
    """However the parent ends, nothing stays behind."""
    command = [sys.executable, "-c", _PARENT, *_SLEEP]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert is_alive(child)
        parent.kill()
    wait_until_gone(child, timeout_s=5)


def test_child_outlives_the_thread_that_started_it() -> None:
    """Linux ties the signal to a thread; a worker thread may end at any time."""
    children: list[subprocess.Popen[bytes]] = []
    thread = threading.Thread(
        target=lambda: children.append(spawn(_SLEEP, at_parent_death=signal.SIGKILL))
    )
    thread.start()
    thread.join()
    [child] = children
    try:
        child.wait(0.5)
    except subprocess.TimeoutExpired:
        assert is_alive(child.pid)
    else:
        raise AssertionError(f"the child ended with status {child.returncode}")
    finally:
        child.kill()
        child.wait()


def test_child_writes_to_the_given_file(tmp_path: Path) -> None:
    """Both streams go to the log."""
    code = "import sys; print('out', flush=True); print('err', file=sys.stderr)"
    with (tmp_path / "log").open("wb") as output:
        child = spawn([sys.executable, "-c", code], at_parent_death=signal.SIGKILL, output=output)
    assert child.wait() == 0
    assert (tmp_path / "log").read_text().split() == ["out", "err"]


def test_end_group_kills_what_the_child_has_started(tmp_path: Path) -> None:
    """A program that runs others, as initdb does, leaves none of them behind."""
    grandchild = tmp_path / "pid"
    script = f"sleep 60 & echo $! > {grandchild}.new; mv {grandchild}.new {grandchild}; wait"
    process = spawn(["/bin/sh", "-c", script], at_parent_death=signal.SIGINT)
    wait_until(grandchild.exists, timeout_s=10, what="the child has started another")
    end_group(process)
    assert process.returncode == -signal.SIGKILL
    wait_until_gone(int(grandchild.read_text()), timeout_s=5)
