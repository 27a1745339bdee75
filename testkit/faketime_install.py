"""Install libfaketime into the cache, out of Debian's packages: a wrong clock for one process."""

from pathlib import Path

from testkit import debian_packages
from testkit.cache import PartUnavailableError, cache_dir, installing

_LIBRARY = f"{debian_packages.LIBRARIES}/faketime/libfaketime.so.1"
_REMEDY = "install libfaketime with `python -m testkit.install`"


def environment(offset: str) -> dict[str, str]:
    """Return the variables that set the clock of a process ahead or back, such as by `+40d`.

    Its monotonic clock stays as it is: timers go on.
    """
    return {
        "LD_PRELOAD": str(_target() / _LIBRARY),
        "FAKETIME": offset,
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


def unavailable_reason() -> str | None:
    """Why no clock can be set wrong here, with the remedy; None if it can."""
    if unsuitable := debian_packages.unsuitable_machine("libfaketime"):
        return unsuitable
    return None if _target().exists() else f"libfaketime is not in {_target()}: {_REMEDY}"


def install() -> Path:
    """Install libfaketime unless it is installed, and give its folder.

    Raises:
        PartUnavailableError: The machine is not suitable, or its mirror does not answer.
    """
    if unsuitable := debian_packages.unsuitable_machine("libfaketime"):
        raise PartUnavailableError(unsuitable)
    with installing(_target()) as folder:
        if folder is not None:
            # Loaded into programs of this machine, so it has to be of the same release.
            debian_packages.unpack(folder, ["libfaketime"], suite=debian_packages.own_suite())
    return (_target() / _LIBRARY).parent


def _target() -> Path:
    return cache_dir() / f"libfaketime-debian-{debian_packages.own_suite()}"
