"""The project's services as child processes: started, asked, paused and killed at will."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from standalone.child import spawn
from testkit.fault_record import record_faults
from testkit.waiting import wait_until

ROOT = Path(__file__).parents[1]

Event = dict[str, Any]
"""A line of a service's log."""

_EVENT_TIMEOUT_S = 30.0
_END_TIMEOUT_S = 40.0
_COMMAND_TIMEOUT_S = 60.0


class ServiceFailedError(Exception):
    """A service ended, or did not do what it was waited for; the message has its log's end."""


class Service:
    """One `python -m MODULE`; over all its starts it writes one log of JSON lines."""

    def __init__(
        self, module: str, *arguments: str, folder: Path, environment: Mapping[str, str]
    ) -> None:
        self.log = folder / f"{module}-{os.urandom(3).hex()}.log"
        self._command = [sys.executable, "-m", module, *arguments]
        self._folder = folder
        self._environment = child_environment(environment)
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at_byte = 0

    def start(self) -> Self:
        """Start it, again after it has ended."""
        if not self.is_running:
            with self.log.open("ab") as output:
                self._started_at_byte = output.tell()
                self._process = spawn(
                    self._command,
                    at_parent_death=signal.SIGKILL,
                    env=self._environment,
                    cwd=self._folder,
                    output=output,
                )
        return self

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The process of the last start."""
        if self._process is None:
            raise ServiceFailedError(f"{self._command} was never started")
        return self._process

    @property
    def is_running(self) -> bool:
        """Whether its process lives."""
        return self._process is not None and self._process.poll() is None

    @property
    def url(self) -> str:
        """Where it serves, once it says so."""
        return str(self.wait_for_event("started")["url"])

    def send(self, signal_number: signal.Signals) -> None:
        """Send a signal; to suspend it is a fault."""
        if signal_number == signal.SIGSTOP:
            record_faults()
        self.process.send_signal(signal_number)

    def stop(self) -> int:
        """End it as an operator does and return its exit code."""
        self.send(signal.SIGTERM)
        return self.wait()

    def kill(self) -> None:
        """End it as a crash does."""
        record_faults()
        self.end()

    def end(self) -> None:
        """Leave no process behind; also of one that has ended or was never started."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def wait(self, timeout_s: float = _END_TIMEOUT_S) -> int:
        """Wait for its end and return its exit code."""
        try:
            return self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise ServiceFailedError(
                f"still runs after {timeout_s:g} s:\n{self.log_tail()}"
            ) from None

    def events(self, name: str | None = None, *, of_all_starts: bool = False) -> list[Event]:
        """Return what it has logged since its last start, or since the first."""
        if not self.log.exists():
            return []
        with self.log.open("rb") as log:
            log.seek(0 if of_all_starts else self._started_at_byte)
            parsed = [_parse(line) for line in log]
        return [event for event in parsed if event and name in {None, event.get("event")}]

    def wait_for_event(self, name: str, timeout_s: float = _EVENT_TIMEOUT_S) -> Event:
        """Return the first event of this name since the last start."""
        wait_until(
            lambda: bool(self.events(name)) or not self.is_running,
            timeout_s=timeout_s,
            what=lambda: f"{name!r} in the log:\n{self.log_tail()}",
        )
        if not (found := self.events(name)):
            raise ServiceFailedError(f"ended without {name!r}:\n{self.log_tail()}")
        return found[0]

    def log_tail(self, lines: int = 30) -> str:
        """Return the last lines of its log."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def resident_bytes(self) -> int:
        """Return how much memory it holds."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")


def child_environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Return the settings with what a process needs, and nothing else of this environment."""
    names = ("PATH", "HOME", "LANG", "SSL_CERT_FILE")
    kept = {name: os.environ[name] for name in names if name in os.environ}
    return {**kept, "PYTHONPATH": str(ROOT), "LOG_FORMAT": "json", **settings}


def run_module(
    arguments: Sequence[str], *, folder: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run `python -m ...` to its end and return what it printed."""
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        env=child_environment(environment),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=_COMMAND_TIMEOUT_S,
        check=False,
    )


def _parse(line: bytes) -> Event:
    try:
        parsed: Event = json.loads(line)
    except ValueError:
        return {}
    return parsed
