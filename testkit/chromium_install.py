"""Make Chromium usable: the one on the PATH, else Debian's package, installed by root.

The headless shell, which is Chromium without windows, takes half of the processor's time to open a
page. Playwright's own builds would be another download and run on fewer systems than Debian's.
"""

import os
import platform
import shutil
from pathlib import Path

from testkit.apt import run_apt
from testkit.cache import PartUnavailableError

_HEADLESS_SHELL = "chromium-headless-shell"
_PROGRAMS = (_HEADLESS_SHELL, "chromium")
"""The one that is preferred comes first."""

# A browser without any font draws no text at all.
_PACKAGES = (_HEADLESS_SHELL, "fonts-dejavu-core")
_WAIT = ("-o", "DPkg::Lock::Timeout=120")
"""For another apt to end, such as that of a machine which has just started."""

_REMEDY = (
    f"install it as root with `apt-get install {_HEADLESS_SHELL}`, or put a `chromium` on the PATH"
)


def program() -> Path | None:
    """The program on the PATH; None if there is none."""
    found = next(filter(None, map(shutil.which, _PROGRAMS)), None)
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
        run_apt(*_WAIT, "update")
        run_apt(*_WAIT, "install", "--yes", "--no-install-recommends", *_PACKAGES)
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
