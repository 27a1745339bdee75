"""A server as a child process: started, stopped and killed at will, its data and port kept."""

import abc
import collections
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from standalone.database import free_port
from testkit.fault_record import record_faults
from testkit.processes import children_of, kill_with_children

HOST = "127.0.0.1"
_START_TIMEOUT_S = 50.0
_STOP_TIMEOUT_S = 20.0
_POLL_S = 0.02
_LOG_TAIL_LINES = 30


class ServerFailedError(Exception):
    """A server ended or was not ready in time; the message has the end of its log."""


class Server(abc.ABC):
    """Port and data stay the same from construction to `remove()`, over any number of starts.

    Args:
        name: What messages call it.
        folder: Where its data and its log are.
        stop_signal: What an operator would end it with.
    """

    def __init__(self, name: str, folder: Path, *, stop_signal: signal.Signals) -> None:
        self.name = name
        self.folder = folder
        self.port = free_port()
        self._stop_signal = stop_signal
        self._log = folder / "server.log"
        self._process: subprocess.Popen[bytes] | None = None

    @abc.abstractmethod
    def _launch(self) -> subprocess.Popen[bytes]:
        """Make its data when they are new, and start it on them."""

    @abc.abstractmethod
    def _is_ready(self) -> bool:
        """Whether it answers."""

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.remove()

    @property
    def is_running(self) -> bool:
        """Whether its process lives."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it, on the data of before, and wait until it answers.

        Raises:
            ServerFailedError: It ended, or did not answer in time.
        """
        if not self.is_running:
            self._process = self._launch()
            self._wait_until_ready(self._process)

    def stop(self) -> None:
        """End it as an operator does."""
        process, self._process = self._process, None
        if process is None:
            return
        record_faults()
        process.send_signal(self._stop_signal)
        try:
            process.wait(_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            kill_with_children(process)

    def kill(self) -> None:
        """End it as a crash does: it and its children at once, with SIGKILL."""
        record_faults()
        self._end()

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            kill_with_children(process)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let it take connections and answer nothing, as a machine does that is stuck."""
        pids = [self._process.pid, *children_of(self._process.pid)] if self._process else []
        record_faults()
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    def restart(self) -> None:
        """Stop it, unless it is dead, and start it on the same data and port."""
        self.stop()
        self.start()

    def remove(self) -> None:
        """End it and delete its data."""
        self._end()
        shutil.rmtree(self.folder, ignore_errors=True)

    def log_tail(self, lines: int = _LOG_TAIL_LINES) -> str:
        """Return the last lines of its log, over all starts."""
        if not self._log.exists():
            return ""
        with self._log.open(errors="replace") as log:
            return "".join(collections.deque(log, lines))

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _START_TIMEOUT_S
        while not self._is_ready():
            if process.poll() is not None:
                raise self._failure("ended while starting")
            if time.monotonic() > deadline:
                self._end()
                raise self._failure(f"did not answer within {_START_TIMEOUT_S:.0f} s")
            time.sleep(_POLL_S)

    def _failure(self, what: str) -> ServerFailedError:
        return ServerFailedError(f"{self.name} {what}:\n{self.log_tail()}")
