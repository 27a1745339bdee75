"""What a client of the stream holds after any bytes, in each of the formats."""

import json
from typing import Any

from httpx_sse import ServerSentEvent
from httpx_sse._decoders import SSEDecoder

Row = dict[str, Any]


class Subscriber:
    """Applies the events of each format as its documentation describes.

    Attributes:
        names: The names of all events so far.
        events: All events so far, unless they are not kept.
        fleet: The aircraft by icao24, in all formats but delta.
        time: The newest `time` of an event (Unix seconds).
        last_event_id: The id of the newest event.
        units: The value of 1 in each column of the format delta; empty in other formats.

    Args:
        keeps_events: Whether `events` is filled; many large events take much memory.
    """

    def __init__(self, *, keeps_events: bool = True) -> None:
        self.names: list[str] = []
        self.events: list[ServerSentEvent] = []
        self.fleet: dict[str, Row] = {}
        self.time = 0
        self.last_event_id = ""
        self.units: dict[str, float] = {}
        self._keeps_events = keeps_events
        self._decoder = SSEDecoder()
        self._unread = b""
        self._fields: list[str] = []
        self._null = 0
        self._slots: dict[int, Row] = {}

    def feed(self, received: bytes) -> None:
        """Apply the events of some bytes, which may begin and end within an event."""
        *lines, self._unread = (self._unread + received).split(b"\n")
        for line in lines:
            event = self._decoder.decode(line.decode())
            # An event without data is not dispatched (WHATWG HTML, 9.2.6).
            if event is not None and event.data:
                self._apply(event)

    def _apply(self, event: ServerSentEvent) -> None:
        self.names.append(event.event)
        if self._keeps_events:
            self.events.append(event)
        self.last_event_id = event.id
        data = json.loads(event.data)
        self.time = data.get("time", self.time)
        if event.event == "snapshot":
            self.fleet.clear()
            self._slots.clear()
            self.units, self._null = data.get("units", {}), data.get("null", 0)
        self._fields = data.get("fields", self._fields)
        for state in self._states(data):
            self.fleet[state["icao24"]] = state
        if "slots" in data:
            self._apply_differences(data)
        if event.event == "remove":
            self._remove(data["icao24"])

    def _states(self, data: dict[str, Any]) -> list[Row]:
        if "features" in data:
            return [feature["properties"] for feature in data["features"]]
        return [
            state if isinstance(state, dict) else dict(zip(self._fields, state, strict=True))
            for state in data.get("states", [])
        ]

    def _apply_differences(self, data: dict[str, Any]) -> None:
        slot = 0
        for index, gap in enumerate(data["slots"]):
            slot += gap
            row = self._slots.setdefault(slot, {})
            for column, values in data["columns"].items():
                row[column] = row.get(column, 0) + values[index]
        for name, texts in data["texts"].items():
            for key, value in texts.items():
                self._slots[int(key)][name] = value

    def _remove(self, icao24s: list[str]) -> None:
        removed = set(icao24s)
        for icao24 in icao24s:
            self.fleet.pop(icao24, None)
        if self._slots:
            self._slots = {s: row for s, row in self._slots.items() if row["icao24"] not in removed}

    def held_fleet(self) -> dict[str, Row]:
        """Return the aircraft that the client holds, by icao24; delta integers are not scaled."""
        if not self.units:
            return self.fleet
        return {row["icao24"]: self._measured(row) for row in self._slots.values()}

    def _measured(self, row: Row) -> Row:
        return {
            name: None if name in self.units and value == self._null else value
            for name, value in row.items()
            if value is not None
        }

    def cut_off(self) -> None:
        """Lose the connection, and with it the event that was received in part."""
        self._decoder = SSEDecoder()
        self._decoder._last_event_id = self.last_event_id
        self._unread = b""
