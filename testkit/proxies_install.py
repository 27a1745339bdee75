"""Install nginx, HAProxy and Caddy into the cache, out of Debian's packages, without root."""

from pathlib import Path

from testkit import debian_packages
from testkit.cache import PartUnavailableError, cache_dir, installing

_REMEDY = "install the proxies with `python -m testkit.install`"

# The proxies, and the shared libraries that they load.
_PACKAGES = (
    *("nginx", "haproxy", "caddy", "libc6", "libcrypt1", "libpcre2-8-0", "libssl3t64", "zlib1g"),
    *("libzstd1", "liblua5.4-0", "libgcc-s1", "libstdc++6", "libopentracing-c-wrapper0t64"),
    *("libopentracing1", "libjemalloc2"),
)

_FOLDERS = ("usr/sbin", "usr/bin")


def program(name: str) -> Path:
    """One of `nginx`, `haproxy` and `caddy`, once they are installed."""
    [found] = [path for folder in _FOLDERS if (path := _target() / folder / name).exists()]
    return found


def unavailable_reason() -> str | None:
    """Why the proxies cannot be started here, with the remedy; None if they can."""
    if unsuitable := debian_packages.unsuitable_machine("nginx"):
        return unsuitable
    return None if _target().exists() else f"the proxies are not in {_target()}: {_REMEDY}"


def install() -> Path:
    """Install the proxies unless they are installed, and give their folder.

    Raises:
        PartUnavailableError: The machine is not suitable, or its mirror does not answer.
    """
    if unsuitable := debian_packages.unsuitable_machine("nginx"):
        raise PartUnavailableError(unsuitable)
    with installing(_target()) as folder:
        if folder is not None:
            debian_packages.unpack(folder, _PACKAGES)
            for programs in _FOLDERS:
                debian_packages.wrap_programs(folder / programs, root=_target())
    return _target()


def _target() -> Path:
    return cache_dir() / f"proxies-debian-{debian_packages.SUITE}"
