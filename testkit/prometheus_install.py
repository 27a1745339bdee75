"""Install Prometheus and promtool into the cache, out of Debian's packages, without root."""

from pathlib import Path

from testkit import debian_packages
from testkit.cache import PartUnavailableError, cache_dir, installing

_REMEDY = "install Prometheus with `python -m testkit.install`"

# The server with promtool, and the shared libraries that they load.
_PACKAGES = ("prometheus", "promtool", "libc6", "libgcc-s1")


def program(name: str) -> Path:
    """One of `prometheus` and `promtool`, once they are installed."""
    return _target() / "usr/bin" / name


def unavailable_reason() -> str | None:
    """Why Prometheus cannot be started here, with the remedy; None if it can."""
    if unsuitable := debian_packages.unsuitable_machine("prometheus"):
        return unsuitable
    return None if _target().exists() else f"Prometheus is not in {_target()}: {_REMEDY}"


def install() -> Path:
    """Install Prometheus unless it is installed, and give its folder.

    Raises:
        PartUnavailableError: The machine is not suitable, or its mirror does not answer.
    """
    if unsuitable := debian_packages.unsuitable_machine("prometheus"):
        raise PartUnavailableError(unsuitable)
    with installing(_target()) as folder:
        if folder is not None:
            debian_packages.unpack(folder, _PACKAGES)
            debian_packages.wrap_programs(folder / "usr/bin", root=_target())
    return _target()


def _target() -> Path:
    return cache_dir() / f"prometheus-debian-{debian_packages.SUITE}"
