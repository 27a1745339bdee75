"""Turns messages of the log into updates of the live state, their headers read once per answer."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from processor.answers import Answer, AnswerPart, read_answer
from processor.live.fleet import Update
from processor.message import (
    HeaderList,
    Message,
    note_traceparent,
    read_headers,
    read_poll_time,
    read_published_at,
)
from telemetry.codec import (
    TRACEPARENT,
    MalformedMessageError,
    check_headers,
    decode_readable,
    decode_readable_row,
    has_several_rows,
)

UPDATES_AT_ONCE = 500
"""So many updates, and the rest of their last message, are handed to the event loop at once: some
milliseconds of work."""


class Delivery(NamedTuple):
    """What is handed to the event loop at once. A message is never divided between two.

    Attributes:
        updates: The rows of some messages.
        parts: How many of these messages are from which answer.
        traceparents: The contexts of the traces of their polls.
    """

    updates: list[Update]
    parts: list[AnswerPart]
    traceparents: Iterable[bytes]


class MessageHeaders(NamedTuple):
    """What follows from the headers of a message.

    Attributes:
        is_valid: Whether the value can be read; not so for rows that the collector could not read.
        poll_time: Time of the answer that the message is from (Unix seconds); None if unknown.
        answer: That answer; None if the headers do not say how many messages it became.
        traceparent: The context of its poll's trace; None without that header.
    """

    is_valid: bool
    poll_time: int | None
    answer: Answer | None
    traceparent: bytes | None = None


class Decoder:
    """Decodes messages; headers equal to those of the message before are not read again."""

    def __init__(self) -> None:
        self._raw: HeaderList = None
        self._headers = MessageHeaders(is_valid=True, poll_time=None, answer=None)
        self._n_alike = 0
        self._parts: list[AnswerPart] = []
        self._traceparents: dict[bytes, None] = {}

    def decode(self, messages: Iterable[Message]) -> Iterator[Delivery]:
        """Yield the updates of messages, in their order."""
        updates: list[Update] = []
        for message in messages:
            if (raw := message.headers()) != self._raw:
                self._end_part()
                self._raw, self._headers = raw, _read_headers(message)
            self._n_alike += 1
            _add_updates(updates, message, self._headers)
            if len(updates) >= UPDATES_AT_ONCE:
                yield Delivery(updates, self._take_parts(), self._take_traceparents())
                updates = []
        if updates:
            yield Delivery(updates, self._take_parts(), self._take_traceparents())

    def _end_part(self) -> None:
        """Note how many messages with the same headers were read one after another."""
        if self._n_alike and (answer := self._headers.answer) is not None:
            self._parts.append(AnswerPart(answer, self._n_alike))
        if self._n_alike:
            note_traceparent(self._headers.traceparent, self._traceparents)
        self._n_alike = 0

    def _take_parts(self) -> list[AnswerPart]:
        self._end_part()
        parts, self._parts = self._parts, []
        return parts

    def _take_traceparents(self) -> Iterable[bytes]:
        noted, self._traceparents = self._traceparents, {}
        return noted


def _read_headers(message: Message) -> MessageHeaders:
    headers = read_headers(message)
    try:
        check_headers(headers)
        is_valid = True
    except MalformedMessageError:
        is_valid = False
    answer, traceparent = read_answer(headers), headers.get(TRACEPARENT)
    return MessageHeaders(is_valid, read_poll_time(headers), answer, traceparent)


def _add_updates(updates: list[Update], message: Message, headers: MessageHeaders) -> None:
    """Add an update for each row; one without a state vector for what cannot be read."""
    partition, offset, value = message.partition() or 0, message.offset() or 0, message.value()
    poll_time, published_at = headers.poll_time, read_published_at(message)
    if headers.is_valid and has_several_rows(value):
        rows = decode_readable(value)
        updates += [Update(partition, offset, row, poll_time, published_at) for row in rows]
    else:
        row = decode_readable_row(value) if headers.is_valid else None
        updates.append(Update(partition, offset, row, poll_time, published_at))
