"""One open stream: what it looks at, and what it waits for."""

import asyncio

import msgspec

from processor.live.connection_limits import StreamClient
from processor.stream.query import StreamQuery
from processor.stream.replay_request import ReplayRequest


class CloseReason(msgspec.Struct, frozen=True):
    """Why a stream ends: a name for operators, a text for the viewer."""

    name: str
    text: str


class Subscriber:
    """Sleeps until something happens that may concern it; holds nothing of what it is owed.

    Attributes:
        client: Whose stream it is.
        view: What it looks at,
        replay_request: The part of the past that it receives; None for the live stream.
        ending: How its stream is to end, once it is.
    """

    def __init__(self, view: StreamQuery, client: StreamClient) -> None:
        self.client = client
        self.view = view
        self.replay_request: ReplayRequest | None = None
        self.ending: CloseReason | None = None
        self._loop = asyncio.get_running_loop()
        self._waiter: asyncio.Future[None] | None = None
        self._is_woken = False

    def end_after(self, seconds: float, ending: CloseReason) -> asyncio.TimerHandle:
        """Let the stream end after a while; cancel the timer when it ends before."""
        return self._loop.call_later(seconds, self.end, ending)

    def end(self, ending: CloseReason) -> None:
        """Let the stream end, unless it ends already."""
        if self.ending is None:
            self.ending = ending
        self.wake()

    def wake(self) -> None:
        """Have the viewer look about, now or as soon as it has sent what it is sending."""
        self._is_woken = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def wait(self) -> None:
        """Wait until woken, be it since the last wait."""
        if not self._is_woken:
            self._waiter = self._loop.create_future()
            await self._waiter
        self._is_woken = False
