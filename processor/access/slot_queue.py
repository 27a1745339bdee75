"""Let a client wait for a while if all slots that it may take are in use."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from processor.access.slots import Client, OverloadedError, SlotLimits, Slots


class SlotQueue:
    """Gives a free slot to the first waiting client that is below its own limit.

    A client at its limit is passed over, so it does not delay other clients.

    Args:
        slots: The slots. Only this object takes and releases them.
        waiting: How many requests may wait; more are refused at once.
        patience_seconds: How long a request waits before it is refused.
    """

    def __init__(self, slots: Slots, *, waiting: SlotLimits, patience_seconds: float) -> None:
        self._slots = slots
        self._waiting = Slots("waiting requests", waiting)
        self._patience_seconds = patience_seconds
        self._queue: deque[tuple[Client, asyncio.Future[None]]] = deque()

    async def acquire(self, client: Client) -> None:
        """Take a slot as soon as one is free. It must be released.

        Raises:
            OverloadedError: None was free in time; the error names the limit.
        """
        try:
            self._slots.acquire(client)
        except OverloadedError as refusal:
            try:
                self._waiting.acquire(client)
            except OverloadedError:
                raise refusal from None
            try:
                await self._wait(client, refusal)
            finally:
                self._waiting.release(client)

    def release(self, client: Client) -> None:
        """Give a slot back, and give it to a waiting client."""
        self._slots.release(client)
        self._serve_queue()

    @asynccontextmanager
    async def held(self, client: Client) -> AsyncIterator[None]:
        """Hold a slot within a block.

        Raises:
            OverloadedError: None was free in time; the error names the limit.
        """
        await self.acquire(client)
        try:
            yield
        finally:
            self.release(client)

    async def _wait(self, client: Client, refusal: OverloadedError) -> None:
        granted = asyncio.get_running_loop().create_future()
        self._queue.append((client, granted))
        try:
            async with asyncio.timeout(self._patience_seconds):
                await granted
        except BaseException as error:
            self._leave_queue(client, granted)
            if isinstance(error, TimeoutError):
                raise refusal from None
            raise

    def _leave_queue(self, client: Client, granted: asyncio.Future[None]) -> None:
        if granted.done() and not granted.cancelled():
            self.release(client)  # the slot was granted while the client gave up
        else:
            self._queue.remove((client, granted))

    def _serve_queue(self) -> None:
        for client, granted in tuple(self._queue):
            if granted.done():
                continue  # it is about to leave the queue
            try:
                self._slots.acquire(client)
            except OverloadedError:
                continue
            self._queue.remove((client, granted))
            granted.set_result(None)
