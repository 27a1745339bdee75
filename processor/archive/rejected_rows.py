"""Store what the database accepts of a batch, and set aside the messages that it refuses."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

import structlog
from msgspec.structs import replace

from configuration.log_throttle import Throttle
from processor.archive.batch import Batch
from processor.archive.batch_division import divide_by_hours, halve, is_divisible, set_aside
from processor.archive.batch_result import NOTHING, Stored
from processor.database_errors import Blame, blame, explain
from processor.errors import FatalError, PoisonedLogError, ProcessorError

log = structlog.get_logger()

PATIENCE = 5
"""Attempts, some seconds in all, before a batch is halved, and again before a single message is set
aside, where the error may also be an outage."""

MAX_IN_A_ROW = 1_000
"""Messages set aside in a row, without a stored one between them, beyond which the archive stops
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
        return attempts >= PATIENCE or (is_part and batch.n_in > 1)


def rejection_of(error: Exception) -> Rejection | None:
    """Return the rejection that an error is; None if the messages are not its cause."""
    blamed = None if isinstance(error, ProcessorError) else blame(error)
    return None if blamed is None else Rejection(blamed, error)


class DividingStore:
    """Divides a batch until every part of it is stored or set aside.

    Each part is a transaction of its own, so finished parts are never lost. One refused message
    costs two transactions for each halving: 28 in a batch of 12,000.

    Args:
        store: Stores a batch or returns why it is refused; it retries during outages by itself. Its
            second argument says whether the batch is a part of a refused one.
    """

    def __init__(self, store: Callable[[Batch, bool], Awaitable[Stored | Rejection]]) -> None:
        self._store = store
        self._in_a_row = 0
        self._lines = Throttle()

    async def store(self, batch: Batch) -> Stored:
        """Store a batch.

        Raises:
            PoisonedLogError: So many messages in a row are refused that the cause is elsewhere.
            FatalError: Not even a dead letter is accepted.
        """
        total = NOTHING
        for part in divide_by_hours(batch):
            total = await self._store_part(part, total)
        return total

    async def _store_part(self, part: Batch, total: Stored) -> Stored:
        waiting = [part]
        aside: Batch | None = None
        is_refused = False
        while waiting:
            frame = waiting.pop()
            n_refused = int(frame is aside)
            if total.fenced:
                frame = frame.without(total.fenced)
            if not frame.n_in:
                continue
            stored = await self._store(frame, is_refused)
            if isinstance(stored, Stored):
                total = total.plus(replace(stored, refused=n_refused))
                self._in_a_row = 0 if stored.n_rows else self._in_a_row
                continue
            is_refused = True
            if is_divisible(frame):
                first, second = halve(frame)
                waiting += [second, first]
            else:
                aside = self._set_aside(frame, stored)
                waiting.append(aside)
        return total

    def _set_aside(self, frame: Batch, rejection: Rejection) -> Batch:
        """Turn a refused message into a dead letter."""
        reason = rejection.reason
        rest = set_aside(frame, reason)
        if rest is None:
            raise rejection.as_fatal()
        self._in_a_row += 1
        if self._in_a_row > MAX_IN_A_ROW:
            raise PoisonedLogError(
                f"more than {MAX_IN_A_ROW:,} messages in a row are refused, the last one because"
                f" {reason}. They were set aside in dead_letters: see whether tables were changed"
            )
        if self._lines.admit("refused") is not None:
            [span] = frame.spans.values()
            log.warning(
                "set_aside_as_refused", reason=reason, partition=span.partition, offset=span.hi - 1
            )
        return rest
