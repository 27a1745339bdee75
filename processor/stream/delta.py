"""The whole picture in integer columns, each event the difference from the one before."""

import heapq
import secrets
from collections import deque
from collections.abc import Mapping, Sequence
from operator import attrgetter

import msgspec
import numpy as np
from numpy.typing import NDArray

from processor.stream.aircraft import Aircraft
from processor.stream.events import Event, removal
from processor.stream.live_state import Changes
from processor.stream.log_position import EventId, LogPosition

NULL = -(2**31)
"""Stands for "not received", so that differences stay whole numbers; fits a 32-bit integer."""

UNITS: Mapping[str, float] = {
    "time_position": 1,
    "last_contact": 1,
    "longitude": 0.0001,
    "latitude": 0.0001,
    "baro_altitude": 1,
    "velocity": 0.1,
    "true_track": 0.1,
    "vertical_rate": 0.1,
    "on_ground": 1,
    "category": 1,
}
"""Columns, and what 1 means in them, in OpenSky's units (0.0001° is what OpenSky sends)."""

TEXTS = ("icao24", "callsign", "origin_country", "squawk")
"""Told when they change, which is seldom."""

TURNS_KEPT = 32
"""Events that a viewer may have missed and still go on from where it was."""

_Integers = NDArray[np.int64]


class DeltaPicture:
    """The picture as a viewer of differences holds it: every aircraft in a slot.

    Slots are this object's own, so its events can be resumed only where it lives: `tag` is part
    of their ids.
    """

    def __init__(self, fleet: Sequence[Aircraft], position: LogPosition) -> None:
        self.tag = secrets.token_hex(4)
        self._slots: dict[str, int] = {}
        self._free: list[int] = []
        self._columns: dict[str, _Integers] = {name: np.zeros(0, np.int64) for name in UNITS}
        self._texts: dict[str, dict[int, str | None]] = {name: {} for name in TEXTS}
        self._turns: deque[tuple[LogPosition, list[Event]]] = deque(maxlen=TURNS_KEPT)
        self._unwatched_turns = 0
        self._differ(fleet)
        self._turns.append((position, []))

    def is_forgotten(self, *, is_watched: bool) -> bool:
        """Whether nobody is here, nor can go on from where it was when it comes back."""
        self._unwatched_turns = 0 if is_watched else self._unwatched_turns + 1
        return self._unwatched_turns > TURNS_KEPT

    def turn(self, changes: Changes, position: LogPosition, now: float) -> list[Event]:
        """Move on with the picture, and return what happened."""
        event_id = str(EventId(position, self.tag))
        events = []
        if changes.removed:
            removed = [aircraft.icao24 for aircraft in changes.removed]
            self._drop(removed)
            events.append(removal(removed, id=None if changes.after else event_id, now=now))
        if changes.after:
            data = {"time": int(now), **self._differ(changes.after)}
            events.append(Event("update", msgspec.json.encode(data), event_id))
        self._turns[-1][1].extend(events)
        # A turn that only removes stands where the turn before stood: whoever comes from there
        # may not have seen it, and is told again.
        if position != self._turns[-1][0]:
            self._turns.append((position, []))
        return events

    def events_since(self, position: LogPosition) -> list[Event] | None:
        """Return what followed a position, or None if that is no longer, or not yet, known."""
        found: list[Event] | None = None
        for at, following in self._turns:
            if at == position:
                found = []
            if found is not None:
                found += following
        return found

    def snapshot(self, position: LogPosition, now: float) -> Event:
        """Return the picture as an update of one that is empty, with the columns' units."""
        slots = np.array(sorted(self._slots.values()), dtype=np.int64)
        taken = slots.tolist()
        data = {
            "time": int(now),
            "null": NULL,
            "units": UNITS,
            "slots": _gaps(slots),
            "columns": {name: values[slots].tolist() for name, values in self._columns.items()},
            "texts": {
                name: {slot: texts[slot] for slot in taken if texts.get(slot) is not None}
                for name, texts in self._texts.items()
            },
        }
        return Event("snapshot", msgspec.json.encode(data), str(EventId(position, self.tag)))

    def _drop(self, icao24s: Sequence[str]) -> None:
        """Free slots; who takes one next begins with zeros and no texts, as the viewer's does."""
        for icao24 in icao24s:
            if (slot := self._slots.pop(icao24, None)) is None:
                continue
            heapq.heappush(self._free, slot)
            for column in self._columns.values():
                column[slot] = 0
            for texts in self._texts.values():
                texts.pop(slot, None)

    def _differ(self, aircraft: Sequence[Aircraft]) -> Mapping[str, object]:
        """Take in new states, and return how they differ from what was there."""
        taken = np.array([self._slot(one.icao24) for one in aircraft], dtype=np.int64)
        self._grow()
        order = np.argsort(taken)
        slots = taken[order]
        ordered = [aircraft[index].state_vector for index in order.tolist()]
        differences = {}
        for name, unit in UNITS.items():
            values = _integers(list(map(attrgetter(name), ordered)), unit)
            column = self._columns[name]
            differences[name] = (values - column[slots]).tolist()
            column[slots] = values
        texts = {name: self._changed_texts(name, slots.tolist(), ordered) for name in TEXTS}
        return {
            "slots": _gaps(slots),
            "columns": differences,
            "texts": {name: changed for name, changed in texts.items() if changed},
        }

    def _slot(self, icao24: str) -> int:
        """Return an aircraft's slot, the lowest free one if it is new."""
        if (slot := self._slots.get(icao24)) is None:
            slot = heapq.heappop(self._free) if self._free else len(self._slots)
            self._slots[icao24] = slot
        return slot

    def _grow(self) -> None:
        """Make room, with some to spare."""
        size = len(self._slots) + len(self._free)
        for name, column in self._columns.items():
            if len(column) < size:
                self._columns[name] = np.pad(column, (0, size + size // 4 - len(column)))

    def _changed_texts(
        self, name: str, slots: Sequence[int], states: Sequence[object]
    ) -> dict[int, str | None]:
        texts = self._texts[name]
        values = map(attrgetter(name), states)
        changed = {s: v for s, v in zip(slots, values, strict=True) if texts.get(s) != v}
        texts.update(changed)
        return changed


def _integers(values: Sequence[float | None], unit: float) -> _Integers:
    floats = np.array(values, dtype=np.float64)
    return np.where(np.isnan(floats), NULL, np.rint(floats / unit)).astype(np.int64)


def _gaps(slots: _Integers) -> list[int]:
    """Return ascending slots as steps from one to the next, the first from 0."""
    gaps: list[int] = np.diff(slots, prepend=0).tolist()
    return gaps
