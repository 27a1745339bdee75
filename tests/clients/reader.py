"""A program that reads the stream with one of the clients, and what it has printed."""

import asyncio
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from testkit.services import ROOT
from tests.clients.packages import node

DEADLINE_S = 30.0
_LINE_LIMIT = 2**24
_HERE = Path(__file__).parent / "programs"

Line = Mapping[str, Any]


@dataclass(frozen=True)
class Installed:
    """The folder where the packages are installed, and the wheel."""

    folder: Path
    wheel: Path

    def command(self, client: str) -> Sequence[str]:
        """Return the words that start the reader of a client."""
        if client == "typescript":
            # Node looks for packages from the folder of the script on.
            script = self.folder / "read.mjs"
            script.write_text((_HERE / "read.mjs").read_text())
            return [node(), str(script)]
        return [sys.executable, str(_HERE / f"read_{client}.py")]


class Reader:
    """Reads until the block is left; its lines are what the client has yielded so far."""

    def __init__(self, installed: Installed, client: str, **options: object) -> None:
        self.lines: list[Line] = []
        self._words = [*installed.command(client), json.dumps(options)]
        # The wheel comes before the sources of the package.
        self._environment = {**os.environ, "PYTHONPATH": f"{installed.wheel}{os.pathsep}{ROOT}"}
        self._changed = asyncio.Condition()
        self._process: asyncio.subprocess.Process
        self._following: asyncio.Task[None]

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            *self._words,
            env=self._environment,
            stdout=asyncio.subprocess.PIPE,
            limit=_LINE_LIMIT,
        )
        self._following = asyncio.create_task(self._follow())
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """End the program."""
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()
        await self._following

    @property
    def names(self) -> Sequence[str]:
        """The names of the events so far."""
        return [line["event"] for line in self.lines]

    @property
    def fleet(self) -> Mapping[str, Any]:
        """The fleet after the last event."""
        fleet: Mapping[str, Any] = self.lines[-1]["fleet"] if self.lines else {}
        return fleet

    async def until(self, holds: Callable[[], bool], what: str) -> None:
        """Wait until a condition on the lines holds."""
        try:
            async with asyncio.timeout(DEADLINE_S), self._changed:
                await self._changed.wait_for(holds)
        except TimeoutError:
            raise TimeoutError(f"not {what}: {self.names}") from None

    async def until_event(self, name: str, times: int = 1) -> Line:
        """Wait until an event has come so often; return its last line."""
        await self.until(lambda: self.names.count(name) >= times, f"{times} {name}")
        return [line for line in self.lines if line["event"] == name][-1]

    async def _follow(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            async with self._changed:
                self.lines.append(json.loads(line))
                self._changed.notify_all()
