"""Kills processes with their children, as a crash does."""

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

_GONE_TIMEOUT_S = 10.0
_POLL_S = 0.01


def kill_with_children(server: subprocess.Popen[bytes]) -> None:
    """Kill `server` and its children with SIGKILL and wait until all are gone."""
    pids = [server.pid, *children_of(server.pid)]
    send_kill(*pids)
    server.wait()
    wait_until_gone(*pids)


def children_of(pid: int) -> list[int]:
    """The process ids of the children of `pid`, found in /proc."""
    stats = ((int(path.parent.name), _parent(path)) for path in Path("/proc").glob("[0-9]*/stat"))
    return [child for child, parent in stats if parent == pid]


def send_kill(*pids: int) -> None:
    """Send SIGKILL to processes; those that have ended already are skipped."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def is_alive(pid: int) -> bool:
    """Whether the process runs; a zombie does not."""
    try:
        return _state_and_parent(Path(f"/proc/{pid}/stat"))[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_until_gone(*pids: int, timeout_s: float = _GONE_TIMEOUT_S) -> None:
    """Wait until none of the processes runs.

    Raises:
        TimeoutError: some still run.
    """
    deadline = time.monotonic() + timeout_s
    while alive := [pid for pid in pids if is_alive(pid)]:
        if time.monotonic() > deadline:
            raise TimeoutError(f"processes {alive} still run after {timeout_s} s")
        time.sleep(_POLL_S)


def _parent(stat: Path) -> int | None:
    try:
        return int(_state_and_parent(stat)[1])
    except (FileNotFoundError, ProcessLookupError):
        return None


def _state_and_parent(stat: Path) -> list[str]:
    # The name in parentheses may itself contain spaces and parentheses.
    return stat.read_text().rpartition(")")[2].split()[:2]
