"""Start a child process that ends when its parent dies, however the parent dies."""

import contextlib
import ctypes
import functools
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from signal import Signals
from typing import IO

# <linux/prctl.h>
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class User:
    """The user and group that a child process runs as."""

    uid: int
    gid: int


def spawn(
    command: Sequence[str],
    *,
    at_parent_death: Signals,
    user: User | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    output: IO[bytes] | int = subprocess.DEVNULL,
) -> subprocess.Popen[bytes]:
    """Start `command` so that the kernel sends it `at_parent_death` when this process dies.

    It gets a session of its own, so that Ctrl-C in a terminal reaches only this process, which
    then stops its children in its own order. The signal needs Linux; elsewhere a child of a
    killed parent stays.

    Raises:
        OSError: the process could not be started.
    """
    identity = f"{user.uid}:{user.gid}" if user and os.geteuid() == 0 else ""
    launcher = [sys.executable, "-I", "-S", __file__]
    arguments = [str(int(at_parent_death)), str(os.getpid()), identity, *command]

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 - the command is the caller's, no shell
            [*launcher, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=env,
            cwd=cwd,
        )

    starting = _spawning_thread().submit(start)
    try:
        return starting.result()
    except BaseException:  # Ctrl-C while it starts: without its caller it would go on for ever
        end_group(starting.result())
        raise


def end_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a process that `spawn` started, and all that it has started itself.

    Only for processes that leave nothing half done which a later start does not clear away.
    """
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@functools.cache
def _spawning_thread() -> ThreadPoolExecutor:
    # Linux ties the signal to the thread that started the child: a worker thread that ends would
    # take a healthy server with it. This thread lives as long as the process.
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="spawn")


def _become(death_signal: int, parent_pid: int, identity: str, command: list[str]) -> None:
    """Turn this fresh interpreter into `command`.

    A launcher, because preexec_fn is not safe in a process with threads: librdkafka has some.
    """
    if identity:
        uid, gid = map(int, identity.split(":"))
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        # After setuid: a change of user clears the setting; exec keeps it.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, death_signal)
        if os.getppid() != parent_pid:
            sys.exit(f"parent process {parent_pid} died before {command[0]} was started")
    os.execv(command[0], command)  # noqa: S606 - replacing this launcher is its purpose


if __name__ == "__main__":
    _become(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:])
