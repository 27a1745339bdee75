"""Collect the messages of one transaction, partition by partition, and decode them."""

import contextlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import starmap
from operator import attrgetter, methodcaller

import msgspec

from processor.answers import AnswerPart
from processor.archive.dead_letter import (
    DeadLetter,
    MessageRow,
    make_dead_letter,
    offset_of,
)
from processor.archive.message_headers import HeaderReader, MessageHeaders, read_message_headers
from processor.archive.time_window import TimeBounds, Untimely
from processor.archive.unique_rows import (
    PartitionRows,
    UniqueRows,
    make_partition_rows,
    make_unique,
)
from processor.framed_messages import fault_of
from processor.message import Message, read_published_at
from telemetry.codec import (
    MalformedMessageError,
    decode_rows,
    decode_value,
    decode_values,
    has_several_rows,
    split_rows,
)
from telemetry.state_vector import StateVector

ROWS_AT_ONCE = 500
"""Fewest state vectors of a partition that are encoded together; fewer cost more each."""

FEWEST_TOGETHER = 16
"""Fewest messages that are tried together. Of more, where one differs, each half is tried."""

_value_of = methodcaller("value")
_last_contact_of = attrgetter("last_contact")


class Claim(msgspec.Struct):
    """A partition that this instance owns: where the next batch begins, and the epoch."""

    partition: int
    next_offset: int
    epoch: int


class Span(msgspec.Struct):
    """The messages of one partition in a batch, from offset `lo` up to, without, `hi`.

    `lo` is the offset where the batch before ended rather than the first message's offset, because
    logs have gaps. `epoch` is the epoch of the claim under which the messages were read. `messages`
    keeps all of them undecoded, because the database may refuse a row that could be decoded.

    Attributes:
        n_in: The number of messages.
        n_rows: The number of rows in them: state vectors and dead letters.
        row_counts: The number of rows by offset, of each message that holds several.
    """

    partition: int
    epoch: int
    lo: int
    hi: int
    n_in: int = 0
    n_rows: int = 0
    state_vectors: list[StateVector] = []
    dead_letters: list[DeadLetter] = []
    messages: list[Message] = []
    row_counts: dict[int, int] = {}


class Batch:
    """Messages of several partitions, decoded, to be stored in one transaction."""

    def __init__(self, spans: Iterable[Span] = ()) -> None:
        self.spans = {span.partition: span for span in spans}
        self._parts: list[PartitionRows] = []
        self._rows: tuple[int, UniqueRows] | None = None
        self._header_reader = HeaderReader()
        self._answer_parts: list[AnswerPart] = []

    @property
    def n_in(self) -> int:
        """The number of messages."""
        return sum(span.n_in for span in self.spans.values())

    @property
    def traceparents(self) -> list[bytes]:
        """The contexts of the polls that the messages come from."""
        return list(self._header_reader.traceparents)

    @property
    def n_rows(self) -> int:
        """The number of rows in the messages."""
        return sum(span.n_rows for span in self.spans.values())

    def add(
        self, message: Message, claim: Claim, bounds: TimeBounds | None = None
    ) -> list[DeadLetter]:
        """Add one message.

        Args:
            message: The next one of its partition.
            claim: The claim under which it was read; `next_offset` is where the batch begins.
            bounds: Times that are trusted; None trusts all.

        Returns:
            The dead letters of its rows that are no state vectors or have no time in bounds.
        """
        span = self._span(claim)
        offset, headers = offset_of(message), self._header_reader.read(message)
        self._note_answer(headers, 1)
        try:
            vectors, letters = _read_rows(message, headers, bounds)
        except MalformedMessageError as error:
            reason = fault_of(message) or str(error)
            vectors, letters = [], [make_dead_letter(message, headers, reason)]
        n_rows = len(vectors) + len(letters)
        if n_rows > 1:
            span.row_counts[offset] = n_rows
        span.hi = offset + 1
        span.n_in += 1
        span.n_rows += n_rows
        span.messages.append(message)
        span.state_vectors += vectors
        span.dead_letters += letters
        return letters

    def add_all(
        self, messages: Sequence[Message], claim: Claim, bounds: TimeBounds | None = None
    ) -> Iterator[int | DeadLetter]:
        """Add messages of one partition.

        Most messages hold one valid row and have equal headers. These are added together, which
        costs less for each than `add` does; the result is the same.

        Yields:
            In order, how many rows are to be stored, and the dead letter of each other row.
        """
        if self._add_alike(messages, claim, bounds):
            yield len(messages)
        elif len(messages) > FEWEST_TOGETHER:
            middle = len(messages) // 2
            yield from self.add_all(messages[:middle], claim, bounds)
            yield from self.add_all(messages[middle:], claim, bounds)
        else:
            yield from self._add_each(messages, claim, bounds)

    def _add_alike(
        self, messages: Sequence[Message], claim: Claim, bounds: TimeBounds | None
    ) -> bool:
        """Add messages with equal headers and one valid row each; return whether they were such."""
        headers = self._header_reader.read_equal(messages)
        if headers is None or headers.fault is not None:
            return False
        try:
            # A message of several rows is malformed as one row.
            vectors = decode_values(map(_value_of, messages))
        except MalformedMessageError:
            return False
        if not _are_timely(vectors, headers, bounds):
            return False
        self._note_answer(headers, len(messages))
        span = self._span(claim)
        span.hi = offset_of(messages[-1]) + 1
        span.n_in += len(messages)
        span.n_rows += len(messages)
        span.messages += messages
        span.state_vectors += vectors
        return True

    def _add_each(
        self, messages: Sequence[Message], claim: Claim, bounds: TimeBounds | None
    ) -> Iterator[int | DeadLetter]:
        for message in messages:
            n_before = len(self._span(claim).state_vectors)
            letters = self.add(message, claim, bounds)
            yield len(self._span(claim).state_vectors) - n_before
            yield from letters

    def _note_answer(self, headers: MessageHeaders, n_messages: int) -> None:
        if headers.answer is not None:
            self._answer_parts.append(AnswerPart(headers.answer, n_messages))

    def take_answer_parts(self) -> list[AnswerPart]:
        """Return the parts of answers that were added since the last call."""
        parts, self._answer_parts = self._answer_parts, []
        return parts

    def _span(self, claim: Claim) -> Span:
        span = self.spans.get(claim.partition)
        if span is None:
            span = Span(claim.partition, claim.epoch, lo=claim.next_offset, hi=claim.next_offset)
            self.spans[claim.partition] = span
        return span

    def dead_letters(self) -> list[DeadLetter]:
        """Return the dead letters of all partitions."""
        return [letter for span in self.spans.values() for letter in span.dead_letters]

    def without(self, partitions: Iterable[int]) -> "Batch":
        """Return the batch without partitions that another instance owns."""
        left_out = set(partitions)
        batch = Batch(span for span in self.spans.values() if span.partition not in left_out)
        batch._header_reader = self._header_reader
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
        n_rows = self.n_rows
        if self._rows is None or self._rows[0] != n_rows:
            self.read(at_least=1)
            self._rows = n_rows, make_unique(self._parts)
        return self._rows[1]


