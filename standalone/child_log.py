"""The log file of a child: bounded, and asked for the reason when the child has died."""

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

_MAX_BYTES = 20_000_000
_TAIL_BYTES = 65_536
_MAX_TEXT_CHARACTERS = 500
_LEVELS = ("warning", "error", "critical")
_CONSOLE_LEVEL = re.compile(r"\[(?:\x1b\[[0-9;]*m)*(warning|error|critical) *")
_EXCEPTION = re.compile(r"[\w.]*(Error|Exception|Exit|Interrupt): ")
_TRIMMINGS = {"event", "level", "timestamp", "exception"}


@dataclass(frozen=True)
class Finding:
    """A line of a child's log that says that something is not as it should be."""

    child: str
    level: str
    text: str


class ChildLog:
    """DATA_DIR/logs/NAME.log, of this start; NAME.log.1 has what came before."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._previous = path.with_name(f"{path.name}.1")

    def open(self) -> IO[bytes]:
        """Begin an empty file; the lines of the previous start are kept in one older file."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path.parent.chmod(0o700)
        if self.path.exists():
            self.path.replace(self._previous)
        return self.path.open("ab")

    def bound(self) -> None:
        """Keep it from filling the disk while the child has it open for appending."""
        if self.path.exists() and self.path.stat().st_size > _MAX_BYTES:
            self._previous.write_bytes(self.path.read_bytes())
            os.truncate(self.path, 0)

    def findings(self) -> list[Finding]:
        """The newest warnings and errors, in order."""
        read = (_read(line) for line in self._tail())
        return [Finding(self.path.stem, level, text) for level, text in read if level]

    def last_error(self) -> str | None:
        """The newest line that calls itself an error."""
        errors = [finding.text for finding in self.findings() if finding.level != "warning"]
        return errors[-1] if errors else None

    def last_plain_line(self) -> str | None:
        """The newest line that is no log event: how Python and argparse say their last words.

        An exception's own line comes before what some of them add below it.
        """
        plain = [line for line in self._tail() if not line.startswith("{")]
        exceptions = [line for line in plain if _EXCEPTION.match(line)]
        lines = exceptions or plain
        return lines[-1].strip()[:_MAX_TEXT_CHARACTERS] if lines else None

    def _tail(self) -> list[str]:
        if not self.path.exists():
            return []
        with self.path.open("rb") as file:
            file.seek(max(0, self.path.stat().st_size - _TAIL_BYTES))
            text = file.read().decode(errors="replace")
        return [line for line in text.splitlines() if line.strip()]


def _read(line: str) -> tuple[str | None, str]:
    """The level of a line, if it is a warning or worse, and its text without the trimmings."""
    try:
        event: dict[str, Any] = json.loads(line)
        level, text = event["level"], str(event["event"])
    except (ValueError, TypeError, KeyError):
        on_console = _CONSOLE_LEVEL.search(line)
        return on_console[1] if on_console else None, line.strip()[:_MAX_TEXT_CHARACTERS]
    details = ", ".join(f"{key}: {event[key]}" for key in event if key not in _TRIMMINGS)
    shown = f"{text} ({details})" if details else text
    return level if level in _LEVELS else None, shown[:_MAX_TEXT_CHARACTERS]
