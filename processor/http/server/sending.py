"""SERVE: send a long answer as fast as its client takes it, and end what is taken too slowly."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, Literal

import msgspec
from starlette.types import Send

WINDOW_SECONDS = 60.0
"""Of waiting for the client, over which its rate is averaged: a train may go through a tunnel."""


class Deadlines(msgspec.Struct, frozen=True):
    """When a long answer is ended, for it holds what others wait for.

    Attributes:
        total_seconds: From its beginning.
        min_bytes_per_second: Averaged over the time in which the server waits for the client;
            0 is none.
    """

    total_seconds: float
    min_bytes_per_second: int


class DeadlineError(Exception):
    """The client takes its answer too slowly, or the answer takes too long.

    Attributes:
        outcome: For metrics.
    """

    def __init__(self, outcome: Literal["slow", "late"], reason: str) -> None:
        super().__init__(reason)
        self.outcome: Literal["slow", "late"] = outcome


class Sending:
    """Sends the pieces of one answer, and measures the time in which its client kept it waiting.

    The time in which the server itself makes the next piece does not count.
    """

    def __init__(
        self, send: Send, deadlines: Deadlines, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._send = send
        self._least = deadlines.min_bytes_per_second
        self._clock = clock
        self._bytes = 0
        self._seconds = 0.0

    async def start(self, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        """Send the status and the headers."""
        await self._send({"type": "http.response.start", "status": status, "headers": headers})

    async def frame(self, body: bytes, *, more: bool = True) -> None:
        """Send a piece as soon as the client has taken enough of the one before.

        Raises:
            DeadlineError: It is slower than allowed.
        """
        message = {"type": "http.response.body", "body": body, "more_body": more}
        if not self._least:
            await self._send(message)
            return
        begun_at = self._clock()
        await self._send_within(max(WINDOW_SECONDS, len(body) / self._least), message)
        self._count(len(body), self._clock() - begun_at)

    async def _send_within(self, seconds: float, message: dict[str, Any]) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._send(message)
        except TimeoutError:
            raise DeadlineError("slow", f"the client took nothing for {seconds:.0f} s") from None

    def _count(self, size: int, seconds: float) -> None:
        self._bytes += size
        self._seconds += seconds
        if self._seconds < WINDOW_SECONDS:
            return
        rate, self._bytes, self._seconds = self._bytes / self._seconds, 0, 0.0
        if rate < self._least:
            raise DeadlineError(
                "slow",
                f"the client took {rate:.0f} bytes/s, and {self._least} is the least"
                " (history.min_export_bytes_per_second)",
            )
