"""Connections for questions: short ones always find one, however many long ones are under way."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from processor.access.slot_queue import SlotQueue
from processor.access.slots import Client, OverloadedError, SlotLimits, Slots
from processor.history.database import ACQUIRE_SECONDS, Connection, HistoryDatabase, Use

SHORT_SECONDS = 2.0
"""Most questions take some milliseconds; what takes longer is to leave the place of a short one."""

MAX_WAITING = SlotLimits(256, per_principal=32, per_address=32)
"""Requests; a page asks for a handful at once, and an office shares an address."""


class Questions:
    """Gives a connection to a question, which may become a long one while it has it.

    Which question is a long one is not known before, so each begins in the place of a short one.
    After `SHORT_SECONDS` it goes on in the place of a long one, or ends if there is none for its
    client. So the places of short questions are free again soon, whatever is asked.

    Args:
        database: Whose connections they are.
        client_share: The share of each kind of place that one principal or address may hold.
    """

    def __init__(self, database: HistoryDatabase, *, client_share: float) -> None:
        self._database = database
        places = database.connections[Use.QUESTIONS]
        long = max(1, places * 2 // 5)
        self._short = SlotQueue(
            _shares("questions", places - long, client_share),
            waiting=MAX_WAITING,
            patience_seconds=ACQUIRE_SECONDS,
        )
        self._long = _shares(
            f"questions that take longer than {SHORT_SECONDS:g} s", long, client_share
        )

    @asynccontextmanager
    async def reading(self, client: Client) -> AsyncIterator[Connection]:
        """Give a connection in a read-only transaction, as the database does.

        Raises:
            OverloadedError: Every place that this client may have was in use for as long as one
                waits; or the question takes long, and no place for long ones is left.
            HistoryError: As the database raises it.
        """
        place = _Place(self._short, self._long, client)
        await self._short.acquire(client)
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
    """The place of one question.

    Attributes:
        refusal: Why the question has to end, once it has.
    """

    def __init__(self, short: SlotQueue, long: Slots, client: Client) -> None:
        self.refusal: OverloadedError | None = None
        self._short = short
        self._long = long
        self._client = client
        self._is_long = False

    @contextmanager
    def watched(self, end: asyncio.Timeout) -> Iterator[None]:
        """Move to the place of a long question when it is one."""
        loop = asyncio.get_running_loop()
        timer = loop.call_later(SHORT_SECONDS, self._become_long, end)
        try:
            yield
        finally:
            timer.cancel()

    def _become_long(self, end: asyncio.Timeout) -> None:
        try:
            self._long.acquire(self._client)
        except OverloadedError as refusal:
            self.refusal = refusal
            end.reschedule(asyncio.get_running_loop().time())
            return
        self._is_long = True
        self._short.release(self._client)

    def release(self) -> None:
        """Give the place back, whichever it is by now."""
        (self._long if self._is_long else self._short).release(self._client)


def _shares(what: str, places: int, client_share: float) -> Slots:
    return Slots(
        what,
        share_limits(places, client_share),
        setting="history.max_connections",
        share_setting="history.client_share",
    )


def share_limits(places: int, client_share: float) -> SlotLimits:
    """Return limits where one client may hold a share of the places, but one at the least."""
    share = max(1, int(places * client_share))
    return SlotLimits(places, per_principal=share, per_address=share)
