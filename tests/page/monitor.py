"""`python -m standalone` as the page's tests need it: asked by REST, stopped and started again."""

import asyncio
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from standalone.database import free_port
from tests.end_to_end.command import Command

State = dict[str, Any]


class Monitor:
    """The pipeline, which shows a recording; started again it has its port and its history."""

    def __init__(self, folder: Path, recording: Path) -> None:
        self.port = free_port()
        self._folder = folder
        self._recording = recording
        self._command: Command

    def __enter__(self) -> Self:
        self._start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._command.process.poll() is None:
            self._command.kill()

    @property
    def url(self) -> str:
        """The address of the page."""
        return f"http://127.0.0.1:{self.port}"

    async def stop(self) -> None:
        """Stop it as Ctrl-C does."""
        await asyncio.to_thread(self._command.interrupt)

    async def start(self) -> None:
        """Start it again where it was."""
        await asyncio.to_thread(self._start)

    async def states(self, query: str = "") -> list[State]:
        """Return what the living picture has, filtered as the stream is."""
        return list((await self.answer(f"/api/flights?{query}"))["states"])

    async def states_at(self, moment: int, query: str = "") -> list[State]:
        """Return what is stored of a moment."""
        return list((await self.answer(f"/api/history/at?time={moment}&{query}"))["states"])

    async def answer(self, path: str) -> dict[str, Any]:
        """Ask by REST."""
        async with httpx.AsyncClient(timeout=10) as client:
            answer = await client.get(f"{self.url}{path}")
            answer.raise_for_status()
            return dict(answer.json())

    async def wait_for_history(self, seconds: float) -> None:
        """Wait until half of the aircraft of so many seconds ago are stored; some are older."""
        half = len(await self.states()) // 2
        while len(await self.states_at(int(time.time() - seconds))) < half:  # noqa: ASYNC110 - SQL
            await asyncio.sleep(0.5)

    def _start(self) -> None:
        # Of two options of one name the later one counts.
        words = ("--replay", str(self._recording), "--port", str(self.port))
        self._command = Command(self._folder, *words)
        self._command.port = self.port
        try:
            self._command.wait_until_ready()
            self._command.wait_for_aircraft()
        except BaseException:
            self._command.kill()
            raise
