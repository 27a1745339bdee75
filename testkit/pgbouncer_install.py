"""Install PgBouncer into the cache, out of Debian's packages, without root and without Docker."""

from pathlib import Path

from testkit.debian_programs import DebianPrograms

_PROGRAMS = DebianPrograms(
    name="PgBouncer",
    folder="pgbouncer",
    packages=(
        *("pgbouncer", "libc6", "libevent-2.1-7t64", "libcares2", "libssl3t64", "libsystemd0"),
        *("libpam0g", "libaudit1", "libcap-ng0", "libcap2", "libldap2", "libsasl2-2", "libzstd1"),
        *("zlib1g", "libgcc-s1"),
    ),
    programs=("usr/sbin",),
)

install, unavailable_reason = _PROGRAMS.install, _PROGRAMS.unavailable_reason


def program() -> Path:
    """Return the program, once it is installed."""
    return _PROGRAMS.program("pgbouncer")
