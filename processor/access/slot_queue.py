"""Places that a client waits for, for a while, when its share or all of them are in use."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from processor.access.slots import Client, OverloadedError, SlotLimits, Slots


class SlotQueue:
    """Gives each free place to the first in line that may have it: no client waits for another's.

    A client that has its share is passed over, however long its own line is.

    Args:
        shares: The places; only this object takes and releases them.
        waiting: How many may be in line; more are refused at once.
        patience_seconds: How long one is in line until it is refused.
    """

    def __init__(self, shares: Slots, *, waiting: SlotLimits, patience_seconds: float) -> None:
        self._shares = shares
        self._in_line = Slots("waiting requests", waiting)
        self._patience_seconds = patience_seconds
        self._line: deque[tuple[Client, asyncio.Future[None]]] = deque()

    async def acquire(self, client: Client) -> None:
        """Take a place as soon as there is one; it must be released.

        Raises:
            OverloadedError: Naming the bound that was met all the time.
        """
        try:
            self._shares.acquire(client)
        except OverloadedError as refusal:
            try:
                self._in_line.acquire(client)
            except OverloadedError:
                raise refusal from None
            try:
                await self._wait(client, refusal)
            finally:
                self._in_line.release(client)

    def release(self, client: Client) -> None:
        """Give a place back, and let those in line have it."""
        self._shares.release(client)
        self._serve_line()

    @asynccontextmanager
    async def held(self, client: Client) -> AsyncIterator[None]:
        """Hold a place within a block.

        Raises:
            OverloadedError: Naming the bound that was met all the time.
        """
        await self.acquire(client)
        try:
            yield
        finally:
            self.release(client)

    async def _wait(self, client: Client, refusal: OverloadedError) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._line.append((client, turn))
        try:
            async with asyncio.timeout(self._patience_seconds):
                await turn
        except BaseException as error:
            self._leave_line(client, turn)
            if isinstance(error, TimeoutError):
                raise refusal from None
            raise

    def _leave_line(self, client: Client, turn: asyncio.Future[None]) -> None:
        if turn.done() and not turn.cancelled():
            self.release(client)  # the place came at the very moment of leaving
        else:
            self._line.remove((client, turn))

    def _serve_line(self) -> None:
        for client, turn in tuple(self._line):
            if turn.done():
                continue  # it is about to leave
            try:
                self._shares.acquire(client)
            except OverloadedError:
                continue
            self._line.remove((client, turn))
            turn.set_result(None)
