"""Install PgBouncer into the cache, out of Debian's packages, without root and without Docker."""

from pathlib import Path

from testkit import debian_packages
from testkit.cache import PartUnavailableError, cache_dir, installing

_PROGRAMS = "usr/sbin"
_REMEDY = "install PgBouncer with `python -m testkit.install`"

# The pooler, and the shared libraries that it loads.
_PACKAGES = (
    *("pgbouncer", "libc6", "libevent-2.1-7t64", "libcares2", "libssl3t64", "libsystemd0"),
    *("libpam0g", "libaudit1", "libcap-ng0", "libcap2", "libldap2", "libsasl2-2", "libzstd1"),
    *("zlib1g", "libgcc-s1"),
)


def program() -> Path:
    """The program once it is installed."""
    return _target() / _PROGRAMS / "pgbouncer"


def unavailable_reason() -> str | None:
    """Why PgBouncer cannot be started here, with the remedy; None if it can."""
    if unsuitable := debian_packages.unsuitable_machine("PgBouncer"):
        return unsuitable
    return None if _target().exists() else f"PgBouncer is not in {_target()}: {_REMEDY}"


def install() -> Path:
    """Install PgBouncer unless it is installed, and give the folder of its program.

    Raises:
        PartUnavailableError: The machine is not suitable, or its mirror does not answer.
    """
    if unsuitable := debian_packages.unsuitable_machine("PgBouncer"):
        raise PartUnavailableError(unsuitable)
    with installing(_target()) as folder:
        if folder is not None:
            debian_packages.unpack(folder, _PACKAGES)
            debian_packages.wrap_programs(folder / _PROGRAMS, root=_target())
    return program().parent


def _target() -> Path:
    return cache_dir() / f"pgbouncer-debian-{debian_packages.SUITE}"
