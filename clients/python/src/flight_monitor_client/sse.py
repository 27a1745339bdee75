"""Parse Server-Sent Events (WHATWG HTML, 9.2) out of text that arrives in pieces."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from flight_monitor_client.errors import FlightMonitorError

MAX_EVENT_CHARACTERS = 64 * 2**20
"""Longer events are refused; the snapshot of 12,000 aircraft as objects has four million."""

_LINE_END = re.compile(r"\r\n|\n|\r(?!\Z)")
_DIGITS = re.compile(r"[0-9]+")


class ServerEvent(NamedTuple):
    """An event as the server wrote it."""

    name: str
    data: str


class SseParser:
    """Parses one stream.

    Attributes:
        last_id: The id of the last event that had one.
        retry_s: The seconds until a client is to return, as stated last; None if never.
    """

    def __init__(self) -> None:
        self.last_id = ""
        self.retry_s: float | None = None
        self._rest: list[str] = []
        self._n_characters = 0
        self._name = ""
        self._data: list[str] = []
        self._id: str | None = None

    def feed(self, text: str) -> Iterator[ServerEvent]:
        """Yield the events that the text completes; one without data only sets id and retry.

        Raises:
            FlightMonitorError: An event is longer than any that a server sends.
        """
        self._n_characters += len(text)
        if self._n_characters > MAX_EVENT_CHARACTERS:
            raise FlightMonitorError(f"an event is longer than {MAX_EVENT_CHARACTERS} characters")
        self._rest.append(text)
        if not _LINE_END.search(text) and not (len(self._rest) > 1 and self._rest[-2][-1:] == "\r"):
            return
        *lines, rest = _LINE_END.split("".join(self._rest))
        self._rest = [rest]
        for line in lines:
            if line:
                self._read_field(line)
                continue
            event = ServerEvent(self._name or "message", "\n".join(self._data))
            is_event = bool(self._data)
            self.last_id = self.last_id if self._id is None else self._id
            self._clear()
            if is_event:
                yield event
        if not self._data:
            self._n_characters = len(rest)

    def reset(self) -> None:
        """Forget an event that the end of a connection cut off; the last id stays."""
        self._rest = []
        self._n_characters = 0
        self._clear()

    def _clear(self) -> None:
        self._name, self._data, self._id = "", [], None

    def _read_field(self, line: str) -> None:
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            self._name = value
        elif field == "data":
            self._data.append(value)
        elif field == "id" and "\0" not in value:
            self._id = value
        elif field == "retry" and _DIGITS.fullmatch(value):
            self.retry_s = int(value) / 1000
