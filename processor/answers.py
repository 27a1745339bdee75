"""How much of each OpenSky answer has been read, by the header `poll-messages`."""

from collections.abc import Iterable
from typing import NamedTuple

from telemetry.codec import POLL_MESSAGES, Headers

MAX_ANSWERS = 64
"""Bound of the answers that are counted at a time; a collector publishes one after another. Beyond
it the one that was read least recently is forgotten, and silence decides when its burst ended."""

MAX_DIGITS = 7
MAX_HEADER_BYTES = 64
"""Bounds of the headers that tell answers apart: beyond them a message counts as unannounced."""


class Answer(NamedTuple):
    """What the messages of one answer have in common.

    Attributes:
        source: The header `source`.
        poll_time: The header `poll-time`.
        n_messages: How many messages carry its rows, over all partitions.
    """

    source: bytes
    poll_time: bytes
    n_messages: int


class AnswerPart(NamedTuple):
    """Messages of one answer that were read.

    Attributes:
        answer: The answer that they are from.
        n_messages: How many were read.
    """

    answer: Answer
    n_messages: int


class AnswerCount:
    """The messages of one answer that are still to be read.

    Attributes:
        n_left: How many; none once the answer is complete.
        read_at: When its newest message was read (seconds of a monotonic clock).
        is_split: Whether a tick has shown a part of it.
    """

    def __init__(self, n_messages: int) -> None:
        self.n_left = n_messages
        self.read_at = 0.0
        self.is_split = False


class AnswerCounts:
    """Counts the messages of the answers that were read most recently."""

    def __init__(self) -> None:
        self._by_answer: dict[Answer, AnswerCount] = {}

    def __len__(self) -> int:
        return len(self._by_answer)

    def add(self, part: AnswerPart, now: float) -> AnswerCount | None:
        """Count messages; return their answer's count, None if it was complete before them."""
        count = self._by_answer.pop(part.answer, None) or AnswerCount(part.answer.n_messages)
        self._by_answer[part.answer] = count
        if len(self._by_answer) > MAX_ANSWERS:
            del self._by_answer[next(iter(self._by_answer))]
        if not count.n_left:
            return None
        count.n_left = max(0, count.n_left - part.n_messages)
        count.read_at = now
        return count

    def add_all(self, parts: Iterable[AnswerPart], now: float) -> list[AnswerCount]:
        """Count messages of several answers; return the counts of those that they complete."""
        counts = [self.add(part, now) for part in parts]
        return [count for count in counts if count is not None and not count.n_left]

    def incomplete(self) -> list[AnswerCount]:
        """Return the answers with messages that are still to be read."""
        return [each for each in self._by_answer.values() if each.n_left]


def read_answer(headers: Headers) -> Answer | None:
    """Return the answer that a message belongs to; None if its headers do not say."""
    source, poll_time = headers.get("source"), headers.get("poll-time")
    n_messages = headers.get(POLL_MESSAGES)
    if source is None or poll_time is None or n_messages is None:
        return None
    if max(len(source), len(poll_time)) > MAX_HEADER_BYTES:
        return None
    if len(n_messages) > MAX_DIGITS or not n_messages.isdigit() or not int(n_messages):
        return None
    return Answer(source, poll_time, int(n_messages))
