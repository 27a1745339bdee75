"""Divide a batch into parts that one transaction can store, down to a single message."""

import contextlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from processor.archive.batch import Batch, Span
from processor.archive.dead_letter import DeadLetter, MessageRow, make_dead_letter, offset_of
from processor.archive.message_headers import read_message_headers
from processor.message import Message
from telemetry.codec import has_several_rows, split_rows
from telemetry.state_vector import StateVector

MAX_HOURS = 32
"""Different hours in one transaction. Each may need a chunk of its own, which takes some 50 locks
until the commit; an ordinary batch has one hour or two."""

HOUR_SECONDS = 3600

MAX_BYTES = 16_384
"""Bytes that are kept of a dead letter's key, headers and value each; a valid message has 500."""

MAX_WORDS = 1_000
"""Characters that are kept of the database's error message, which may quote the whole row."""

Row = StateVector | DeadLetter


class _Entry(NamedTuple):
    """A message and what was decoded from each of its rows."""

    message: Message
    rows: Sequence[Row]

    def hours(self) -> set[int]:
        return {_hour(row) for row in self.rows if isinstance(row, StateVector)}


def is_divisible(batch: Batch) -> bool:
    """Whether the batch has several messages, and all of them undecoded."""
    return batch.n_in > 1 and _is_undecoded(batch)


def divide_by_hours(batch: Batch, max_hours: int = MAX_HOURS) -> Iterator[Batch]:
    """Yield batches of at most so many different hours, in order of the offsets.

    A message is never divided: rows beyond its first so many hours become dead letters.
    """
    if not (_has_more_hours(batch, max_hours) and _is_undecoded(batch)):
        yield batch
        return
    begins = _begins(batch)
    some: list[_Entry] = []
    hours: set[int] = set()
    for found in _entries(batch):
        entry = _bound_hours(found, max_hours)
        if len(hours | entry.hours()) > max_hours:
            yield _gather(batch, some, begins)
            some, hours = [], set()
        hours |= entry.hours()
        some.append(entry)
    yield _gather(batch, some, begins)


