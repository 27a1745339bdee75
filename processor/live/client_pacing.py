"""Pace answers that are made for one client: one at a time for each, a quarter of the time."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from processor.access.addresses import network_of
from processor.access.slots import Client

MAX_CLIENTS_AT_ONCE = 4
"""Bound of the answers in the making, which take megabytes each."""

REST_RATIO = 3
"""Ratio of a client's rest to the time that its answer took, so that ticks and other clients get
three quarters of the event loop."""


class _Queue:
    """The requests of one client, in the order in which they came."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.n_requests = 0


class ClientPacing:
    """Makes a client wait for its own requests, and not others for it.

    A client is a principal or, without one, an address. After each answer it rests for `REST_RATIO`
    times as long as the answer took. There are at most as many waiting requests as connections,
    which are limited elsewhere.
    """

    def __init__(self) -> None:
        self._queues: dict[str, _Queue] = {}
        self._places = asyncio.Semaphore(MAX_CLIENTS_AT_ONCE)
        self._is_free = asyncio.Event()
        self._is_free.set()

    def __len__(self) -> int:
        """Return how many clients wait, are served, or rest."""
        return len(self._queues)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Begin to serve no client within the block, because a tick goes before their answers."""
        self._is_free.clear()
        try:
            yield
        finally:
            self._is_free.set()

    @asynccontextmanager
    async def paced(self, client: Client) -> AsyncIterator[None]:
        """Wait until a client may be served, and serve it within the block."""
        name = client.principal or network_of(client.address)
        waiting = self._queues.setdefault(name, _Queue())
        waiting.n_requests += 1
        try:
            await waiting.lock.acquire()
        except BaseException:
            self._leave(name, waiting)
            raise
        loop = asyncio.get_running_loop()
        rest_seconds = 0.0
        try:
            async with self._places:
                await self._is_free.wait()
                began_at = loop.time()
                try:
                    yield
                finally:
                    rest_seconds = REST_RATIO * (loop.time() - began_at)
        finally:
            loop.call_later(rest_seconds, self._end_rest, name, waiting)

    def _end_rest(self, name: str, waiting: _Queue) -> None:
        waiting.lock.release()
        self._leave(name, waiting)

    def _leave(self, name: str, waiting: _Queue) -> None:
        waiting.n_requests -= 1
        if not waiting.n_requests:
            del self._queues[name]
