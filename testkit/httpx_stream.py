"""Reads a stream with httpx and httpx-sse, an independent implementation of the standard."""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Self

import httpx
from httpx._decoders import ContentDecoder
from httpx_sse import aconnect_sse

from testkit.decoding import ZstdFrames
from testkit.recorded_stream import DEADLINE_S, SeenEvent


class _ZstdDecoder(ContentDecoder):
    """Decodes zstd, for which httpx would need another package."""

    def __init__(self) -> None:
        self._frames = ZstdFrames()

    def decode(self, data: bytes) -> bytes:
        return self._frames.decode(data)

    def flush(self) -> bytes:
        return b""


class HttpxStream:
    """Reads a stream in a task, until the server or the block ends."""

    def __init__(self, url: str, *, accept_encoding: str) -> None:
        self.headers = httpx.Headers()
        self._url = url
        self._accept_encoding = accept_encoding
        self._events: list[SeenEvent] = []
        self._changed = asyncio.Condition()
        self._task: asyncio.Task[None]

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._follow())
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])

    async def first(self, count: int) -> list[SeenEvent]:
        """Wait for so many events, and return all that have arrived."""
        await self._until(lambda: len(self._events) >= count, f"{count} events")
        return list(self._events)

    async def until(self, name: str, times: int = 1) -> None:
        """Wait until so many events of a name have arrived."""
        await self._until(
            lambda: [event.name for event in self._events].count(name) >= times, f"{times} {name}"
        )

    async def _until(self, holds: Callable[[], bool], what: str) -> None:
        try:
            async with asyncio.timeout(DEADLINE_S), self._changed:
                await self._changed.wait_for(holds)
        except TimeoutError:
            raise TimeoutError(
                f"not {what} within {DEADLINE_S:g} s: {self._task}, {self._events[-3:]}"
            ) from None

    async def all(self) -> list[SeenEvent]:
        """Wait until the server has ended the stream, and return all events."""
        async with asyncio.timeout(DEADLINE_S):
            await asyncio.shield(self._task)
        return list(self._events)

    async def _follow(self) -> None:
        headers = {"Accept-Encoding": self._accept_encoding}
        async with (
            httpx.AsyncClient(timeout=DEADLINE_S) as client,
            aconnect_sse(client, "GET", self._url, headers=headers) as source,
        ):
            self.headers = source.response.headers
            if self.headers.get("content-encoding") == "zstd":
                source.response._decoder = _ZstdDecoder()
            async for event in source.aiter_sse():
                # An event without data is not dispatched (WHATWG HTML, 9.2.6).
                if event.data:
                    await self._see(SeenEvent(event.event, event.data, event.id))

    async def _see(self, event: SeenEvent) -> None:
        async with self._changed:
            self._events.append(event)
            self._changed.notify_all()
