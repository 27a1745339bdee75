"""The format `delta`: the fleet in integer columns, each event a difference from the last."""

import copy
import heapq
import secrets
from collections import deque
from collections.abc import Mapping, Sequence
from operator import attrgetter

import msgspec
import numpy as np
from numpy.typing import NDArray

from processor.reference.identity import IDENTITY_FIELDS
from processor.stream.aircraft import Aircraft
from processor.stream.changes import Changes
from processor.stream.events import Event, removal
from processor.stream.log_position import EventId, LogPosition
from processor.stream.slices import Slices, run_at_once

NULL = -(2**31)
"""Stands for "not received", so that differences are integers; it fits into 32 bits."""

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
"""Numeric columns, and the size of one step in OpenSky's units (it sends steps of 0.0001°)."""

TEXTS = ("icao24", "callsign", "origin_country", "squawk", "type")
"""Text columns, which are sent only where they changed: they seldom do.

Of the identity only the type is among them, by which maps choose their icons.
"""

TICKS_KEPT = 32
"""Ticks whose events are kept, so that a subscriber that missed no more than these resumes."""

_Integers = NDArray[np.int64]


class DeltaState:
    """The fleet as a subscriber to the format `delta` holds it: each aircraft in a slot.

    Only this object knows its slots, so a stream can be resumed with this object alone.

    Attributes:
        tag: Random name of the object, a part of the ids of its events.
    """

    def __init__(self, fleet: Sequence[Aircraft], position: LogPosition) -> None:
        self.tag = secrets.token_hex(4)
        self._slots: dict[str, int] = {}
        self._free: list[int] = []
        self._columns: dict[str, _Integers] = {name: np.zeros(0, np.int64) for name in UNITS}
        self._texts: dict[str, dict[int, str | None]] = {name: {} for name in TEXTS}
        self._ticks: deque[tuple[LogPosition, list[Event]]] = deque(maxlen=TICKS_KEPT)
        self._unused_ticks = 0
        run_at_once(self._apply(fleet))
        self._ticks.append((position, []))

    def copy(self) -> "DeltaState":
        """Return a state with the same tag that can be advanced while this one is read."""
        other = copy.copy(self)
        other.__dict__ |= {
            "_slots": self._slots.copy(),
            "_free": self._free.copy(),
            "_columns": {name: values.copy() for name, values in self._columns.items()},
            "_texts": {name: texts.copy() for name, texts in self._texts.items()},
            "_ticks": deque(((at, list(found)) for at, found in self._ticks), TICKS_KEPT),
        }
        return other

    def is_abandoned(self, *, is_used: bool) -> bool:
        """Count a tick, and return whether neither an open stream nor a resumed one needs it.

        Args:
            is_used: Whether an open stream has the format.
        """
        self._unused_ticks = 0 if is_used else self._unused_ticks + 1
        return self._unused_ticks > TICKS_KEPT

    def advance(self, changes: Changes, position: LogPosition, now: float) -> Slices[list[Event]]:
        """Apply the changes of a tick, and return its events.

        Args:
            changes: What changed in the fleet.
            position: The log position of the tick.
            now: Unix time in seconds.
        """
        event_id = str(EventId(position, self.tag))
        events = []
        if changes.removed:
            removed = [aircraft.icao24 for aircraft in changes.removed]
            self._free_slots(removed)
            events.append(removal(removed, id=None if changes.after else event_id, now=now))
        if changes.after:
            applied = yield from self._apply(changes.after)
            data = {"time": int(now), **applied}
            events.append(Event("update", msgspec.json.encode(data), event_id))
        self._ticks[-1][1].extend(events)
        # A tick that only removes aircraft has the position of the tick before. A subscriber from
        # that position may not have received it, so it is sent again.
        if position != self._ticks[-1][0]:
            self._ticks.append((position, []))
        return events

    def events_since(self, position: LogPosition) -> list[Event] | None:
        """Return the events after a position, or None if the position is too old or not reached."""
        found: list[Event] | None = None
        for at, following in self._ticks:
            if at == position:
                found = []
            if found is not None:
                found += following
        return found

    def snapshot(self, position: LogPosition, now: float) -> Event:
        """Return the fleet as an update of an empty one, with the steps of the columns."""
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

    def _free_slots(self, icao24s: Sequence[str]) -> None:
        """Free the slots of aircraft and reset them to zeros and no texts, as a client does."""
        for icao24 in icao24s:
            if (slot := self._slots.pop(icao24, None)) is None:
                continue
            heapq.heappush(self._free, slot)
            for column in self._columns.values():
                column[slot] = 0
            for texts in self._texts.values():
                texts.pop(slot, None)

    def _apply(self, aircraft: Sequence[Aircraft]) -> Slices[Mapping[str, object]]:
        """Take in new state vectors, and return their differences from the columns and texts."""
        taken = np.array([self._slot(one.icao24) for one in aircraft], dtype=np.int64)
        self._extend_columns()
        yield
        order = np.argsort(taken)
        slots = taken[order]
        ordered = [aircraft[index] for index in order.tolist()]
        states = [one.state_vector for one in ordered]
        yield
        differences = {}
        for name, unit in UNITS.items():
            values = _integers(list(map(attrgetter(name), states)), unit)
            column = self._columns[name]
            differences[name] = (values - column[slots]).tolist()
            column[slots] = values
            yield
        texts = {}
        for name in TEXTS:
            source = ordered if name in IDENTITY_FIELDS else states
            texts[name] = self._changed_texts(name, slots.tolist(), source)
            yield
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

    def _extend_columns(self) -> None:
        """Make the columns long enough, with a quarter to spare."""
        size = len(self._slots) + len(self._free)
        for name, column in self._columns.items():
            if len(column) < size:
                self._columns[name] = np.pad(column, (0, size + size // 4 - len(column)))

    def _changed_texts(
        self, name: str, slots: Sequence[int], source: Sequence[object]
    ) -> dict[int, str | None]:
        texts = self._texts[name]
        values = map(attrgetter(name), source)
        changed = {s: v for s, v in zip(slots, values, strict=True) if texts.get(s) != v}
        texts.update(changed)
        return changed


def _integers(values: Sequence[float | None], unit: float) -> _Integers:
    floats = np.array(values, dtype=np.float64)
    return np.where(np.isnan(floats), NULL, np.rint(floats / unit)).astype(np.int64)


def _gaps(slots: _Integers) -> list[int]:
    """Return ascending slots as distances from one to the next, the first from 0."""
    gaps: list[int] = np.diff(slots, prepend=0).tolist()
    return gaps
