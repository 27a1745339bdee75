"""A message of telemetry.raw, its headers and times, and the identity of its log."""

import functools
from typing import NamedTuple, Protocol, cast

import msgspec

from telemetry.codec import TRACEPARENT_BYTES, Headers

FUTURE_SECONDS = 300
"""How far a time may be ahead of the clocks that judge it. Hosts without NTP drift by minutes
before it is noticed; a time further ahead would hide its aircraft for longer than the expiry."""

AFTER_ANSWER_SECONDS = 60
"""How far `last_contact` may be after the time of the answer that contained it. In 40,934 real
state vectors it never was later; a minute allows for feeders whose clocks differ a little."""

MAX_POLL_TIME_DIGITS = 10
"""Unix seconds have ten digits until the year 2286."""

MAX_TRACES = 64
"""Bound of the polls whose traces a batch or a tick continues; usually there are one or two."""

HeaderList = dict[str, str | bytes | None] | list[tuple[str, str | bytes | None]] | None
"""The type that confluent_kafka declares; in fact it is a list with bytes, or None."""


class Message(Protocol):
    """The part of confluent_kafka.Message that is used; it is kept until its batch is stored."""

    def partition(self) -> int | None: ...  # noqa: D102
    def offset(self) -> int | None: ...  # noqa: D102
    def key(self) -> bytes | None: ...  # noqa: D102
    def value(self) -> bytes | None: ...  # noqa: D102
    def headers(self) -> HeaderList: ...  # noqa: D102
    def timestamp(self) -> tuple[int, int]: ...  # noqa: D102


def read_headers(message: Message) -> Headers:
    """Return the headers by name; of several with one name the last counts."""
    return cast("Headers", dict(message.headers() or ()))


def read_poll_time(headers: Headers) -> int | None:
    """Return the time of the answer that a message comes from (Unix seconds); None if unknown."""
    text = headers.get("poll-time")
    return None if text is None else _to_poll_time(text)


@functools.lru_cache(maxsize=64)  # the messages of one answer all have the same
def _to_poll_time(text: bytes) -> int | None:
    return int(text) if len(text) <= MAX_POLL_TIME_DIGITS and text.isdigit() else None


def read_published_at(message: Message) -> int | None:
    """Return Kafka's timestamp of a message (Unix seconds); None if it has none."""
    milliseconds = message.timestamp()[1]
    return milliseconds // 1000 if milliseconds > 0 else None


def note_traceparent(traceparent: bytes | None, noted: dict[bytes, None]) -> None:
    """Note the context of a poll's trace, unless it is malformed or many are noted."""
    if traceparent is None or len(traceparent) != TRACEPARENT_BYTES or len(noted) >= MAX_TRACES:
        return
    noted[traceparent] = None


class LogIdentity(msgspec.Struct, frozen=True):
    """The log that offsets belong to; offsets of another log mean nothing.

    Attributes:
        cluster_id: The id of the Kafka cluster; an embedded broker has another at each start.
        topic: The name of the topic.
        topic_id: Changes when a topic is deleted and created again; None if the broker has none.
        partitions: The number of partitions.
    """

    cluster_id: str
    topic: str
    topic_id: str | None
    partitions: int


class Watermarks(NamedTuple):
    """The offsets that a partition holds: from `low` up to and without `high`."""

    low: int
    high: int
