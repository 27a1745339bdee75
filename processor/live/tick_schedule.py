"""When a tick is due: at the end of an answer, or after a pause if its end is not known."""

import math
from collections.abc import Iterable

from processor.answers import AnswerCounts, AnswerPart

PAUSE_SECONDS = 2.0
"""How long an incomplete answer is waited for after its newest message. A broker that elects a
leader, or a collector whose host is busy, pauses for less; longer than this an update should not be
late because a message was lost."""

MAX_WAIT_SECONDS = 5.0
"""How long messages wait for a tick in all, whatever other messages announce."""


class TickSchedule:
    """Decides when the messages that were read are to be shown.

    All times are seconds of one monotonic clock.

    A tick is due when an answer is complete. While another one is incomplete, the tick waits for
    it, so that no answer is divided between two ticks, but no longer than the bounds above.
    Messages that announce nothing are shown when none came for `quiet_seconds`, at the latest
    `tick_seconds` after the first of them. Between two ticks are `tick_seconds`, except before one
    that completes what the tick before it has divided.
    """

    def __init__(self, *, tick_seconds: float, quiet_seconds: float) -> None:
        self._tick_seconds = tick_seconds
        self._quiet_seconds = quiet_seconds
        self._answers = AnswerCounts()
        self._first_at: float | None = None
        self._last_at = 0.0
        self._complete_at: float | None = None
        self._completes_split = False
        self._not_before = -math.inf

    def begin(self) -> None:
        """Forget all answers, because the log is read from another position."""
        self._answers = AnswerCounts()

    def receive(self, parts: Iterable[AnswerPart], now: float) -> None:
        """Note that messages were read.

        Args:
            parts: How many of them are from which answer; those of no known one are left out.
            now: The time.
        """
        if self._first_at is None:
            self._first_at = now
        self._last_at = now
        for complete in self._answers.add_all(parts, now):
            self._complete_at = now
            self._completes_split = self._completes_split or complete.is_split

    def due_at(self) -> float:
        """Return when the next tick is due; infinity if no message waits for one."""
        if self._first_at is None:
            return math.inf
        if self._complete_at is None:
            quiet_at = self._last_at + self._quiet_seconds
            due_at = min(quiet_at, self._first_at + self._tick_seconds)
        else:
            due_at = self._complete_at
        incomplete = self._answers.incomplete()
        if incomplete:
            awaited_until = max(each.read_at for each in incomplete) + PAUSE_SECONDS
            due_at = max(due_at, min(awaited_until, self._first_at + MAX_WAIT_SECONDS))
        return due_at if self._completes_split else max(due_at, self._not_before)

    def tick(self, now: float) -> None:
        """Note that a tick shows all messages that were read."""
        first_at = self._first_at
        for each in self._answers.incomplete():
            each.is_split = each.is_split or (first_at is not None and each.read_at >= first_at)
        self._first_at = self._complete_at = None
        self._completes_split = False
        self._not_before = now + self._tick_seconds
