"""An SSE response that disconnects a subscriber which does not read."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Self

from prometheus_client import Counter
from sse_starlette import EventSourceResponse
from starlette.types import Message, Receive, Scope, Send

from processor.http.server.connection import ClientConnection, connection_of
from processor.live.sent_bytes import SentBytes


class _NotReadingError(Exception):
    """The client did not read for longer than the deadline."""


class _Delivery:
    """Sends all frames when it is iterated over, and yields none.

    Passing each frame through sse-starlette would cost 5 microseconds per frame and subscriber, and
    would keep the newest frame of each subscriber in memory.
    """

    connection: ClientConnection
    send: Send

    def __init__(
        self, frames: AsyncGenerator[bytes, None], deadline_seconds: float, sent: SentBytes
    ) -> None:
        self._frames = frames
        self._sent = sent
        self._deadline_seconds = deadline_seconds

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        async with aclosing(self._frames) as frames:
            async for frame in frames:
                self._sent.add(frame)
                message: Message = {"type": "http.response.body", "body": frame, "more_body": True}
                del frame
                try:
                    await self._send_in_time(message)
                finally:
                    # After a disconnect the message is part of a traceback, which is freed late.
                    message.clear()
        raise StopAsyncIteration

    async def _send_in_time(self, message: Message) -> None:
        # A deadline costs as much as sending, and is not needed while the socket takes everything.
        if self.connection.is_drained:
            await self.send(message)
            return
        try:
            async with asyncio.timeout(self._deadline_seconds):
                await self.send(message)
        except TimeoutError:
            raise _NotReadingError from None


class EventStreamResponse(EventSourceResponse):
    """Limits how long each frame may wait for the client.

    sse-starlette starts and ends the response, and notices that the client disconnects.

    Args:
        frames: Encoded events.
        headers: The headers of the response.
        deadline_seconds: How long a frame may wait while earlier frames are in the socket's buffer.
        closed: Counts disconnected subscribers.
        sent: Counts the bytes of the frames.
    """

    def __init__(
        self,
        frames: AsyncGenerator[bytes, None],
        *,
        headers: Mapping[str, str],
        deadline_seconds: float,
        closed: Counter,
        sent: SentBytes,
    ) -> None:
        self._delivery = _Delivery(frames, deadline_seconds, sent)
        self._closed = closed
        # sse-starlette's ping is off: the stream has heartbeats with the log position.
        super().__init__(self._delivery, headers=headers, ping=0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the frames until the stream ends, or the client disconnects or does not read."""
        connection = self._delivery.connection = connection_of(scope)
        self._delivery.send = send
        try:
            await super().__call__(scope, receive, send)
        except* _NotReadingError:
            connection.give_up()
        if connection.is_given_up:
            self._closed.labels("slow").inc()
