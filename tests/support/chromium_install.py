"""Make Chromium usable: the one on the PATH, else Debian's package, installed by root.

Playwright's own builds would be another download and run on fewer systems than Debian's.
"""

import os
import platform
import shutil
import subprocess
from pathlib import Path

from tests.support.cache import PartUnavailableError

_PROGRAM = "chromium"
# A browser without any font draws no text at all.
_PACKAGES = (_PROGRAM, "fonts-dejavu-core")
_INSTALL_TIMEOUT_S = 600.0
_LOCK_TIMEOUT_S = 120
_REMEDY = "install it as root with `apt-get install chromium`, or put a `chromium` on the PATH"


def program() -> Path | None:
    """The program on the PATH; None if there is none."""
    found = shutil.which(_PROGRAM)
    return None if found is None else Path(found)


def unavailable_reason() -> str | None:
    """Why Chromium cannot be started here, with the remedy; None if it can."""
    return None if program() else f"Chromium is not on the PATH: {_REMEDY}"


def install() -> Path:
    """Install Chromium unless it is there, and give the folder of its program.

    Raises:
        PartUnavailableError: This machine does not let us, or its mirror does not answer.
    """
    if program() is None:
        if unsuitable := _unsuitable_machine():
            raise PartUnavailableError(unsuitable)
        _run_apt("update")
        _run_apt("install", "--yes", "--no-install-recommends", *_PACKAGES)
    installed = program()
    if installed is None:
        raise PartUnavailableError(f"Debian's package has put no Chromium on the PATH: {_REMEDY}")
    return installed.parent


def _unsuitable_machine() -> str | None:
    if not _is_debian() or shutil.which("apt-get") is None:
        return f"Chromium is installed out of Debian's packages, and this is no Debian: {_REMEDY}"
    if os.geteuid() != 0:
        return f"Chromium is installed by root only: {_REMEDY}"
    return None


def _is_debian() -> bool:
    try:
        return platform.freedesktop_os_release().get("ID") == "debian"
    except OSError:
        return False


def _run_apt(*arguments: str) -> None:
    command = ["apt-get", "--quiet", "-o", f"DPkg::Lock::Timeout={_LOCK_TIMEOUT_S}", *arguments]
    try:
        done = subprocess.run(
            command,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_INSTALL_TIMEOUT_S,
        )
    except subprocess.TimeoutExpired as error:
        raise PartUnavailableError(
            f"`apt-get {arguments[0]}` was not done after {_INSTALL_TIMEOUT_S:.0f} s:"
            " check the network and try again"
        ) from error
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.startswith("E:")]
        raise PartUnavailableError(
            f"`apt-get {arguments[0]}` failed ({(lines or ['no message'])[0]}):"
            " check the network and the mirror in apt's configuration, then try again"
        )
