"""A viewer that knows nothing but the stream: what it holds after any bytes."""

import json
from typing import Any

from httpx_sse import ServerSentEvent
from httpx_sse._decoders import SSEDecoder


class Subscriber:
    """Applies events as the documentation tells a frontend to."""

    def __init__(self) -> None:
        self.fleet: dict[str, dict[str, Any]] = {}
        self.events: list[ServerSentEvent] = []
        self.last_event_id = ""
        self._decoder = SSEDecoder()
        self._unread = b""
        self._fields: list[str] = []

    @property
    def names(self) -> list[str]:
        """The names of all events so far."""
        return [event.event for event in self.events]

    def feed(self, received: bytes) -> None:
        """Take bytes as they come; an event may be cut anywhere."""
        *lines, self._unread = (self._unread + received).split(b"\n")
        for line in lines:
            event = self._decoder.decode(line.decode())
            # Without data there is nothing to tell (WHATWG HTML, 9.2.6).
            if event is not None and event.data:
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
        """Understand all formats but delta."""
        if "features" in data:
            return [feature["properties"] for feature in data["features"]]
        self._fields = data.get("fields", self._fields)
        return [
            state if isinstance(state, dict) else dict(zip(self._fields, state, strict=True))
            for state in data.get("states", [])
        ]

    def cut_off(self) -> None:
        """Lose the connection: what was received in part is gone."""
        self._decoder = SSEDecoder()
        self._decoder._last_event_id = self.last_event_id
        self._unread = b""
