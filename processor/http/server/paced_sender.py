"""Send a long response as fast as its client reads, and abort it if the client is too slow."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, Literal

import msgspec
from starlette.types import Send

WINDOW_SECONDS = 60.0
"""Time spent waiting for the client over which its rate is averaged: a train may be in a tunnel."""


class SendDeadlines(msgspec.Struct, frozen=True):
    """When a long response is aborted, since it holds a slot for which other clients wait.

    Attributes:
        total_seconds: The longest duration of the response.
        min_bytes_per_second: The lowest rate, averaged over the time in which the server waits for
            the client; 0 allows any rate.
    """

    total_seconds: float
    min_bytes_per_second: int


class DeadlineError(Exception):
    """The client reads too slowly, or the response takes too long.

    Attributes:
        outcome: The label in metrics.
    """

    def __init__(self, outcome: Literal["slow", "late"], reason: str) -> None:
        super().__init__(reason)
        self.outcome: Literal["slow", "late"] = outcome


class PacedSender:
    """Sends the chunks of one response, and measures how long it waits for the client.

    The time in which the server makes the next chunk does not count.
    """

    def __init__(
        self, send: Send, deadlines: SendDeadlines, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._send = send
        self._min_rate = deadlines.min_bytes_per_second
        self._clock = clock
        self._bytes = 0
        self._seconds = 0.0

    async def start(self, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        """Send the status and the headers."""
        await self._send({"type": "http.response.start", "status": status, "headers": headers})

    async def send_chunk(self, body: bytes, *, more: bool = True) -> None:
        """Send a chunk as soon as the client has read enough of the previous one.

        Raises:
            DeadlineError: The client reads more slowly than allowed.
        """
        message = {"type": "http.response.body", "body": body, "more_body": more}
        if not self._min_rate:
            await self._send(message)
            return
        started_at = self._clock()
        await self._send_within(max(WINDOW_SECONDS, len(body) / self._min_rate), message)
        self._measure(len(body), self._clock() - started_at)

    async def _send_within(self, seconds: float, message: dict[str, Any]) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._send(message)
        except TimeoutError:
            raise DeadlineError("slow", f"the client read nothing for {seconds:.0f} s") from None

    def _measure(self, size: int, seconds: float) -> None:
        self._bytes += size
        self._seconds += seconds
        if self._seconds < WINDOW_SECONDS:
            return
        rate, self._bytes, self._seconds = self._bytes / self._seconds, 0, 0.0
        if rate < self._min_rate:
            raise DeadlineError(
                "slow",
                f"the client read {rate:.0f} bytes/s, and {self._min_rate} is the minimum"
                " (history.min_export_bytes_per_second)",
            )
