"""Make Chromium and Firefox usable: those on the PATH, else Debian's packages, installed by root.

Playwright's own builds would be another download and run on fewer systems than Debian's.
"""

import os
import platform
import shutil
from pathlib import Path
from typing import NamedTuple

from testkit.apt import run_apt
from testkit.cache import PartUnavailableError

_WAIT = ("-o", "DPkg::Lock::Timeout=120")
"""For another apt to end, such as that of a machine which has just started."""


class InstalledBrowser(NamedTuple):
    """A browser, whether or not it is installed here."""

    name: str
    programs: tuple[str, ...]
    """The one that is preferred comes first."""
    packages: tuple[str, ...]
    """Debian's, without a font a browser draws no text at all."""
    also_needed: tuple[str, ...] = ()
    """Other programs that have to be on the PATH."""

    def program(self) -> Path | None:
        """Return the program on the PATH; None if it, or what else is needed, is not there."""
        found = next(filter(None, map(shutil.which, self.programs)), None)
        is_usable = found is not None and all(map(shutil.which, self.also_needed))
        return Path(found) if found is not None and is_usable else None

    def required_program(self) -> Path:
        """Return the program on the PATH.

        Raises:
            PartUnavailableError: It cannot be started here.
        """
        program = self.program()
        if program is None:
            raise PartUnavailableError(self.unavailable_reason())
        return program

    def unavailable_reason(self) -> str | None:
        """Return why it cannot be started here, with the remedy; None if it can."""
        return None if self.program() else f"{self.name} is not on the PATH: {self._remedy()}"

    def install(self) -> Path:
        """Install it unless it is there, and return its program.

        Raises:
            PartUnavailableError: This machine does not let us, or its mirror does not answer.
        """
        if self.program() is None:
            if unsuitable := self._unsuitable_machine():
                raise PartUnavailableError(unsuitable)
            run_apt(*_WAIT, "update")
            run_apt(*_WAIT, "install", "--yes", "--no-install-recommends", *self.packages)
        installed = self.program()
        if installed is None:
            raise PartUnavailableError(
                f"Debian's package has put no {self.name} on the PATH: {self._remedy()}"
            )
        return installed

    def _unsuitable_machine(self) -> str | None:
        if not _is_debian() or shutil.which("apt-get") is None:
            return (
                f"{self.name} is installed out of Debian's packages, and this is no Debian: "
                f"{self._remedy()}"
            )
        if os.geteuid() != 0:
            return f"{self.name} is installed by root only: {self._remedy()}"
        return None

    def _remedy(self) -> str:
        names = (self.programs[-1], *self.also_needed)
        on_the_path = " and ".join(f"`{name}`" for name in names)
        return (
            f"as root `apt-get install {' '.join(self.packages)}`, or put {on_the_path} on the PATH"
        )


# The headless shell, which is Chromium without windows, takes half of the time to open a page.
CHROMIUM = InstalledBrowser(
    "Chromium",
    programs=("chromium-headless-shell", "chromium"),
    packages=("chromium-headless-shell", "fonts-dejavu-core"),
)

# Without a screen Firefox has no WebGL; Mesa draws it on a machine without a graphics card.
FIREFOX = InstalledBrowser(
    "Firefox",
    programs=("firefox-esr", "firefox"),
    packages=("firefox-esr", "xvfb", "libegl1", "libgl1-mesa-dri", "fonts-dejavu-core"),
    also_needed=("Xvfb",),
)


def _is_debian() -> bool:
    try:
        return platform.freedesktop_os_release().get("ID") == "debian"
    except OSError:
        return False
