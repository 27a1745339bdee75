"""A client of the stream that keeps the fleet in any of the formats."""

import re
from typing import Any

import msgspec

_EVENT = re.compile(rb"^(event|id|data): ?(.*)$", re.MULTILINE)

Row = dict[str, Any]


class AnySubscriber:
    """Applies the events of each format as its documentation describes.

    Attributes:
        names: The names of all events so far.
        fleet: The aircraft in the formats object and row, by icao24.
        time: The newest `time` of an event (Unix seconds).
        last_event_id: The id of the newest event that has one.
    """

    def __init__(self) -> None:
        self.names: list[str] = []
        self.fleet: dict[str, Any] = {}
        self.time = 0
        self.last_event_id = ""
        self._unread = b""
        self._fields: list[str] = []
        self._units: dict[str, float] = {}
        self._null = 0
        self._slots: dict[int, Row] = {}

    def feed(self, text: bytes) -> None:
        """Apply the events of some text, which may begin and end within an event."""
        *events, self._unread = (self._unread + text).split(b"\n\n")
        for event in events:
            parts: dict[bytes, bytes] = dict(_EVENT.findall(event))
            if b"data" in parts:
                self._apply(parts[b"event"].decode(), parts)

    def _apply(self, name: str, parts: dict[bytes, bytes]) -> None:
        data = msgspec.json.decode(parts[b"data"])
        self.names.append(name)
        self.last_event_id = parts.get(b"id", self.last_event_id.encode()).decode()
        self.time = data.get("time", self.time)
        if name == "snapshot":
            self.fleet, self._slots = {}, {}
            self._fields = data.get("fields", [])
            self._units, self._null = data.get("units", {}), data.get("null", 0)
        for state in data.get("states", ()):
            row = state if isinstance(state, dict) else dict(zip(self._fields, state, strict=True))
            self.fleet[row["icao24"]] = row
        if "slots" in data:
            self._apply_differences(data)
        if name == "remove":
            self._remove(data["icao24"])

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
        gone = set(icao24s)
        for icao24 in icao24s:
            self.fleet.pop(icao24, None)
        if self._slots:
            self._slots = {s: row for s, row in self._slots.items() if row["icao24"] not in gone}

    def held_fleet(self) -> dict[str, Any]:
        """Return the aircraft that the client holds, by icao24; delta integers are not scaled."""
        if not self._units:
            return self.fleet
        return {row["icao24"]: self._measured(row) for row in self._slots.values()}

    def _measured(self, row: Row) -> Row:
        return {
            name: None if name in self._units and value == self._null else value
            for name, value in row.items()
            if value is not None
        }

    @property
    def units(self) -> dict[str, float]:
        """The value of 1 in each column of the format delta; empty in other formats."""
        return self._units
