"""HEADERS: what the headers of a message say, read once for all messages of one answer."""

import math
from typing import NamedTuple

from processor.message import (
    AFTER_ANSWER_SECONDS,
    HeaderList,
    Message,
    read_headers,
    read_poll_time,
)
from telemetry.codec import Headers, MalformedMessageError, check_headers


class Letterhead(NamedTuple):
    """The headers of a message, read.

    Attributes:
        headers: By name.
        fault: Why nothing that comes with them is a state vector; None if nothing is wrong.
        poll_time: Of the answer that the message is of (Unix seconds); None without one.
        latest: The latest time that this answer can have of any state vector (Unix seconds).
    """

    headers: Headers
    fault: str | None
    poll_time: int | None
    latest: float


class Letterheads:
    """Reads the headers of messages; those that are the same as before are not read again."""

    def __init__(self) -> None:
        self._raw: HeaderList = None
        self._read: Letterhead | None = None

    def read(self, message: Message) -> Letterhead:
        """Return what the headers of a message say."""
        raw = message.headers()
        if self._read is None or raw != self._raw:
            self._raw, self._read = raw, read_letterhead(message)
        return self._read


def read_letterhead(message: Message) -> Letterhead:
    """Return what the headers of one message say."""
    headers = read_headers(message)
    try:
        check_headers(headers)
        fault = None
    except MalformedMessageError as error:
        fault = str(error)
    poll_time = read_poll_time(headers)
    latest = math.inf if poll_time is None else poll_time + AFTER_ANSWER_SECONDS
    return Letterhead(headers, fault, poll_time, latest)
