"""Tells whether the code that a benchmark measured is the code that is there now."""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks.machine import ROOT

MEASURED = {
    "archive": ("kafka_client", "processor/archive", "telemetry"),
    "end_to_end": (
        *("collector", "kafka_client", "processor/archive", "processor/http/server"),
        *("processor/http/stream", "processor/live", "processor/stream", "telemetry"),
    ),
    "memory": ("collector", "processor", "telemetry"),
    "fan_out": ("processor/http/server", "processor/http/stream", "processor/live"),
    "large_fleet": ("processor/live", "processor/stream", "telemetry"),
    "ten_thousand": ("processor/http/server", "processor/http/stream", "processor/live"),
    "scaling": ("processor/http/server", "processor/http/stream", "processor/live", "telemetry"),
    "subscriber_memory": ("processor/http/server", "processor/http/stream", "processor/live"),
    "page": ("web/src",),
    "wire": ("processor/stream", "telemetry"),
    "history": ("migrations/sql", "processor/history", "processor/http/history"),
    "storage": ("migrations/sql",),
    "export": ("processor/history", "processor/http/history"),
}
"""The folders whose code decides the figures of each benchmark, as `benchmarks/README.md` says."""

_SUFFIXES = {".py", ".sql", ".ts", ".css"}


def digests(name: str) -> dict[str, str]:
    """Return a hash of the source in each folder that a benchmark measures."""
    return {folder: _digest(ROOT / folder) for folder in MEASURED[name]}


def changed_folders(name: str, recorded: Mapping[str, str] | None) -> list[str]:
    """Return the folders whose source differs from what was measured; None: nothing is known."""
    return [
        folder for folder, digest in digests(name).items() if (recorded or {}).get(folder) != digest
    ]


def _digest(folder: Path) -> str:
    found = hashlib.sha256()
    for file in _sources(folder):
        found.update(f"{file.relative_to(folder).as_posix()}\0".encode())
        found.update(hashlib.sha256(file.read_bytes()).digest())
    return found.hexdigest()[:16]


def _sources(folder: Path) -> Iterator[Path]:
    """Give the files in a fixed order."""
    files = (file for file in folder.rglob("*") if file.suffix in _SUFFIXES)
    return iter(sorted(files, key=lambda file: file.relative_to(folder).as_posix()))
