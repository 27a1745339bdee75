"""Read the headers of messages, once for all messages of one OpenSky answer."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from processor.answers import Answer, read_answer
from processor.message import (
    AFTER_ANSWER_SECONDS,
    HeaderList,
    Message,
    note_traceparent,
    read_headers,
    read_poll_time,
)
from telemetry.codec import TRACEPARENT, Headers, MalformedMessageError, check_headers


class MessageHeaders(NamedTuple):
    """The headers of a message and what follows from them; times are Unix seconds.

    Attributes:
        by_name: The values by name.
        fault: Why a message with these headers is malformed; None if they are valid.
        poll_time: Time of the answer that the message comes from; None without that header.
        latest: The latest `last_contact` that this answer can contain.
        answer: That answer; None if the headers do not say how many messages it became.
        traceparent: The context of its poll's trace; None without that header.
    """

    by_name: Headers
    fault: str | None
    poll_time: int | None
    latest: float
    answer: Answer | None
    traceparent: bytes | None


class HeaderReader:
    """Reads the headers of messages; headers equal to those of the message before are reused.

    Attributes:
        traceparents: The contexts of the polls that the messages come from, each once.
    """

    def __init__(self) -> None:
        self._raw: HeaderList = None
        self._read: MessageHeaders | None = None
        self.traceparents: dict[bytes, None] = {}

    def read(self, message: Message) -> MessageHeaders:
        """Return the headers of a message."""
        raw = message.headers()
        if self._read is None or raw != self._raw:
            self._raw, self._read = raw, read_message_headers(message)
            note_traceparent(self._read.traceparent, self.traceparents)
        return self._read

    def read_equal(self, messages: Sequence[Message]) -> MessageHeaders | None:
        """Return the headers of messages if all have the same; None if they differ."""
        raw = [message.headers() for message in messages]
        return self.read(messages[0]) if raw.count(raw[0]) == len(raw) else None


def read_message_headers(message: Message) -> MessageHeaders:
    """Return the headers of one message, without reuse."""
    headers = read_headers(message)
    try:
        check_headers(headers)
        fault = None
    except MalformedMessageError as error:
        fault = str(error)
    poll_time = read_poll_time(headers)
    latest = math.inf if poll_time is None else poll_time + AFTER_ANSWER_SECONDS
    answer, traceparent = read_answer(headers), headers.get(TRACEPARENT)
    return MessageHeaders(headers, fault, poll_time, latest, answer, traceparent)
