"""A module that runs as a process and answers each line on its standard input with a line."""

import subprocess
import sys
from types import TracebackType
from typing import Self

from testkit.services import ROOT, child_environment


class LineProcess:
    """Runs until it is left; nothing of it is waited for at the end.

    Args:
        module: What is run, by its name.
        arguments: What it is given.
    """

    def __init__(self, module: str, *arguments: str) -> None:
        self._module = module
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            env=child_environment({}),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.communicate()

    @property
    def pid(self) -> int:
        """The process itself."""
        return self._process.pid

    def exchange(self, line: bytes) -> bytes:
        """Send a line and return the line that answers it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(line + b"\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, f"{self._module} has ended by itself"
        return answer
