"""Read the stream with httpx and httpx-sse, which implement the SSE standard independently."""

import asyncio
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Self

import httpx
from httpx_sse import aconnect_sse

from testkit.decoding import ZstdFrames
from testkit.recorded_stream import DEADLINE_S, SeenEvent


class _ZstdBody(httpx.AsyncByteStream):
    """Decompresses a body in zstd, which httpx can do only with another package."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        frames = ZstdFrames()
        async for part in self._response.aiter_raw():
            yield frames.decode(part)

    async def aclose(self) -> None:
        await self._response.aclose()


class _ZstdTransport(httpx.AsyncHTTPTransport):
    """Decompresses responses in zstd, and leaves the header to say so."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(request)
        if response.headers.get("content-encoding") != "zstd":
            return response
        # httpx ignores an encoding that it does not know.
        return httpx.Response(
            response.status_code, headers=response.headers, stream=_ZstdBody(response)
        )


class HttpxStream:
    """Reads a stream in a task until the server ends it or the block is left."""

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
        """Wait for this many events, and return all that have arrived."""
        await self._until(lambda: len(self._events) >= count, f"{count} events")
        return list(self._events)

    async def until(self, name: str, times: int = 1) -> None:
        """Wait until an event of this name has arrived this many times."""
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
            httpx.AsyncClient(timeout=DEADLINE_S, transport=_ZstdTransport()) as client,
            aconnect_sse(client, "GET", self._url, headers=headers) as source,
        ):
            self.headers = source.response.headers
            async for event in source.aiter_sse():
                # An event without data is not dispatched (WHATWG HTML, 9.2.6).
                if event.data:
                    await self._see(SeenEvent(event.event, event.data, event.id))

    async def _see(self, event: SeenEvent) -> None:
        async with self._changed:
            self._events.append(event)
            self._changed.notify_all()
