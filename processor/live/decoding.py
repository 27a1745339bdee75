"""Turns messages of the log into updates of the live state, their headers read once per answer."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from processor.live.answers import Answer, AnswerPart, read_answer
from processor.live.fleet import Update
from processor.message import HeaderList, Message, read_headers, read_poll_time, read_published_at
from telemetry.codec import MalformedMessageError, check_headers, decode_readable

UPDATES_AT_ONCE = 500
"""So many updates, and the rest of their last message, are handed to the event loop at once: some
milliseconds of work."""


class Delivery(NamedTuple):
    """What is handed to the event loop at once. A message is never divided between two.

    Attributes:
        updates: The rows of some messages.
        parts: How many of these messages are from which answer.
    """

    updates: list[Update]
    parts: list[AnswerPart]


class MessageHeaders(NamedTuple):
    """What follows from the headers of a message.

    Attributes:
        is_valid: Whether the value can be read; not so for rows that the collector could not read.
        poll_time: Time of the answer that the message is from (Unix seconds); None if unknown.
        answer: That answer; None if the headers do not say how many messages it became.
    """

    is_valid: bool
    poll_time: int | None
    answer: Answer | None


class Decoder:
    """Decodes messages; headers equal to those of the message before are not read again."""

    def __init__(self) -> None:
        self._raw: HeaderList = None
        self._headers = MessageHeaders(is_valid=True, poll_time=None, answer=None)

    def decode(self, messages: Iterable[Message]) -> Iterator[Delivery]:
        """Yield the updates of messages, in their order."""
        updates: list[Update] = []
        parts: dict[Answer, int] = {}
        for message in messages:
            headers = self._read_headers(message)
            updates += _updates_of(message, headers)
            if (answer := headers.answer) is not None:
                parts[answer] = parts.get(answer, 0) + 1
            if len(updates) >= UPDATES_AT_ONCE:
                yield _delivery(updates, parts)
                updates, parts = [], {}
        if updates:
            yield _delivery(updates, parts)

    def _read_headers(self, message: Message) -> MessageHeaders:
        raw = message.headers()
        if raw != self._raw:
            self._raw, self._headers = raw, _read_headers(message)
        return self._headers


def _delivery(updates: list[Update], parts: dict[Answer, int]) -> Delivery:
    return Delivery(updates, [AnswerPart(answer, count) for answer, count in parts.items()])


def _read_headers(message: Message) -> MessageHeaders:
    headers = read_headers(message)
    try:
        check_headers(headers)
        is_valid = True
    except MalformedMessageError:
        is_valid = False
    return MessageHeaders(is_valid, read_poll_time(headers), read_answer(headers))


def _updates_of(message: Message, headers: MessageHeaders) -> list[Update]:
    """Return an update for each row; one without a state vector for what cannot be read."""
    partition, offset = message.partition() or 0, message.offset() or 0
    poll_time, published_at = headers.poll_time, read_published_at(message)
    return [
        Update(partition, offset, each, poll_time, published_at)
        for each in (decode_readable(message.value()) if headers.is_valid else [None])
    ]
