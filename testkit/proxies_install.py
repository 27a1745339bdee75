"""Install nginx, HAProxy and Caddy into the cache, out of Debian's packages, without root."""

from pathlib import Path

from testkit.debian_programs import DebianPrograms

_PROGRAMS = DebianPrograms(
    name="the proxies",
    folder="proxies",
    packages=(
        *(
            "nginx",
            "haproxy",
            "caddy",
            "libc6",
            "libcrypt1",
            "libpcre2-8-0",
            "libssl3t64",
            "zlib1g",
        ),
        *("libzstd1", "liblua5.4-0", "libgcc-s1", "libstdc++6", "libopentracing-c-wrapper0t64"),
        *("libopentracing1", "libjemalloc2"),
    ),
    programs=("usr/sbin", "usr/bin"),
)

install, unavailable_reason = _PROGRAMS.install, _PROGRAMS.unavailable_reason


def program(name: str) -> Path:
    """Return one of `nginx`, `haproxy` and `caddy`, once they are installed."""
    return _PROGRAMS.program(name)
