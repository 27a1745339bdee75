"""An SSE response that disconnects a subscriber which does not read."""

import asyncio
from collections.abc import AsyncIterator, Mapping

from prometheus_client import Counter
from sse_starlette import EventSourceResponse
from sse_starlette.sse import SendTimeoutError
from starlette.types import Message, Receive, Scope, Send

from processor.http.server.connection import connection_of


class EventStreamResponse(EventSourceResponse):
    """Limits how long each frame may wait for the client.

    The deadline applies only while earlier frames wait in the socket's buffer: setting one costs as
    much as sending a frame.

    Args:
        frames: Encoded events.
        headers: The headers of the response.
        deadline_seconds: How long a client may take before a frame can be sent.
        closed: Counts disconnected subscribers.
    """

    def __init__(
        self,
        frames: AsyncIterator[bytes],
        *,
        headers: Mapping[str, str],
        deadline_seconds: float,
        closed: Counter,
    ) -> None:
        # sse-starlette's ping is off: the stream has heartbeats with the log position.
        super().__init__(frames, headers=headers, ping=0)
        self._deadline_seconds = deadline_seconds
        self._closed = closed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the frames until the stream ends, or the client disconnects or does not read."""
        connection = connection_of(scope)

        async def send_in_time(message: Message) -> None:
            if connection.is_drained:
                await send(message)
                return
            try:
                async with asyncio.timeout(self._deadline_seconds):
                    await send(message)
            except TimeoutError:
                raise SendTimeoutError from None

        try:
            await super().__call__(scope, receive, send_in_time)
        except* SendTimeoutError:
            connection.give_up()
        if connection.is_given_up:
            self._closed.labels("slow").inc()