def _has_more_hours(batch: Batch, max_hours: int) -> bool:
    rows = None
    with contextlib.suppress(Exception):  # a row that cannot be encoded is found by halving
        rows = batch.rows()
    if rows is None:
        return False
    return len({minute // HOUR_SECONDS for minute in rows.minutes}) > max_hours


def _is_undecoded(batch: Batch) -> bool:
    return all(len(span.messages) == span.n_in for span in batch.spans.values())


def _hour(state_vector: StateVector) -> int:
    return state_vector.last_contact // HOUR_SECONDS


def _bound_hours(entry: _Entry, max_hours: int) -> _Entry:
    hours = entry.hours()
    if len(hours) <= max_hours:
        return entry
    kept = set(sorted(hours)[-max_hours:])
    reason = f"its message has state vectors of {len(hours)} different hours, more than {max_hours}"
    return entry._replace(
        rows=[
            _letter_of_row(entry.message, number, reason)
            if isinstance(row, StateVector) and _hour(row) not in kept
            else row
            for number, row in enumerate(entry.rows)
        ]
    )


def halve(batch: Batch) -> tuple[Batch, Batch]:
    """Return two batches of half the messages each; the first must be stored first."""
    begins, entries = _begins(batch), list(_entries(batch))
    middle = len(entries) // 2
    return _gather(batch, entries[:middle], begins), _gather(batch, entries[middle:], begins)


def is_message(batch: Batch) -> bool:
    """Whether the batch is a single message that is there undecoded."""
    return batch.n_in == 1 and _is_undecoded(batch)


def first_rows(batch: Batch, n_rows: int) -> Batch:
    """Return a batch of one message with its first so many rows, to try them, not to store them."""
    [entry] = _entries(batch)
    return _gather(batch, [entry._replace(rows=entry.rows[:n_rows])], _begins(batch))


def set_aside(batch: Batch, number: int, reason: str) -> Batch | None:
    """Return a batch of one message with one of its rows as a dead letter, for a reason.

    A dead letter that is refused as well keeps its origin and the reason only.

    Returns:
        None if the dead letter has nothing left to remove.
    """
    [entry] = _entries(batch)
    refused = entry.rows[number]
    if isinstance(refused, StateVector):
        letter = _letter_of_row(entry.message, number, reason[:MAX_WORDS])
    elif refused.key or refused.headers or refused.value:
        words = f"{refused.reason}; its original content is refused too: {reason}"
        letter = replace(
            refused,
            key=None,
            headers={},
            value=None,
            reason=words[: 2 * MAX_WORDS],
            untimely=None,
        )
    else:
        return None
    rows = [*entry.rows[:number], letter, *entry.rows[number + 1 :]]
    return _gather(batch, [entry._replace(rows=rows)], _begins(batch))


def _letter_of_row(message: Message, number: int, reason: str) -> DeadLetter:
    """Return the dead letter of a row that could be decoded but is not stored."""
    value, headers = message.value(), read_message_headers(message)
    if not has_several_rows(value):
        return make_dead_letter(message, headers, reason)
    row = MessageRow(number, split_rows(value)[number])
    return make_dead_letter(message, headers, reason, row=row)


def shorten(letter: DeadLetter) -> DeadLetter:
    """Return a dead letter of a bounded size, whose reason says what was removed."""
    key, value, headers = letter.key or b"", letter.value or b"", letter.headers
    n_headers = sum(len(name) + len(text) for name, text in headers.items())
    lost = [
        f"{n_bytes:,} bytes of {name}"
        for name, n_bytes in (("key", len(key)), ("headers", n_headers), ("value", len(value)))
        if n_bytes > MAX_BYTES
    ]
    if not lost and len(letter.reason) <= 2 * MAX_WORDS:
        return letter
    words = f" (no more than {MAX_BYTES:,} are kept of {' and '.join(lost)})" if lost else ""
    return replace(
        letter,
        key=letter.key and key[:MAX_BYTES],
        value=letter.value and value[:MAX_BYTES],
        headers=headers if n_headers <= MAX_BYTES else {},
        reason=letter.reason[: 2 * MAX_WORDS] + words,
    )


def _begins(batch: Batch) -> dict[int, int]:
    return {span.partition: span.lo for span in batch.spans.values()}


def _entries(batch: Batch) -> Iterator[_Entry]:
    """Yield all messages, partition by partition, each with what was decoded from it."""
    for partition in sorted(batch.spans):
        span = batch.spans[partition]
        letters: dict[int, dict[int, DeadLetter]] = defaultdict(dict)
        for letter in span.dead_letters:
            letters[letter.offset][letter.row or 0] = letter
        vectors = iter(span.state_vectors)
        for message in span.messages:
            offset = offset_of(message)
            own = letters.get(offset, {})
            numbers = range(span.row_counts.get(offset, 1))
            rows = [own[number] if number in own else next(vectors) for number in numbers]
            yield _Entry(message, rows)


def _gather(batch: Batch, entries: Sequence[_Entry], begins: dict[int, int]) -> Batch:
    """Make a batch of some messages; `begins` holds where each partition's next span begins."""
    spans: dict[int, Span] = {}
    for message, rows in entries:
        partition = message.partition() or 0
        span = spans.get(partition)
        if span is None:
            lo, epoch = begins[partition], batch.spans[partition].epoch
            span = spans[partition] = Span(partition, epoch, lo, lo)
        offset = offset_of(message)
        span.hi = begins[partition] = offset + 1
        span.n_in += 1
        span.n_rows += len(rows)
        span.row_counts[offset] = len(rows)
        span.messages.append(message)
        span.state_vectors += [row for row in rows if isinstance(row, StateVector)]
        span.dead_letters += [row for row in rows if isinstance(row, DeadLetter)]
    return Batch(spans.values())
