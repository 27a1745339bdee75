"""Store what the database accepts of a batch, and set aside the rows that it refuses."""

from typing import NamedTuple, Protocol

import structlog
from msgspec.structs import replace

from configuration.log_throttle import Throttle
from processor.archive.batch import Batch
from processor.archive.batch_division import (
    divide_by_hours,
    first_rows,
    halve,
    is_divisible,
    is_message,
    set_aside,
)
from processor.archive.batch_result import NOTHING, Stored
from processor.database_errors import Blame, blame, explain
from processor.errors import FatalError, PoisonedLogError, ProcessorError

log = structlog.get_logger()

PATIENCE = 5
"""Attempts, some seconds in all, before a batch is halved, and again before a row is set aside,
where the error may also be an outage."""

MAX_IN_A_ROW = 1_000
"""Rows set aside in succession, without a stored one between them, beyond which the archive stops
for a while: then the database was changed, or the program is at fault."""


class Rejection(NamedTuple):
    """The database, or the driver, refuses a transaction because of its messages."""

    blame: Blame
    error: Exception

    @property
    def reason(self) -> str:
        """The reason that is stored with the dead letter."""
        trouble = explain(self.error)
        words = " ".join(str(self.error).split())
        code = type(self.error).__name__ if trouble is None else trouble.code
        return f"the database refuses it ({code}): {words}"

    def as_fatal(self) -> FatalError:
        """Return the error to raise where nothing can be set aside."""
        trouble = explain(self.error)
        return FatalError(self.reason) if trouble is None else trouble.as_error()

    def is_certain(self, attempts: int, batch: Batch, *, is_part: bool) -> bool:
        """Whether to divide the batch after so many attempts, rather than to try it again.

        A part of a batch that was refused before is halved at once.
        """
        if self.blame is Blame.MESSAGE:
            return True
        if batch.n_in == 1 and self.blame is Blame.AMOUNT:
            return False  # one message is never too many: it waits until an operator acts
        return attempts >= PATIENCE or (is_part and batch.n_rows > 1)


def rejection_of(error: Exception) -> Rejection | None:
    """Return the rejection that an error is; None if the messages are not its cause."""
    blamed = None if isinstance(error, ProcessorError) else blame(error)
    return None if blamed is None else Rejection(blamed, error)


class StoreAttempt(Protocol):
    """Stores a batch in one transaction; it retries during outages by itself."""

    async def __call__(
        self, batch: Batch, *, is_part: bool, is_trial: bool = False
    ) -> Stored | Rejection:
        """Return what was stored, or why the database refuses the batch.

        Args:
            batch: The messages.
            is_part: Whether the batch is a part of one that was refused before.
            is_trial: Whether to roll back a transaction that the database accepts.
        """


class DividingStore:
    """Divides a batch until every part of it is stored or set aside.

    Each part is a transaction of its own, so finished parts are never lost. One refused message
    costs two transactions for each halving: 28 in a batch of 12,000. A message of several rows is
    never divided; its refused rows are found in transactions that are rolled back, ten for each in
    a message of 500, and then the whole message is stored with these rows as dead letters.
    """

    def __init__(self, attempt: StoreAttempt) -> None:
        self._attempt = attempt
        self._in_a_row = 0
        self._lines = Throttle()

    async def store(self, batch: Batch) -> Stored:
        """Store a batch.

        Raises:
            PoisonedLogError: So many rows in succession are refused that the cause is elsewhere.
            FatalError: Not even a dead letter is accepted.
        """
        total = NOTHING
        for part in divide_by_hours(batch):
            total = await self._store_part(part, total)
        return total

    async def _store_part(self, part: Batch, total: Stored) -> Stored:
        waiting = [part]
        is_refused = False
        while waiting:
            frame = waiting.pop()
            if total.fenced:
                frame = frame.without(total.fenced)
            if not frame.n_in:
                continue
            stored = await self._attempt(frame, is_part=is_refused)
            if isinstance(stored, Rejection) and is_divisible(frame):
                is_refused = True
                first, second = halve(frame)
                waiting += [second, first]
                continue
            if isinstance(stored, Rejection):
                is_refused = True
                stored = await self._store_message(frame, stored)
            total = total.plus(stored)
            self._in_a_row = 0 if stored.n_rows else self._in_a_row
        return total

    async def _store_message(self, message: Batch, rejection: Rejection) -> Stored:
        """Store a refused message with the rows that the database refuses as dead letters."""
        if not is_message(message):
            raise rejection.as_fatal()
        refused: set[int] = set()
        number = 0
        while True:
            if (found := await self._find_refused(message, number, rejection)) is not None:
                number, rejection = found
                message = self._set_aside(message, number, rejection)
                refused.add(number)
            stored = await self._attempt(message, is_part=True)
            if isinstance(stored, Stored):
                return replace(stored, refused=len(refused))
            rejection = stored

    async def _find_refused(
        self, message: Batch, n_accepted: int, rejection: Rejection
    ) -> tuple[int, Rejection] | None:
        """Find the first row with which the database refuses the rows up to it.

        Args:
            message: A batch of one message, which is refused.
            n_accepted: How many of its first rows were accepted.
            rejection: Why the message is refused.

        Returns:
            The row's place and the reason; None if the database has changed its mind.
        """
        n_refused = message.n_rows
        middle = n_accepted + 1  # refused rows tend to follow each other
        while n_refused - n_accepted > 1:
            tried = await self._attempt(first_rows(message, middle), is_part=True, is_trial=True)
            if isinstance(tried, Rejection):
                n_refused, rejection = middle, tried
            else:
                n_accepted = middle
            middle = (n_accepted + n_refused) // 2
        if message.n_rows == 1 or rejection.blame is Blame.MESSAGE:
            return n_accepted, rejection
        # Before a row is set aside, patience: the error may also be an outage.
        tried = await self._attempt(first_rows(message, n_refused), is_part=False, is_trial=True)
        return (n_accepted, tried) if isinstance(tried, Rejection) else None

    def _set_aside(self, message: Batch, number: int, rejection: Rejection) -> Batch:
        """Turn a refused row of a message into a dead letter."""
        reason = rejection.reason
        rest = set_aside(message, number, reason)
        if rest is None:
            raise rejection.as_fatal()
        self._in_a_row += 1
        if self._in_a_row > MAX_IN_A_ROW:
            raise PoisonedLogError(
                f"more than {MAX_IN_A_ROW:,} rows in succession are refused, the last one because"
                f" {reason}. They were set aside in dead_letters: see whether tables were changed"
            )
        if self._lines.admit("refused") is not None:
            [span] = message.spans.values()
            log.warning(
                "set_aside_as_refused", reason=reason, partition=span.partition, offset=span.hi - 1
            )
        return rest
