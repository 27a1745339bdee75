"""Run apt-get, and say in a sentence why it failed."""

import os
import subprocess
from pathlib import Path

from testkit.cache import PartUnavailableError

_TIMEOUT_S = 600.0


def run_apt(*arguments: str, folder: Path | None = None) -> None:
    """Run `apt-get` with options and a command, in a folder.

    Raises:
        PartUnavailableError: It failed, or was not done in ten minutes.
    """
    command = ["apt-get", "--quiet", *arguments]
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_TIMEOUT_S,
        )
    except subprocess.TimeoutExpired as error:
        raise PartUnavailableError(
            f"`{_shorten(arguments)}` was not done after {_TIMEOUT_S:.0f} s:"
            " check the network and try again"
        ) from error
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.startswith("E:")]
        raise PartUnavailableError(
            f"`{_shorten(arguments)}` failed ({(lines or ['no message'])[0]}):"
            " check the network and the mirror in apt's configuration, then try again"
        )


def _shorten(arguments: tuple[str, ...]) -> str:
    """Return the command without its options."""
    words = [word for word in arguments if word in {"update", "download", "install"}]
    return " ".join(("apt-get", *words))
