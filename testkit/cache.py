"""The cache folder where the real parts are installed, each exactly once and whole."""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

_NAME = "opensky-flight-monitor"


class PartUnavailableError(Exception):
    """A real part cannot be had on this machine; the message tells why and what to do."""


def are_parts_promised() -> bool:
    """Whether a missing part is a failure, not a reason to skip."""
    values = (os.environ.get(name, "") for name in ("CI", "REQUIRE_REAL_PARTS"))
    return any(value.lower() not in {"", "0", "false"} for value in values)


def cache_dir() -> Path:
    """The cache folder: of the machine for root, else of the user.

    Root's home is closed to the unprivileged user that a database server has to run as.
    """
    if os.geteuid() == 0:
        return Path("/var/cache") / _NAME
    configured = Path(os.environ.get("XDG_CACHE_HOME", ""))
    parent = configured if configured.is_absolute() else Path.home() / ".cache"
    return parent / _NAME


@contextlib.contextmanager
def installing(target: Path) -> Iterator[Path | None]:
    """Give a folder to install into, which becomes `target` if the block succeeds.

    Gives None when `target` is there already; a second process waits for the first.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with (target.parent / f"{target.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if target.exists():
            yield None
            return
        prefix = f"unfinished-{target.name}-"
        for left_by_a_killed_run in target.parent.glob(f"{prefix}*"):
            shutil.rmtree(left_by_a_killed_run, ignore_errors=True)
        unfinished = Path(tempfile.mkdtemp(prefix=prefix, dir=target.parent))
        try:
            yield unfinished
            open_to_all(target.parent)
            open_to_all(unfinished)
            unfinished.rename(target)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)


def open_to_all(folder: Path) -> None:
    """Let every user pass through `folder`: the database server is another user than root."""
    folder.chmod(folder.stat().st_mode | 0o755)
