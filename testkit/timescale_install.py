"""Install TimescaleDB into the cache, out of Debian's packages, without root and without Docker."""

from pathlib import Path

from testkit import debian_packages
from testkit.cache import PartUnavailableError, cache_dir, installing
from testkit.debian_packages import LIBRARIES, SUITE

_POSTGRES_MAJOR = 17
_PROGRAMS = f"usr/lib/postgresql/{_POSTGRES_MAJOR}/bin"
_SERVER_LIBRARIES = f"usr/lib/postgresql/{_POSTGRES_MAJOR}/lib"
_REMEDY = "install TimescaleDB with `python -m testkit.install`"

# The server, the extension, pg_dump and pg_restore, and the shared libraries that they load.
_PACKAGES = (
    *(f"postgresql-{_POSTGRES_MAJOR}", f"postgresql-{_POSTGRES_MAJOR}-timescaledb"),
    f"postgresql-client-{_POSTGRES_MAJOR}",
    *("libc6", "libgcc-s1", "libstdc++6", "libcrypt1", "libuuid1", "libcap2", "libcap-ng0"),
    *("libpq5", "libldap2", "libsasl2-2", "libssl3t64", "libcurl4t64", "liburing2", "libnuma1"),
    *("libgssapi-krb5-2", "libkrb5-3", "libk5crypto3", "libkrb5support0", "libkeyutils1"),
    *("libcom-err2", "libpam0g", "libaudit1", "libselinux1", "libpcre2-8-0", "libsystemd0"),
    *("libicu76", "libxml2", "libxslt1.1", "zlib1g", "libzstd1", "liblz4-1", "liblzma5"),
    "libxxhash0",
)


def programs_dir() -> Path:
    """The folder that holds `initdb` and `postgres` once they are installed."""
    return _target() / _PROGRAMS


def unavailable_reason() -> str | None:
    """Why TimescaleDB cannot be started here, with the remedy; None if it can."""
    if unsuitable := debian_packages.unsuitable_machine("TimescaleDB"):
        return unsuitable
    return None if _target().exists() else f"TimescaleDB is not in {_target()}: {_REMEDY}"


def install() -> Path:
    """Install TimescaleDB unless it is installed, and give the folder of its programs.

    Raises:
        PartUnavailableError: the machine is not suitable, or its mirror does not answer.
    """
    if unsuitable := debian_packages.unsuitable_machine("TimescaleDB"):
        raise PartUnavailableError(unsuitable)
    with installing(_target()) as folder:
        if folder is not None:
            debian_packages.unpack(folder, _PACKAGES)
            debian_packages.wrap_programs(
                folder / _PROGRAMS, root=_target(), libraries=(LIBRARIES, _SERVER_LIBRARIES)
            )
    return programs_dir()


def _target() -> Path:
    return cache_dir() / f"timescaledb-and-client-debian-{SUITE}"
