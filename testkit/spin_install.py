"""Install Spin, which checks models, into the cache, out of Debian's packages."""

import shutil
from pathlib import Path

from testkit.debian_programs import DebianPrograms

_PROGRAMS = DebianPrograms(
    name="Spin", folder="spin", packages=("spin", "libc6"), programs=("usr/bin",)
)

install = _PROGRAMS.install


def unavailable_reason() -> str | None:
    """Return why no model can be checked here, with the remedy; None if it can."""
    if shutil.which("gcc") is None:
        return "no C compiler (gcc), which compiles what Spin writes"
    return _PROGRAMS.unavailable_reason()


def program() -> Path:
    """Return the program, once it is installed."""
    return _PROGRAMS.program("spin")
