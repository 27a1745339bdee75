"""Collect the messages of one transaction, partition by partition, and decode them."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable

import msgspec

from processor.archive.message_headers import HeaderReader, MessageHeaders, read_message_headers
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
"""The year 2100, in milliseconds: later publication times count as unknown."""


ROWS_AT_ONCE = 500
"""Fewest state vectors of a partition that are encoded together; fewer cost more each."""


class Claim(msgspec.Struct):
    """A partition that this instance owns: where the next batch begins, and the epoch."""

    partition: int
    next_offset: int
    epoch: int


class DeadLetter(msgspec.Struct, frozen=True):
    """A message that is not stored as a state vector: its content and what is wrong with it.

    Attributes:
        untimely: What is wrong with its time; None if something else is wrong.
        is_clock_doubted: Whether its publication time lies in the future as well.
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
    """The messages of one partition in a batch, from offset `lo` up to, without, `hi`.

    `lo` is the offset where the batch before ended rather than the first message's offset, because
    logs have gaps. `epoch` is the epoch of the claim under which the messages were read. `messages`
    keeps all of them undecoded, because the database may refuse one that could be decoded.
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
        self._header_reader = HeaderReader()

    def add(
        self, message: Message, claim: Claim, bounds: TimeBounds | None = None
    ) -> DeadLetter | None:
        """Add one message.

        Args:
            message: The next one of its partition.
            claim: The claim under which it was read; `next_offset` is where the batch begins.
            bounds: Times that are trusted; None trusts all.

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
        headers = self._header_reader.read(message)
        try:
            state_vector = _decode(message, headers)
        except MalformedMessageError as error:
            dead_letter = _dead_letter(message, span, headers, str(error))
        else:
            untimely = _judge(state_vector.last_contact, message, headers, bounds)
            if untimely is None:
                span.state_vectors.append(state_vector)
                return None
            dead_letter = _dead_letter(message, span, headers, untimely.text, untimely)
        span.dead_letters.append(dead_letter)
        return dead_letter

    def dead_letters(self) -> list[DeadLetter]:
        """Return the dead letters of all partitions."""
        return [letter for span in self.spans.values() for letter in span.dead_letters]

    def without(self, partitions: Iterable[int]) -> "Batch":
        """Return the batch without partitions that another instance owns."""
        left_out = set(partitions)
        batch = Batch(span for span in self.spans.values() if span.partition not in left_out)
        batch._parts = [part for part in self._parts if part.partition not in left_out]
        return batch

    def read(self, at_least: int = ROWS_AT_ONCE) -> None:
        """Encode each partition's new state vectors, if there are at least so many.

        A thousand of them are still in the CPU's cache. A whole batch is not, and takes a quarter
        longer to encode.
        """
        n_read = Counter[int]()
        for part in self._parts:
            n_read[part.partition] += len(part.state_vectors)
        for span in self.spans.values():
            new = span.state_vectors[n_read[span.partition] :]
            if len(new) >= at_least:
                self._parts.append(make_partition_rows(span.partition, new))

    def rows(self) -> UniqueRows:
        """Return the rows; the first call after an `add` makes them, in any thread."""
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
    """Return a dead letter of a span's last message, which could be decoded but is not stored."""
    return _dead_letter(message, span, read_message_headers(message), reason)


def _decode(message: Message, headers: MessageHeaders) -> StateVector:
    if headers.fault is not None:
        raise MalformedMessageError(headers.fault)
    return decode_value(message.value())


def _judge(
    last_contact: int, message: Message, headers: MessageHeaders, bounds: TimeBounds | None
) -> Untimely | None:
    if bounds is None:
        return None
    # Nearly all times can be true: the full judgement would read one more field of the message.
    if bounds.earliest <= last_contact <= bounds.latest and last_contact <= headers.latest:
        return None
    return bounds.judge(last_contact, headers.poll_time, read_published_at(message))


def _dead_letter(
    message: Message,
    span: Span,
    headers: MessageHeaders,
    reason: str,
    untimely: Untimely | None = None,
) -> DeadLetter:
    by_name = headers.by_name.items()
    return DeadLetter(
        partition=span.partition,
        offset=span.hi - 1,
        key=message.key(),
        headers={_storable(name): _storable(value) for name, value in by_name},
        value=message.value(),
        reason=_storable(reason),
        published_at=_published_at(message),
        untimely=None if untimely is None else untimely.reason,
        is_clock_doubted=untimely is not None and untimely.is_clock_doubted,
    )


def _published_at(message: Message) -> dt.datetime | None:
    """Return the producer's time; None if it gave none, or one that is beyond `LATEST_MS`."""
    milliseconds = message.timestamp()[1]
    if not 0 < milliseconds < LATEST_MS:
        return None
    return dt.datetime.fromtimestamp(milliseconds / 1000, dt.UTC)


def _storable(value: str | bytes | None) -> str:
    """Return text that PostgreSQL accepts: without NUL and lone surrogates."""
    text = value.decode(errors="replace") if isinstance(value, bytes) else value or ""
    return text.encode(errors="replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
