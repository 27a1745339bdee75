"""Collect messages, partition by partition, until they make one transaction."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable

import msgspec

from processor.archive.message_headers import Letterhead, Letterheads, read_letterhead
from processor.archive.time_window import Reason, TimeBounds, Untimely
from processor.archive.unique_rows import (
    PartitionRows,
    UniqueRows,
    make_partition_rows,
    make_unique,
)
from processor.message import Message, read_published_at
from telemetry.codec import MalformedMessageError, decode_value
from telemetry.state_vector import StateVector

LATEST_MS = 4_102_444_800_000
"""The year 2100."""


ROWS_AT_ONCE = 500
"""State vectors of a partition that are read together; of fewer each would cost more."""


class Claim(msgspec.Struct):
    """A partition that is ours to store: where the next batch begins, and under which epoch."""

    partition: int
    next_offset: int
    epoch: int


class DeadLetter(msgspec.Struct, frozen=True):
    """A message that is not stored as a state vector: as it came, and what is wrong with it.

    Attributes:
        untimely: What is wrong with its time, if that is all.
        is_clock_doubted: Whether its publication has such a time too.
    """

    partition: int
    offset: int
    key: bytes | None
    headers: dict[str, str]
    value: bytes | None
    reason: str
    published_at: dt.datetime | None
    untimely: Reason | None = None
    is_clock_doubted: bool = False


class Span(msgspec.Struct):
    """What one partition adds to a batch: the messages from offset `lo` up to, without, `hi`.

    `lo` is the position before the batch rather than the first message's offset, because logs
    have gaps. `epoch` is that of the claim under which the messages were read. `messages` are all
    of them, as they came: the database may refuse one that could be read.
    """

    partition: int
    epoch: int
    lo: int
    hi: int
    n_in: int = 0
    state_vectors: list[StateVector] = []
    dead_letters: list[DeadLetter] = []
    messages: list[Message] = []


class Batch:
    """Messages of several partitions, decoded, to be stored in one transaction."""

    def __init__(self, spans: Iterable[Span] = ()) -> None:
        self.spans = {span.partition: span for span in spans}
        self.n_in = sum(span.n_in for span in self.spans.values())
        self._parts: list[PartitionRows] = []
        self._rows: tuple[int, UniqueRows] | None = None
        self._letterheads = Letterheads()

    def add(
        self, message: Message, claim: Claim, bounds: TimeBounds | None = None
    ) -> DeadLetter | None:
        """Take one message.

        Args:
            message: The next of its partition.
            claim: To its partition, under which it was read; `next_offset` is the position before
                the batch.
            bounds: Times that are believed; by default all.

        Returns:
            The dead letter, if the message holds no state vector or none of a time in bounds.
        """
        offset = _offset(message)
        span = self.spans.get(claim.partition)
        if span is None:
            span = self.spans[claim.partition] = _begin(claim)
        span.hi = offset + 1
        span.n_in += 1
        span.messages.append(message)
        self.n_in += 1
        letterhead = self._letterheads.read(message)
        try:
            state_vector = _decode(message, letterhead)
        except MalformedMessageError as error:
            dead_letter = _dead_letter(message, span, letterhead, str(error))
        else:
            untimely = _judge(state_vector.last_contact, message, letterhead, bounds)
            if untimely is None:
                span.state_vectors.append(state_vector)
                return None
            dead_letter = _dead_letter(message, span, letterhead, untimely.text, untimely)
        span.dead_letters.append(dead_letter)
        return dead_letter

    def dead_letters(self) -> list[DeadLetter]:
        """Return what is set aside, of all partitions."""
        return [letter for span in self.spans.values() for letter in span.dead_letters]

    def without(self, partitions: Iterable[int]) -> "Batch":
        """Return the batch less what another instance stores now."""
        left_out = set(partitions)
        batch = Batch(span for span in self.spans.values() if span.partition not in left_out)
        batch._parts = [part for part in self._parts if part.partition not in left_out]
        return batch

    def read(self, at_least: int = ROWS_AT_ONCE) -> None:
        """Read of each partition's new state vectors what rows are made of, if there are so many.

        A thousand of them are still in the processor's cache; a whole batch is not, and takes a
        quarter longer.
        """
        n_read = Counter[int]()
        for part in self._parts:
            n_read[part.partition] += len(part.state_vectors)
        for span in self.spans.values():
            new = span.state_vectors[n_read[span.partition] :]
            if len(new) >= at_least:
                self._parts.append(make_partition_rows(span.partition, new))

    def rows(self) -> UniqueRows:
        """Return the rows, made by the first call after the last `add`, by any thread."""
        if self._rows is None or self._rows[0] != self.n_in:
            self.read(at_least=1)
            self._rows = self.n_in, make_unique(self._parts)
        return self._rows[1]


def _offset(message: Message) -> int:
    offset = message.offset()
    if offset is None:
        raise ValueError(f"message without an offset, of partition {message.partition()}")
    return offset


def _begin(claim: Claim) -> Span:
    return Span(claim.partition, claim.epoch, lo=claim.next_offset, hi=claim.next_offset)


def make_dead_letter(message: Message, span: Span, reason: str) -> DeadLetter:
    """Return what is kept of a span's last message, which could be read and is not stored."""
    return _dead_letter(message, span, read_letterhead(message), reason)


def _decode(message: Message, letterhead: Letterhead) -> StateVector:
    if letterhead.fault is not None:
        raise MalformedMessageError(letterhead.fault)
    return decode_value(message.value())


def _judge(
    last_contact: int, message: Message, letterhead: Letterhead, bounds: TimeBounds | None
) -> Untimely | None:
    if bounds is None:
        return None
    # Nearly all are timely: the full judgement reads one more field of the message.
    if bounds.earliest <= last_contact <= bounds.latest and last_contact <= letterhead.latest:
        return None
    return bounds.judge(last_contact, letterhead.poll_time, read_published_at(message))


def _dead_letter(
    message: Message,
    span: Span,
    letterhead: Letterhead,
    reason: str,
    untimely: Untimely | None = None,
) -> DeadLetter:
    headers = letterhead.headers.items()
    return DeadLetter(
        partition=span.partition,
        offset=span.hi - 1,
        key=message.key(),
        headers={_storable(name): _storable(value) for name, value in headers},
        value=message.value(),
        reason=_storable(reason),
        published_at=_published_at(message),
        untimely=None if untimely is None else untimely.reason,
        is_clock_doubted=untimely is not None and untimely.is_clock_doubted,
    )


def _published_at(message: Message) -> dt.datetime | None:
    """Return the producer's time, None where it gave none or one that no calendar holds."""
    milliseconds = message.timestamp()[1]
    if not 0 < milliseconds < LATEST_MS:
        return None
    return dt.datetime.fromtimestamp(milliseconds / 1000, dt.UTC)


def _storable(value: str | bytes | None) -> str:
    """Return text that PostgreSQL takes: it has no NUL and no lone surrogates."""
    text = value.decode(errors="replace") if isinstance(value, bytes) else value or ""
    return text.encode(errors="replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