def count_rows(message: Message) -> int:
    """Return the number of rows of a message, as `Batch.add` counts them."""
    value = message.value()
    if not has_several_rows(value):
        return 1
    if read_message_headers(message).fault is not None:
        return 1
    try:
        return max(1, len(split_rows(value)))
    except MalformedMessageError:
        return 1


def _read_rows(
    message: Message, headers: MessageHeaders, bounds: TimeBounds | None
) -> tuple[list[StateVector], list[DeadLetter]]:
    """Return the state vectors of a message, and the dead letters of its other rows.

    Raises:
        MalformedMessageError: The message as a whole is malformed.
    """
    if headers.fault is not None:
        raise MalformedMessageError(headers.fault)
    value = message.value()
    if not has_several_rows(value):
        vector = decode_value(value)
        untimely = _judge(vector.last_contact, message, headers, bounds)
        if untimely is None:
            return [vector], []
        return [], [make_dead_letter(message, headers, untimely.text, untimely=untimely)]
    with contextlib.suppress(MalformedMessageError):
        vectors = decode_rows(value)
        if vectors and _are_timely(vectors, headers, bounds):
            return vectors, []
    return _read_each_row(message, split_rows(value), headers, bounds)


def _read_each_row(
    message: Message, rows: Sequence[bytes], headers: MessageHeaders, bounds: TimeBounds | None
) -> tuple[list[StateVector], list[DeadLetter]]:
    if not rows:
        raise MalformedMessageError("an array without rows")
    vectors: list[StateVector] = []
    letters: list[DeadLetter] = []
    for row in starmap(MessageRow, enumerate(rows)):
        try:
            vector = decode_value(row.value)
        except MalformedMessageError as error:
            letters.append(make_dead_letter(message, headers, str(error), row=row))
            continue
        untimely = _judge(vector.last_contact, message, headers, bounds)
        if untimely is None:
            vectors.append(vector)
            continue
        reason = untimely.text
        letters.append(make_dead_letter(message, headers, reason, row=row, untimely=untimely))
    return vectors, letters


def _are_timely(
    vectors: Sequence[StateVector], headers: MessageHeaders, bounds: TimeBounds | None
) -> bool:
    """Whether the times of all state vectors can be true, by the headers of their message."""
    if bounds is None:
        return True
    contacts: list[int] = list(map(_last_contact_of, vectors))
    return bounds.earliest <= min(contacts) and max(contacts) <= min(bounds.latest, headers.latest)


def _judge(
    last_contact: int, message: Message, headers: MessageHeaders, bounds: TimeBounds | None
) -> Untimely | None:
    if bounds is None:
        return None
    # Nearly all times can be true: the full judgement would read one more field of the message.
    if bounds.earliest <= last_contact <= bounds.latest and last_contact <= headers.latest:
        return None
    return bounds.judge(last_contact, headers.poll_time, read_published_at(message))
