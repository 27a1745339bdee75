"""Dead letters: messages, and rows of messages, that are not stored as state vectors."""

import datetime as dt
from typing import NamedTuple

import msgspec

from processor.archive.message_headers import MessageHeaders
from processor.archive.time_window import Reason, Untimely
from processor.message import Message

LATEST_MS = 4_102_444_800_000
"""The year 2100, in milliseconds: later publication times count as unknown."""


class DeadLetter(msgspec.Struct, frozen=True):
    """A row that is not stored as a state vector: its content and what is wrong with it.

    Attributes:
        value: The value of the message, or the JSON of one row of a message of several.
        untimely: What is wrong with its time; None if something else is wrong.
        is_clock_doubted: Whether its publication time lies in the future as well.
        row: The row's place in a message of several rows, from 0; None for a whole message.
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
    row: int | None = None


class MessageRow(NamedTuple):
    """A row of a message of several rows: its place in the message, from 0, and its JSON."""

    number: int
    value: bytes


def make_dead_letter(
    message: Message,
    headers: MessageHeaders,
    reason: str,
    *,
    row: MessageRow | None = None,
    untimely: Untimely | None = None,
) -> DeadLetter:
    """Return the dead letter of a message, or of one of its rows."""
    return DeadLetter(
        partition=message.partition() or 0,
        offset=offset_of(message),
        key=message.key(),
        headers={_storable(name): _storable(text) for name, text in headers.by_name.items()},
        value=message.value() if row is None else row.value,
        reason=_storable(reason),
        published_at=_published_at(message),
        untimely=None if untimely is None else untimely.reason,
        is_clock_doubted=untimely is not None and untimely.is_clock_doubted,
        row=None if row is None else row.number,
    )


def offset_of(message: Message) -> int:
    """Return the offset of a message; every message that was read has one."""
    offset = message.offset()
    if offset is None:
        raise ValueError(f"message without an offset, of partition {message.partition()}")
    return offset


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
