"""Reads durations and plans of statements from the log of the database server."""

import contextlib
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from testkit.databases import execute
from testkit.timescale import Timescale

DURATIONS = {"log_min_duration_statement": "0"}
PLANS = {
    "session_preload_libraries": "auto_explain",
    "auto_explain.log_min_duration": "0",
    "auto_explain.log_analyze": "on",
    "auto_explain.log_buffers": "on",
    "auto_explain.log_settings": "on",
    "auto_explain.log_nested_statements": "on",
    "auto_explain.log_parameter_max_length": "200",
}

_DURATION = re.compile(r"LOG:  duration: ([\d.]+) ms  (?:parse|bind|execute|statement)\b")
_PLAN = re.compile(r"LOG:  duration: ([\d.]+) ms  plan:\n((?:\t.*\n)*)")

_TIDYING = "pg_advisory_unlock_all"
"""The statement that asyncpg sends when a connection returns to its pool."""


class Plan(NamedTuple):
    """A statement as it was executed."""

    milliseconds: float
    text: str


class ServerLog:
    """Reads the part of the log that was written since the last read."""

    def __init__(self, server: Timescale) -> None:
        self._file = server.folder / "server.log"
        self._read = self._file.stat().st_size

    def skip(self) -> None:
        """Skip what has been written so far."""
        self._read = self._file.stat().st_size

    def milliseconds(self) -> float:
        """Return the milliseconds that all statements took to parse, plan and execute."""
        return sum(float(found[1]) for found in _DURATION.finditer(self._new()))

    def plans(self) -> list[Plan]:
        """Return the plans in order, without those of resetting a connection."""
        return [
            Plan(float(found[1]), _dedented(found[2]))
            for found in _PLAN.finditer(self._new())
            if _TIDYING not in found[2]
        ]

    def _new(self) -> str:
        with self._file.open() as log:
            log.seek(self._read)
            text = log.read()
            self._read = log.tell()
        return text


@contextlib.contextmanager
def logging(dsn: str, settings: Mapping[str, str]) -> Iterator[None]:
    """Let the server log the statements of connections that are opened during the block."""
    name = dsn.rpartition("/")[2]
    for setting, value in settings.items():
        execute(dsn, f"ALTER DATABASE \"{name}\" SET {setting} = '{value}'")
    try:
        yield
    finally:
        for setting in settings:
            execute(dsn, f'ALTER DATABASE "{name}" RESET {setting}')


def _dedented(text: str) -> str:
    return "".join(line.removeprefix("\t") for line in text.splitlines(keepends=True))
