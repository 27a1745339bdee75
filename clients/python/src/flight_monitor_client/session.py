"""What both streams share: requests, refusals, events, the fleet; without input or output."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import httpx

from flight_monitor_client.backoff import Backoff
from flight_monitor_client.content_encoding import TextDecoder, accept_encoding
from flight_monitor_client.errors import RefusedError, RetryLaterError
from flight_monitor_client.events import (
    Aircraft,
    Disconnected,
    FlightEvent,
    Heartbeat,
    Remove,
    Reset,
    Snapshot,
    Update,
)
from flight_monitor_client.query import Format, Query, stream_url
from flight_monitor_client.sse import ServerEvent, SseParser
from flight_monitor_client.states import state_decoder

SILENCE_S = 40.0
"""Seconds without any data after which a connection counts as dead: two heartbeats of the server's
default of 15 s, and some more."""

CONNECT_S = 10.0
MAX_REFUSAL_BYTES = 4096

_OK = 200
_NO_MORE = 204
_SERVER_ERRORS = 500
_PASSING = frozenset({408, 425, 429})
"""Statuses below 500 that pass by themselves: a timeout, a bound on requests or streams."""


class Session:
    """One stream over all its connections.

    Attributes:
        url: The address of the stream.
        fleet: The aircraft by icao24, after the event that was returned last.
    """

    def __init__(
        self,
        server: str,
        query: Query,
        *,
        fields: Sequence[str],
        format_: Format,
        key: str | None,
        headers: Mapping[str, str],
    ) -> None:
        self.url = stream_url(server, query, fields, format_)
        self.fleet: dict[str, Aircraft] = {}
        self._headers = headers
        self._key = key
        self._parser = SseParser()
        self._backoff = Backoff()
        self._states = state_decoder(format_)
        self._text = TextDecoder("")
        self._end_reason = ""

    @property
    def last_event_id(self) -> str:
        """The id with which the client returns; empty before the first event."""
        return self._parser.last_id

    def headers(self) -> dict[str, str]:
        """Return the headers of the next request."""
        found = {"Accept": "text/event-stream", "Accept-Encoding": accept_encoding()}
        if self._key is not None:
            found["Authorization"] = f"Bearer {self._key}"
        if self.last_event_id:
            found["Last-Event-ID"] = self.last_event_id
        return found | dict(self._headers)

    def begin(self, response: httpx.Response, refusal: bytes) -> bool:
        """Begin a connection; return whether there is a stream, and not the end of a replay.

        Args:
            response: The head of the response.
            refusal: The beginning of its body, if its status is not 200.

        Raises:
            RefusedError: Another attempt would be refused as well.
            RetryLaterError: The server is overloaded or not ready.
        """
        self._parser.reset()
        self._end_reason = ""
        if response.status_code == _NO_MORE:
            return False
        _check(response, refusal)
        self._text = TextDecoder(response.headers.get("content-encoding", ""))
        return True

    def feed(self, data: bytes) -> Iterator[FlightEvent]:
        """Yield the events that the bytes complete, each after it was applied to the fleet.

        Raises:
            RefusedError: The stream contains the refusal.
        """
        for event in self._parser.feed(self._text.decode(data)):
            if (typed := self._apply(event)) is not None:
                yield typed

    def disconnected(self, error: Exception | None) -> Disconnected:
        """Return the event that follows the end of a connection, with the time until the next."""
        reason = self._end_reason or "the connection ended" if error is None else str(error)
        at_least_s = error.at_least_s if isinstance(error, RetryLaterError) else 0.0
        wait = self._backoff.next(self._parser.retry_s, at_least_s)
        return Disconnected(reason or type(error).__name__, wait)

    def _apply(self, event: ServerEvent) -> FlightEvent | None:
        """Return the typed event; None if it concerns the connection only, or is not known."""
        name, data = event.name, json.loads(event.data)
        if name == "error":
            raise RefusedError(data["reason"], _OK, data.get("parameter"))
        if name in {"bye", "overloaded"}:
            self._end_reason = data["reason"]
            return None
        self._backoff.succeed()
        if name in {"snapshot", "update"}:
            return self._take_states(name, data)
        if name == "remove":
            self._states.feed(name, data)
            for icao24 in data["icao24"]:
                self.fleet.pop(icao24, None)
            return Remove(self.last_event_id, data["time"], data["icao24"])
        if name == "heartbeat":
            return Heartbeat(self.last_event_id, data["time"], data["aircraft"])
        return Reset(self.last_event_id, data["reason"]) if name == "reset" else None

    def _take_states(self, name: str, data: Mapping[str, Any]) -> FlightEvent:
        states = self._states.feed(name, data)
        if name == "snapshot":
            self.fleet.clear()
        self.fleet.update((state["icao24"], state) for state in states)
        kind = Snapshot if name == "snapshot" else Update
        return kind(self.last_event_id, data["time"], states)


def _check(response: httpx.Response, refusal: bytes) -> None:
    status, media_type = response.status_code, response.headers.get("content-type", "")
    if status == _OK and media_type.startswith("text/event-stream"):
        return
    if status == _OK:
        raise RefusedError(f"{response.url} is no stream: it is of the type {media_type}", status)
    reason = f"{status}: {_words(refusal)}"
    if status >= _SERVER_ERRORS or status in _PASSING:
        seconds = response.headers.get("retry-after", "")
        raise RetryLaterError(reason, float(seconds) if seconds.isdecimal() else 0.0)
    raise RefusedError(reason, status)


def _words(refusal: bytes) -> str:
    """Return the server's own words where it has some."""
    text = refusal.decode(errors="replace")
    try:
        detail = json.loads(text)["detail"]
    except (ValueError, KeyError, TypeError):
        return text
    return detail if isinstance(detail, str) else json.dumps(detail)
