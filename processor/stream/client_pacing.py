"""Make what only one client gets: for each one thing at a time, a quarter of the time at most."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from processor.access.addresses import network_of
from processor.access.slots import Client

AT_ONCE = 4
"""Clients for which something is made at a time: an answer in the making takes megabytes."""

REST_RATIO = 3
"""Of a client's rest to the time that its answer took: the rest is for subscribers and others."""


class _Line:
    """The requests of one client, in the order in which they came."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.requests = 0


class ClientPacing:
    """What all get is made once; what one client chooses costs time for that client alone.

    A client is a principal or, without one, an address. After each of its answers it rests for
    `REST_RATIO` times as long as that took, so its requests wait for each other and not the
    subscribers for them. There are as many waiting requests as connections, which are bounded
    elsewhere.
    """

    def __init__(self) -> None:
        self._lines: dict[str, _Line] = {}
        self._places = asyncio.Semaphore(AT_ONCE)

    def __len__(self) -> int:
        """Return how many clients wait, or rest."""
        return len(self._lines)

    @asynccontextmanager
    async def paced(self, client: Client) -> AsyncIterator[None]:
        """Wait until it is this client's turn, and hold it within a block."""
        name = client.principal or network_of(client.address)
        line = self._lines.setdefault(name, _Line())
        line.requests += 1
        try:
            await line.lock.acquire()
        except BaseException:
            self._leave(name, line)
            raise
        loop = asyncio.get_running_loop()
        rest_seconds = 0.0
        try:
            async with self._places:
                began_at = loop.time()
                try:
                    yield
                finally:
                    rest_seconds = REST_RATIO * (loop.time() - began_at)
        finally:
            loop.call_later(rest_seconds, self._rested, name, line)

    def _rested(self, name: str, line: _Line) -> None:
        line.lock.release()
        self._leave(name, line)

    def _leave(self, name: str, line: _Line) -> None:
        line.requests -= 1
        if not line.requests:
            del self._lines[name]
