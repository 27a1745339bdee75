"""The child processes: started with a log, watched, and ended in good order or by force."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from standalone.child import spawn
from standalone.child_log import ChildLog
from standalone.errors import ChildDiedError
from standalone.stop_signals import StopSignals

_POLL_SECONDS = 0.05
_KILL_AFTER_HURRY_SECONDS = 2.0


class Child:
    """One Python module that runs as a process of its own."""

    def __init__(self, name: str, logs: Path, *, at_parent_death: signal.Signals) -> None:
        self.name = name
        self._at_parent_death = at_parent_death
        self.log = ChildLog(logs / f"{name}.log")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, arguments: Iterable[str], env: Mapping[str, str]) -> None:
        """Start `python -m arguments`; it ends when this process does.

        Raises:
            OSError: The process or its log could not be made.
        """
        with self.log.open() as output:
            self._process = spawn(
                [sys.executable, "-m", *arguments],
                at_parent_death=self._at_parent_death,
                env=env,
                output=output,
            )

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def check(self) -> None:
        """Do nothing while it runs.

        Raises:
            ChildDiedError: It ended; the message tells all that the user needs.
        """
        if self._process is not None and self._process.poll() is not None:
            raise ChildDiedError(self.obituary())

    def wait(self) -> int:
        """Wait until it has done its work; return its exit code."""
        return self._process.wait() if self._process else 0

    def obituary(self) -> str:
        """What died, how, why, and where to read on."""
        code = self._process.returncode if self._process else 0
        how = f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"
        # Who is killed says nothing more: its last line is about something else.
        why = self.log.last_error() or (self.log.last_plain_line() if code > 0 else None)
        reason = f" ({why})" if why else ""
        return f"the {self.name} ended with {how}{reason}; its log is {self.log.path}"

    def stop(self, signals: StopSignals, *, hurry_after_seconds: float) -> int | None:
        """Ask it to end, ask again when that takes too long or the user hurries, then end it.

        Returns:
            Its exit code, None if it was never started.
        """
        process = self._process
        if process is None:
            return None
        process.terminate()
        deadline = time.monotonic() + hurry_after_seconds
        while not _ends(process, within_seconds=_POLL_SECONDS):
            if signals.is_hurried or time.monotonic() > deadline:
                break
        # A second signal makes the services skip what takes long; an ended one receives nothing.
        process.terminate()
        if not _ends(process, within_seconds=_KILL_AFTER_HURRY_SECONDS):
            process.kill()
        return process.wait()


def _ends(process: subprocess.Popen[bytes], *, within_seconds: float) -> bool:
    try:
        process.wait(within_seconds)
    except subprocess.TimeoutExpired:
        return False
    return True
