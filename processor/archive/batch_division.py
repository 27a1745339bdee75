"""Divide a batch into parts that one transaction can store, down to a single message."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from processor.archive.batch import Batch, DeadLetter, Span, make_dead_letter
from processor.message import Message
from telemetry.state_vector import StateVector

MAX_HOURS = 32
"""Different hours in one transaction. Each may need a chunk of its own, which takes some 50 locks
until the commit; an ordinary batch has one hour or two."""

HOUR_SECONDS = 3600

MAX_BYTES = 16_384
"""Bytes that are kept of a dead letter's key, headers and value each; a valid message has 500."""

MAX_WORDS = 1_000
"""Characters that are kept of the database's error message, which may quote the whole row."""


class _Entry(NamedTuple):
    message: Message
    outcome: StateVector | DeadLetter


def is_divisible(batch: Batch) -> bool:
    """Whether the batch has several messages, and all of them undecoded."""
    spans = batch.spans.values()
    return batch.n_in > 1 and all(len(span.messages) == span.n_in for span in spans)


def divide_by_hours(batch: Batch, max_hours: int = MAX_HOURS) -> Iterator[Batch]:
    """Yield batches of at most so many different hours, in order of the offsets."""
    if not (_has_more_hours(batch, max_hours) and is_divisible(batch)):
        yield batch
        return
    begins = _begins(batch)
    some: list[_Entry] = []
    hours: set[int] = set()
    for entry in _entries(batch):
        if isinstance(entry.outcome, StateVector):
            hour = entry.outcome.last_contact // HOUR_SECONDS
            if hour not in hours and len(hours) == max_hours:
                yield _gather(batch, some, begins)
                some, hours = [], set()
            hours.add(hour)
        some.append(entry)
    yield _gather(batch, some, begins)


def _has_more_hours(batch: Batch, max_hours: int) -> bool:
    rows = None
    with contextlib.suppress(Exception):  # a row that cannot be encoded is found by halving
        rows = batch.rows()
    if rows is None:
        return False
    return len({minute // HOUR_SECONDS for minute in rows.minutes}) > max_hours


def halve(batch: Batch) -> tuple[Batch, Batch]:
    """Return two batches of half the messages each; the first must be stored first."""
    begins, entries = _begins(batch), list(_entries(batch))
    middle = len(entries) // 2
    return _gather(batch, entries[:middle], begins), _gather(batch, entries[middle:], begins)


def set_aside(batch: Batch, reason: str) -> Batch | None:
    """Return a batch of one message with the message as a dead letter, for a reason.

    A dead letter that is refused as well keeps its origin and the reason only.

    Returns:
        None if the undecoded message is missing, or the dead letter has nothing left to remove.
    """
    [span, *others] = batch.spans.values()
    if others or span.n_in != 1 or len(span.messages) != 1:
        return None
    if not span.dead_letters:
        [message] = span.messages
        letter = make_dead_letter(message, span, reason[:MAX_WORDS])
    else:
        [whole] = span.dead_letters
        if not (whole.key or whole.headers or whole.value):
            return None
        words = f"{whole.reason}; its original content is refused too: {reason}"[: 2 * MAX_WORDS]
        letter = replace(whole, key=None, headers={}, value=None, reason=words)
    return Batch([replace(span, state_vectors=[], dead_letters=[letter])])


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
        letters = {letter.offset: letter for letter in span.dead_letters}
        vectors = iter(span.state_vectors)
        for message in span.messages:
            letter = letters.get(message.offset() or 0)
            yield _Entry(message, next(vectors) if letter is None else letter)


def _gather(batch: Batch, entries: Sequence[_Entry], begins: dict[int, int]) -> Batch:
    """Make a batch of some messages; `begins` holds where each partition's next span begins."""
    spans: dict[int, Span] = {}
    for message, outcome in entries:
        partition = message.partition() or 0
        span = spans.get(partition)
        if span is None:
            lo, epoch = begins[partition], batch.spans[partition].epoch
            span = spans[partition] = Span(partition, epoch, lo, lo)
        span.hi = begins[partition] = (message.offset() or 0) + 1
        span.n_in += 1
        span.messages.append(message)
        if isinstance(outcome, StateVector):
            span.state_vectors.append(outcome)
        else:
            span.dead_letters.append(outcome)
    return Batch(spans.values())
