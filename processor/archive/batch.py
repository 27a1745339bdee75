"""Collect messages, partition by partition, until they make one transaction."""

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from operator import itemgetter
from typing import Any

import msgspec
from msgspec.structs import astuple

from processor.archive.digest import (
    Added,
    Hashes,
    Times,
    hash_rows,
    last_contacts,
    multiples,
    sum_by_day,
)
from processor.archive.encoded import encode_rows
from processor.archive.time_window import Bounds, Reason, Untimely
from processor.message import (
    AFTER_ANSWER_SECONDS,
    Message,
    read_headers,
    read_poll_time,
    read_published_at,
)
from telemetry.codec import Headers, MalformedMessageError, decode
from telemetry.state_vector import StateVector

Row = tuple[Any, ...]
"""The 18 columns of state_vectors in StateVector's order, times in Unix seconds."""

Key = tuple[str, int]
"""(icao24, last_contact): what makes a state vector the same one."""


LATEST_MS = 4_102_444_800_000
"""The year 2100."""


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


class UniqueRows:
    """The rows of a batch, each once: what is to be inserted, and what the digest is made of."""

    def __init__(self, found: Sequence[tuple[Key, tuple[StateVector, int]]]) -> None:
        self.keys = [key for key, _ in found]
        self.state_vectors = [state_vector for _, (state_vector, _) in found]
        self.partitions = [partition for _, (_, partition) in found]
        self.encoded = encode_rows(self.state_vectors)
        self.hashes: Hashes = self.encoded.hashes if self.encoded else hash_rows(self.rows())
        self.times: Times = last_contacts(self.keys)

    def rows(self) -> list[Row]:
        """Return them as the driver takes them, for those that are not encoded."""
        return to_rows(self.state_vectors)

    def only(self, keys: Collection[Key]) -> "UniqueRows":
        """Return those that have been inserted, of which there may be fewer."""
        if len(keys) == len(self.keys):
            return self
        wanted = set(keys)
        places = [place for place, key in enumerate(self.keys) if key in wanted]
        some = UniqueRows([])
        some.keys = [self.keys[place] for place in places]
        some.state_vectors = [self.state_vectors[place] for place in places]
        some.partitions = [self.partitions[place] for place in places]
        some.encoded = None
        some.hashes, some.times = self.hashes[places], self.times[places]
        return some

    def moments(self, seconds: int) -> list[int]:
        """Return the multiples of so many seconds that the rows' last contacts fall into."""
        return multiples(self.times, seconds)

    def sum_by_day(self) -> list[Added]:
        """Return what each partition adds to each day."""
        return sum_by_day(self.hashes, self.times, self.partitions)


class Batch:
    """Messages of several partitions, decoded, to be stored in one transaction."""

    def __init__(self, spans: Iterable[Span] = ()) -> None:
        self.spans = {span.partition: span for span in spans}
        self.n_in = sum(span.n_in for span in self.spans.values())
        self._rows: tuple[int, UniqueRows] | None = None

    def add(
        self, message: Message, claim: Claim, bounds: Bounds | None = None
    ) -> DeadLetter | None:
        """Take one message.

        Args:
            message: The next of its partition.
            claim: Under which it was read; `next_offset` is the position before it.
            bounds: Times that are believed; by default all.

        Returns:
            The dead letter, if the message holds no state vector or none of a time in bounds.
        """
        partition, offset = _origin(message)
        span = self.spans.get(partition)
        if span is None:
            position = claim.next_offset
            span = self.spans[partition] = Span(partition, claim.epoch, lo=position, hi=position)
        span.hi = offset + 1
        span.n_in += 1
        span.messages.append(message)
        self.n_in += 1
        headers = read_headers(message)
        try:
            state_vector = decode(message.value(), headers)
        except MalformedMessageError as error:
            dead_letter = _dead_letter(message, headers, str(error))
        else:
            untimely = None if bounds is None else _judge(state_vector, message, headers, bounds)
            if untimely is None:
                span.state_vectors.append(state_vector)
                return None
            dead_letter = _dead_letter(message, headers, untimely.text, untimely)
        span.dead_letters.append(dead_letter)
        return dead_letter

    def dead_letters(self) -> list[DeadLetter]:
        """Return what is set aside, of all partitions."""
        return [letter for span in self.spans.values() for letter in span.dead_letters]

    def without(self, partitions: Iterable[int]) -> "Batch":
        """Return the batch less what another instance stores now."""
        left_out = set(partitions)
        return Batch(span for span in self.spans.values() if span.partition not in left_out)

    def rows(self) -> UniqueRows:
        """Return the rows, made by the first call after the last `add`, by any thread."""
        if self._rows is None or self._rows[0] != self.n_in:
            self._rows = self.n_in, UniqueRows(self.unique())
        return self._rows[1]

    def unique(self) -> list[tuple[Key, tuple[StateVector, int]]]:
        """Return the key of each state vector, once and in order, with it and its partition.

        Of several with one key the first counts. Sorted, because insertion in the order of the
        index is a third faster.
        """
        # Backwards, so that the first is what stays.
        found = {
            (each.icao24, each.last_contact): (each, partition)
            for partition in sorted(self.spans, reverse=True)
            for each in reversed(self.spans[partition].state_vectors)
        }
        return sorted(found.items(), key=itemgetter(0))


def to_rows(state_vectors: Iterable[StateVector]) -> list[Row]:
    """Turn state vectors into rows of the table; the connection takes times as Unix seconds."""
    return [astuple(state_vector) for state_vector in state_vectors]


def make_dead_letter(message: Message, reason: str) -> DeadLetter:
    """Return what is kept of a message that could be read and is not stored all the same."""
    return _dead_letter(message, read_headers(message), reason)


def _origin(message: Message) -> tuple[int, int]:
    partition, offset = message.partition(), message.offset()
    if partition is None or offset is None:
        raise ValueError(f"message without origin: partition {partition}, offset {offset}")
    return partition, offset


def _judge(
    state_vector: StateVector, message: Message, headers: Headers, bounds: Bounds
) -> Untimely | None:
    last_contact, poll_time = state_vector.last_contact, read_poll_time(headers)
    # Nearly all are: the full judgement reads one more field of the message.
    is_after_answer = poll_time is not None and last_contact > poll_time + AFTER_ANSWER_SECONDS
    if bounds.earliest <= last_contact <= bounds.latest and not is_after_answer:
        return None
    return bounds.judge(last_contact, poll_time, read_published_at(message))


def _dead_letter(
    message: Message, headers: Headers, reason: str, untimely: Untimely | None = None
) -> DeadLetter:
    partition, offset = _origin(message)
    return DeadLetter(
        partition=partition,
        offset=offset,
        key=message.key(),
        headers={_storable(name): _storable(value) for name, value in headers.items()},
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
