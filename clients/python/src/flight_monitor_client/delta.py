"""Decodes the stream's `format=delta`: keeps the fleet, gives aircraft in OpenSky's units."""

from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import Any

Value = str | int | float | bool | None


class DeltaDecoder:
    """The fleet as whole numbers in columns, by slot, and texts.

    Feed it every event of one stream in order; it ignores those that do not concern the fleet.
    After a reconnection with the last id go on feeding the same decoder.
    """

    def __init__(self) -> None:
        self._null = 0
        self._per_unit: dict[str, int] = {}
        self._columns: dict[str, list[int]] = {}
        self._texts: dict[str, dict[int, str | None]] = {}
        self._slots: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._slots)

    def feed(self, event: str, data: Mapping[str, Any]) -> None:
        """Take an event's name and its data, parsed from JSON."""
        if event == "snapshot":
            self._begin(data)
        if event in {"snapshot", "update"}:
            self._update(data)
        elif event == "remove":
            for icao24 in data["icao24"]:
                self._free(icao24)

    def aircraft(self) -> Iterator[dict[str, Value]]:
        """Yield every aircraft; `None` is "not received"."""
        for slot in self._slots.values():
            yield self.aircraft_at(slot)

    def aircraft_at(self, slot: int) -> dict[str, Value]:
        """Return the aircraft of a slot that is in use."""
        aircraft: dict[str, Value] = {}
        for name, texts in self._texts.items():
            aircraft[name] = texts.get(slot)
        for name in self._columns:
            aircraft[name] = self._value(name, slot)
        return aircraft

    def _begin(self, data: Mapping[str, Any]) -> None:
        """Forget everything; learn which columns and texts there are."""
        self._null = data["null"]
        # 85695 / 10000 is 8.5695, but 85695 * 0.0001 is not quite.
        self._per_unit = {name: round(1 / unit) for name, unit in data["units"].items()}
        self._columns = {name: [] for name in data["units"]}
        self._texts = {name: {} for name in data["texts"]}
        self._slots = {}

    def _update(self, data: Mapping[str, Any]) -> None:
        slots = list(accumulate(data["slots"]))
        for name, differences in data["columns"].items():
            column = self._columns[name]
            column += [0] * (max(slots, default=-1) + 1 - len(column))
            for slot, difference in zip(slots, differences, strict=True):
                column[slot] += difference
        for name, changed in data["texts"].items():
            self._texts[name] |= {int(slot): text for slot, text in changed.items()}
        for slot, icao24 in data["texts"].get("icao24", {}).items():
            self._slots[icao24] = int(slot)

    def _free(self, icao24: str) -> None:
        """Empty a slot for the next aircraft; addresses without a slot are ignored."""
        slot = self._slots.pop(icao24, None)
        if slot is None:
            return
        for column in self._columns.values():
            column[slot] = 0
        for texts in self._texts.values():
            texts.pop(slot, None)

    def _value(self, name: str, slot: int) -> Value:
        value, per_unit = self._columns[name][slot], self._per_unit[name]
        if value == self._null:
            return None
        if name == "on_ground":
            return value == 1
        return value if per_unit == 1 else value / per_unit
