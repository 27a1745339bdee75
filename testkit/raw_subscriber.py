"""A subscriber that applies the bytes of an SSE stream, however they are divided."""

import json
from typing import Any

from httpx_sse import ServerSentEvent


class _EventParser:
    """Parses an event stream line by line (WHATWG HTML, 9.2.6)."""

    def __init__(self, last_event_id: str = "") -> None:
        self._last_event_id = last_event_id
        self._name = ""
        self._data: list[str] = []

    def parse(self, line: str) -> ServerSentEvent | None:
        """Return the event that this line completes; an event without data is not dispatched."""
        if not line:
            name, data, self._name, self._data = self._name, self._data, "", []
            if not data:
                return None
            return ServerSentEvent(name or "message", "\n".join(data), self._last_event_id)
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            self._name = value
        elif field == "data":
            self._data.append(value)
        elif field == "id" and "\0" not in value:
            self._last_event_id = value
        return None


class Subscriber:
    """Applies events as docs/stream.md describes it."""

    def __init__(self) -> None:
        self.fleet: dict[str, dict[str, Any]] = {}
        self.events: list[ServerSentEvent] = []
        self.last_event_id = ""
        self._parser = _EventParser()
        self._unread = b""
        self._fields: list[str] = []

    @property
    def names(self) -> list[str]:
        """The names of all events so far."""
        return [event.event for event in self.events]

    def feed(self, received: bytes) -> None:
        """Take bytes as they arrive; they may end within an event."""
        *lines, self._unread = (self._unread + received).split(b"\n")
        for line in lines:
            event = self._parser.parse(line.decode())
            if event is not None:
                self._apply(event)

    def _apply(self, event: ServerSentEvent) -> None:
        self.events.append(event)
        self.last_event_id = event.id
        data = json.loads(event.data)
        if event.event == "snapshot":
            self.fleet.clear()
        for state in self._states(data):
            self.fleet[state["icao24"]] = state
        if event.event == "remove":
            for icao24 in data["icao24"]:
                self.fleet.pop(icao24, None)

    def _states(self, data: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the aircraft of an event, in every format but delta."""
        if "features" in data:
            return [feature["properties"] for feature in data["features"]]
        self._fields = data.get("fields", self._fields)
        return [
            state if isinstance(state, dict) else dict(zip(self._fields, state, strict=True))
            for state in data.get("states", [])
        ]

    def cut_off(self) -> None:
        """Lose the connection, and with it an event that was received in part."""
        self._parser = _EventParser(self.last_event_id)
        self._unread = b""
