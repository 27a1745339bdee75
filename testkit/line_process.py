"""A module that runs as a process and answers each line on its standard input with a line."""

import asyncio
import logging
import subprocess
import sys
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Self

import msgspec
import structlog

from testkit.services import ROOT, child_environment


class ProcessEndedError(Exception):
    """The process has ended by itself; its standard error says why."""


class LineProcess:
    """Runs the module during the block, and kills it at the end.

    Args:
        module: The name of the module.
        arguments: The arguments of the process.
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
        """The id of the process."""
        return self._process.pid

    def write(self, line: bytes) -> None:
        """Send a line."""
        assert self._process.stdin is not None
        self._process.stdin.write(line + b"\n")
        self._process.stdin.flush()

    def read(self) -> bytes:
        """Wait for a line and return it.

        Raises:
            ProcessEndedError: The process has ended.
        """
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise ProcessEndedError(f"{self._module} has ended by itself; see its output above")
        return line

    def exchange(self, line: bytes) -> bytes:
        """Send a line and return the line that answers it.

        Raises:
            ProcessEndedError: The process has ended.
        """
        self.write(line)
        return self.read()


async def commands() -> AsyncIterator[str]:
    """Yield the lines that this process is sent, until the first empty one."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    while command := (await reader.readline()).decode().strip():
        yield command


def reply(answer: object) -> None:
    """Answer with a line of JSON."""
    sys.stdout.write(msgspec.json.encode(answer).decode() + "\n")
    sys.stdout.flush()


def log_warnings() -> None:
    """Log nothing below warnings, and to standard error: standard output is for the answers."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
