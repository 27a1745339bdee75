"""One open stream: its query, and what wakes it."""

import asyncio

import msgspec

from processor.live.connection_limits import StreamClient
from processor.stream.query import StreamQuery
from processor.stream.replay_request import ReplayRequest


class CloseReason(msgspec.Struct, frozen=True):
    """Why the server ends a stream.

    Attributes:
        name: Label of the metric `stream_closed_total`.
        text: Reason in the `bye` event.
    """

    name: str
    text: str


class Subscriber:
    """Waits until there may be something to send; it holds no queue of frames.

    Attributes:
        client: The client that opened the stream.
        query: What the subscriber asked for.
        replay_request: The part of the past that it receives; None for the live stream.
        close_reason: Why its stream is to end; None while it continues.
    """

    def __init__(self, query: StreamQuery, client: StreamClient) -> None:
        self.client = client
        self.query = query
        self.replay_request: ReplayRequest | None = None
        self.close_reason: CloseReason | None = None
        self._loop = asyncio.get_running_loop()
        self._waiter: asyncio.Future[None] | None = None
        self._is_woken = False

    def end_after(self, seconds: float, reason: CloseReason) -> asyncio.TimerHandle:
        """End the stream after some seconds; cancel the timer if it ends before."""
        return self._loop.call_later(seconds, self.end, reason)

    def end(self, reason: CloseReason) -> None:
        """End the stream; the first reason counts."""
        if self.close_reason is None:
            self.close_reason = reason
        self.wake()

    def wake(self) -> None:
        """Let `wait` return, now or when it is called next."""
        self._is_woken = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def wait(self) -> None:
        """Wait until `wake` is called, or return if it was called since the last wait."""
        if not self._is_woken:
            self._waiter = self._loop.create_future()
            await self._waiter
        self._is_woken = False
