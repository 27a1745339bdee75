"""Install Prometheus and promtool into the cache, out of Debian's packages, without root."""

from pathlib import Path

from testkit.debian_programs import DebianPrograms

_PROGRAMS = DebianPrograms(
    name="Prometheus",
    folder="prometheus",
    packages=("prometheus", "promtool", "libc6", "libgcc-s1"),
    programs=("usr/bin",),
)

install, unavailable_reason = _PROGRAMS.install, _PROGRAMS.unavailable_reason


def program(name: str) -> Path:
    """Return one of `prometheus` and `promtool`, once they are installed."""
    return _PROGRAMS.program(name)
