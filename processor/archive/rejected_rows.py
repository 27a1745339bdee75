"""PASS: store whatever the database takes of a batch, and set aside the message that it refuses."""

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
aside, for what may be an outage after all."""

MAX_IN_A_ROW = 1_000
"""Messages set aside one after another without one that is stored between them: then it is the
database that was changed, or the program is at fault, and the archive stops for a while."""


class Rejection(NamedTuple):
    """The database, or the way to it, does not take a transaction because of its messages."""

    blame: Blame
    error: Exception

    @property
    def reason(self) -> str:
        """The words that are kept with a message that is set aside."""
        trouble = explain(self.error)
        words = " ".join(str(self.error).split())
        code = type(self.error).__name__ if trouble is None else trouble.code
        return f"the database refuses it ({code}): {words}"

    def as_fatal(self) -> FatalError:
        """Return the error of those who cannot set anything aside."""
        trouble = explain(self.error)
        return FatalError(self.reason) if trouble is None else trouble.as_error()

    def is_certain(self, attempts: int, batch: Batch, *, is_part: bool) -> bool:
        """Whether to act on it after so many attempts, rather than to try the same again.

        A part of a batch that was refused already is halved at once.
        """
        if self.blame is Blame.MESSAGE:
            return True
        if batch.n_in == 1 and self.blame is Blame.AMOUNT:
            return False  # one message is never too many: an operator cures what it waits for
        return attempts >= PATIENCE or (is_part and batch.n_in > 1)


def rejection_of(error: Exception) -> Rejection | None:
    """Return what an error says of the messages; None if they have nothing to do with it."""
    blamed = None if isinstance(error, ProcessorError) else blame(error)
    return None if blamed is None else Rejection(blamed, error)


class DividingStore:
    """Divides a batch until every part of it is stored or set aside.

    Each part is a transaction of its own, so what has been reached is never lost. One message that
    is refused costs two transactions for each halving, 28 in a batch of 12,000.

    Args:
        store: Stores a batch, of which it learns whether it is a part of a refused one, or returns
            why it is refused; outages it outlasts by itself.
    """

    def __init__(self, store: Callable[[Batch, bool], Awaitable[Stored | Rejection]]) -> None:
        self._store = store
        self._in_a_row = 0
        self._lines = Throttle()

    async def store(self, batch: Batch) -> Stored:
        """Store a batch.

        Raises:
            PoisonedLogError: So much in a row is refused that it cannot be the messages.
            FatalError: Not even a dead letter is taken.
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
        """Turn a message that is refused into a dead letter."""
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
