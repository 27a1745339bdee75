"""How much freed memory a process keeps whose threads allocate one after the other."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
MIB = 1024
"""In KiB."""

# Each thread needs 40 MB for a moment, and keeps one block that was allocated last, so that glibc
# cannot return what lies before it.
SCRIPT = """
import os, sys, threading
from configuration.freed_memory import limit_freed_memory
from testkit.process_resources import resident_kib

def work(number):
    turns[number].wait()
    blocks = [bytes(4_000) for _ in range(10_000)]
    kept.append(bytes(4_000))
    del blocks
    turns[number + 1].set()
    turns[-1].wait()

if sys.argv[1] == "limited":
    limit_freed_memory()
turns, kept = [threading.Event() for _ in range(9)], []
threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
for thread in threads:
    thread.start()
before = resident_kib(os.getpid())
turns[0].set()
for thread in threads:
    thread.join()
print(resident_kib(os.getpid()) - before)
"""


def kept_kib(kind: str) -> int:
    """Return by how much the memory of such a process has grown."""
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT, kind], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return int(ended.stdout)


def test_threads_share_what_was_freed() -> None:
    """Without the limit each keeps its own, which shows that there is something to limit."""
    assert kept_kib("unlimited") > 200 * MIB
    assert kept_kib("limited") < 120 * MIB
