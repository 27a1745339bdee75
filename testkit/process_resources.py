"""Reads the resources of a process from /proc."""

import os
import resource
from collections.abc import Iterator
from pathlib import Path

from testkit.processes import children_of

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")

# <man 5 proc>: utime, stime, cutime and cstime, counted from the field after the name.
_CPU_FIELDS = slice(11, 15)


def cpu_seconds(pid: int) -> float:
    """Return the processor time of a process with its children, also those that have ended."""
    return sum(_own_ticks(each) for each in _family(pid)) / _TICKS_PER_SECOND


def resident_kib(pid: int) -> int:
    """Return the memory of a process that is not shared with files: heap, stacks, arenas."""
    return _status(pid, "RssAnon")


def resident_with_files_kib(pid: int) -> int:
    """Return all memory of a process, with the pages of programs."""
    return _status(pid, "VmRSS")


def private_kib(pid: int) -> int:
    """Return the memory that ends with a process: all pages that it shares with no other."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))


def open_files(pid: int) -> int:
    """Return how many file descriptors a process holds."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def threads(pid: int) -> int:
    """Return how many threads a process has."""
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


def allow_open_files() -> None:
    """Raise the soft limit on open files to the hard limit, for one socket of each subscriber."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _family(pid: int) -> Iterator[int]:
    yield pid
    for child in children_of(pid):
        yield from _family(child)


def _own_ticks(pid: int) -> int:
    try:
        return sum(int(ticks) for ticks in _stat(pid)[_CPU_FIELDS])
    except (FileNotFoundError, ProcessLookupError):
        return 0


def _stat(pid: int) -> list[str]:
    # The name in parentheses may itself contain spaces and parentheses.
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _status(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))
