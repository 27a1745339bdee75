"""One open stream: its query, and what wakes it."""

import asyncio
from collections.abc import Iterable

import msgspec

from processor.live.connection_limits import StreamClient
from processor.stream.query import StreamQuery
from processor.stream.replay_request import ReplayRequest

FILTERED_AT_ONCE = 480_000
"""Changed aircraft, times subscribers that are sent a tick before other tasks run. Among 48,000
aircraft, a box of 5 by 5 degrees costs a subscriber about a millisecond."""


class CloseReason(msgspec.Struct, frozen=True):
    """Why the server ends a stream.

    Attributes:
        name: Label of the metric `flightmonitor_stream_closed_total`.
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


async def wake_in_groups(subscribers: Iterable[Subscriber], n_changed: int) -> None:
    """Wake all subscribers, and let other tasks run after some of them.

    Args:
        subscribers: The subscribers.
        n_changed: How many aircraft the tick has changed.
    """
    group = max(1, FILTERED_AT_ONCE // max(1, n_changed))
    waiting = iter(subscribers)
    try:
        for number, subscriber in enumerate(waiting, start=1):
            subscriber.wake()
            if number % group == 0:
                await asyncio.sleep(0)
    finally:
        for subscriber in waiting:
            subscriber.wake()
