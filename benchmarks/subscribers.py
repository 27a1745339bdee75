"""Starts viewers in a process of their own and hears from them what they have read."""

import queue
import subprocess
import sys
import threading
from types import TracebackType
from typing import Self

import msgspec

from benchmarks.subscriber_process import Burst, ConnectionLimits
from testkit.services import ROOT, child_environment

QUIET_SECONDS = 0.3
"""A burst has ended when none of the viewers has read anything for so long."""


class AudienceError(Exception):
    """The viewers did not get what they should have got."""


class Viewing:
    """A number of viewers of one server, from entering to leaving."""

    def __init__(
        self,
        port: int,
        path: str | tuple[str, ...],
        subscribers: int,
        *,
        encoding: str = "identity",
        gets_the_same: bool = False,
        quiet_seconds: float = QUIET_SECONDS,
        is_stalled: bool = False,
        core: int | None = None,
    ) -> None:
        self._audience = ConnectionLimits(
            port=port,
            paths=(path,) if isinstance(path, str) else path,
            subscribers=subscribers,
            quiet_seconds=quiet_seconds,
            gets_the_same=gets_the_same,
            encoding=encoding,
            is_stalled=is_stalled,
            core=core,
        )
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.subscriber_process"],
            env=child_environment({}),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        if self._process.stdin is not None:
            self._process.stdin.write(msgspec.json.encode(self._audience) + b"\n")
            self._process.stdin.flush()
        self._bursts: queue.Queue[Burst] = queue.Queue()
        self._listening = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> Self:
        self._listening.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait()
        self._listening.join()

    def wait_for_burst(self, timeout_s: float) -> Burst:
        """Return the next burst.

        Raises:
            AudienceError: None came, or viewers have gone.
        """
        try:
            burst = self._bursts.get(timeout=timeout_s)
        except queue.Empty:
            raise AudienceError(f"the viewers read nothing for {timeout_s:g} s") from None
        if burst.subscribers != self._audience.subscribers:
            raise AudienceError(
                f"{burst.subscribers} of {self._audience.subscribers} subscribers are left: the "
                "server has closed the other streams"
            )
        return burst

    def taken(self) -> list[Burst]:
        """Return the bursts that have come and were not taken yet."""
        found = []
        while not self._bursts.empty():
            found.append(self._bursts.get())
        return found

    def _listen(self) -> None:
        if self._process.stdout is not None:
            for line in self._process.stdout:
                self._bursts.put(msgspec.json.decode(line, type=Burst))
