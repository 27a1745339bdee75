"""The messages of telemetry.raw that one answer becomes."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from collector.answer import RejectedRow
from collector.encodings import JSON, Encoding
from collector.partitioner import by_partition
from telemetry.codec import (
    CONTENT_TYPE,
    POLL_MESSAGES,
    REJECTED,
    SCHEMA_VERSION,
    TRACEPARENT,
    encode,
)
from telemetry.state_vector import StateVector

MAX_VALUE_BYTES = 500_000
"""Bound of a message of several rows: half of what producers and brokers take by default, 1 MB.
1,000 usual rows are 360 kB."""

ANY_PARTITION = -1
"""The producer chooses the partition by the key."""

Headers = list[tuple[str, str | bytes | None]]
Report = Callable[[Any, Any], None]
"""A delivery callback of confluent_kafka: the error or None, and the message."""


class Origin(NamedTuple):
    """Where the rows of one answer come from; the headers of their messages."""

    poll_time: int
    source: str
    traceparent: str

    def headers(self, n_messages: int, content_type: bytes = CONTENT_TYPE) -> Headers:
        """Return what every message of this answer carries.

        Args:
            n_messages: The number of these messages, over all partitions.
            content_type: How their values are encoded.
        """
        return [
            ("schema-version", SCHEMA_VERSION),
            ("content-type", content_type),
            ("poll-time", str(self.poll_time).encode()),
            ("source", self.source.encode()),
            (TRACEPARENT, self.traceparent.encode()),
            (POLL_MESSAGES, str(n_messages).encode()),
        ]


class Outgoing(msgspec.Struct, gc=False):
    """One message to hand over.

    Attributes:
        value: Its value.
        key: Its key; None if it has none.
        headers: Its headers.
        report: Its delivery callback.
        rows: The state vectors in it; none in the message of a rejected row.
        partition: Where it belongs; `ANY_PARTITION` if its key decides.
    """

    value: bytes
    key: str | None
    headers: Headers
    report: Report
    rows: Sequence[StateVector]
    partition: int = ANY_PARTITION


class Group(NamedTuple):
    """State vectors that one message holds."""

    partition: int
    rows: Sequence[StateVector]
    value: bytes


def group(
    state_vectors: Sequence[StateVector],
    *,
    partitions: int,
    rows_per_message: int,
    encoding: Encoding = JSON,
) -> list[Group]:
    """Divide state vectors into messages of several rows, each of one partition, in their order."""
    return [
        each
        for partition, rows in by_partition(state_vectors, partitions).items()
        for start in range(0, len(rows), rows_per_message)
        for each in _encode_group(partition, rows[start : start + rows_per_message], encoding)
    ]


def _encode_group(
    partition: int, rows: Sequence[StateVector], encoding: Encoding
) -> Iterator[Group]:
    """Yield the rows as one message, or as several if it would be too large."""
    value = encoding.encode_rows(rows)
    if len(value) <= MAX_VALUE_BYTES or len(rows) == 1:
        yield Group(partition, rows, value)
        return
    middle = len(rows) // 2
    yield from _encode_group(partition, rows[:middle], encoding)
    yield from _encode_group(partition, rows[middle:], encoding)


def messages_of_one_row(
    state_vectors: Sequence[StateVector], headers: Headers, report: Report
) -> Iterator[Outgoing]:
    """Yield a message of JSON for each state vector; its key decides on the partition."""
    for each in state_vectors:
        yield Outgoing(encode(each), each.icao24, headers, report, (each,))


def groups_of_one_row(state_vectors: Sequence[StateVector]) -> list[Group]:
    """Return a group for each state vector, whose key decides on the partition."""
    return [Group(ANY_PARTITION, (each,), b"") for each in state_vectors]


def messages_of_groups(
    groups: Sequence[Group],
    headers: Headers,
    report_of: Callable[[Sequence[StateVector]], Report],
    encoding: Encoding = JSON,
) -> Iterator[Outgoing]:
    """Yield a message for each group; one that holds a single row is a message of one row."""
    for partition, rows, value in groups:
        report = report_of(rows)
        if len(rows) == 1:
            one = rows[0]
            yield Outgoing(encoding.encode(one), one.icao24, headers, report, rows, partition)
        else:
            yield Outgoing(value, None, headers, report, rows, partition)


def messages_of_rejected_rows(
    rejected: Sequence[RejectedRow], headers: Headers, report: Report
) -> Iterator[Outgoing]:
    """Yield a message for each row that could not be read, as it was received."""
    for row in rejected:
        marked = [*headers, (REJECTED, row.reason.encode())]
        yield Outgoing(row.raw, row.icao24 or None, marked, report, ())
