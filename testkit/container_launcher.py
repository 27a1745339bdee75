"""Turn this process into a command in a folder that it sees as its root; started by container.py.

It runs in a mount namespace of its own, so what it mounts ends with it.
"""

import ctypes
import json
import os
import signal
import subprocess
import sys
from typing import Any

# <linux/prctl.h>
_PR_SET_PDEATHSIG = 1


def main(description: dict[str, Any]) -> None:
    """Mount what the description names, enter its root and become its command."""
    root = description["root"]
    _mount("--bind", root, root)
    for name in ("proc", "dev"):
        _mount("--rbind", f"/{name}", f"{root}/{name}")
    for source, target in description["volumes"].items():
        _mount("--bind", source, f"{root}{target}")
        _mount("-o", "remount,bind,ro", f"{root}{target}")
    for target in description["tmpfs"]:
        _mount("-t", "tmpfs", "-o", "mode=1777", "tmpfs", f"{root}{target}")
    if description["is_read_only"]:
        _mount("-o", "remount,bind,ro", root)
    os.chroot(root)
    os.chdir(description["workdir"])
    _become(description["uid"])
    os.execvpe(description["command"][0], description["command"], description["environment"])  # noqa: S606 - it replaces this launcher


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)


def _become(uid: int | None) -> None:
    """Change to a user, unless this process was not root outside of its namespace."""
    if uid is not None:
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)
    # A change of user clears it.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
