"""Lend database connections to requests; slow requests cannot take those of fast ones."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from processor.access.shares import Client, OverloadedError, ShareLimits, Shares
from processor.access.waiting import WaitingShares
from processor.history.database import ACQUIRE_SECONDS, Connection, HistoryDatabase, Use

FAST_SECONDS = 2.0
"""Most requests take some milliseconds. One that takes longer than this is a slow request."""

MAX_WAITING = ShareLimits(256, per_principal=32, per_address=32)
"""Requests that may wait for a connection. A web page sends a handful at once, and many users of an
office share one address."""


class ConnectionPool:
    """Lends connections to requests, and counts fast and slow ones separately.

    Which requests are slow is not known before they run, so each begins in a place for fast ones.
    After `FAST_SECONDS` it moves to a place for slow ones, or ends if its client may have none. So
    the places for fast requests become free again soon, whatever clients request.

    Args:
        database: Opens the connections.
        client_share: The share of the places of each kind that one principal or address may hold
            (0 to 1).
    """

    def __init__(self, database: HistoryDatabase, *, client_share: float) -> None:
        self._database = database
        places = database.connections[Use.REQUESTS]
        slow = max(1, places * 2 // 5)
        self._fast = WaitingShares(
            _shares("history requests", places - slow, client_share),
            waiting=MAX_WAITING,
            patience_seconds=ACQUIRE_SECONDS,
        )
        self._slow = _shares(
            f"history requests that take longer than {FAST_SECONDS:g} s", slow, client_share
        )

    @asynccontextmanager
    async def reading(self, client: Client) -> AsyncIterator[Connection]:
        """Lend a connection in a read-only transaction, as `HistoryDatabase.reading` does.

        Raises:
            OverloadedError: All places that this client may have stayed in use for as long as a
                request waits; or the request is slow, and no place for slow ones is free.
            HistoryError: The database cannot answer.
        """
        place = _Place(self._fast, self._slow, client)
        await self._fast.acquire(client)
        try:
            async with asyncio.timeout(None) as end:
                with place.watched(end):
                    async with self._database.reading() as connection:
                        yield connection
        except TimeoutError:
            if place.refusal is None:
                raise
            raise place.refusal from None
        finally:
            place.release()


class _Place:
    """The place that one request holds.

    Attributes:
        refusal: Why the request has to end; None while it may go on.
    """

    def __init__(self, fast: WaitingShares, slow: Shares, client: Client) -> None:
        self.refusal: OverloadedError | None = None
        self._fast = fast
        self._slow = slow
        self._client = client
        self._is_slow = False

    @contextmanager
    def watched(self, end: asyncio.Timeout) -> Iterator[None]:
        """Move the request to a place for slow ones once it has become slow."""
        loop = asyncio.get_running_loop()
        timer = loop.call_later(FAST_SECONDS, self._become_slow, end)
        try:
            yield
        finally:
            timer.cancel()

    def _become_slow(self, end: asyncio.Timeout) -> None:
        try:
            self._slow.acquire(self._client)
        except OverloadedError as refusal:
            self.refusal = refusal
            end.reschedule(asyncio.get_running_loop().time())
            return
        self._is_slow = True
        self._fast.release(self._client)

    def release(self) -> None:
        """Give the place back, of whichever kind it is by now."""
        (self._slow if self._is_slow else self._fast).release(self._client)


def _shares(what: str, places: int, client_share: float) -> Shares:
    return Shares(
        what,
        share_limits(places, client_share),
        setting="history.max_connections",
        share_setting="history.client_share",
    )


def share_limits(places: int, client_share: float) -> ShareLimits:
    """Return limits with which one client may hold a share of the places, and at least one."""
    share = max(1, int(places * client_share))
    return ShareLimits(places, per_principal=share, per_address=share)
