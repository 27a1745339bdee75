"""One step of the picture, written once for each view and wire that somebody wants."""

from collections.abc import Callable, Hashable, Sequence
from functools import cached_property
from sys import getsizeof
from typing import Any

import numpy as np

from processor.stream import events
from processor.stream.byte_cache import ByteCache
from processor.stream.columns import Columns, Indices, Rows
from processor.stream.encoder import Effort, Encoder, Frame
from processor.stream.events import Event
from processor.stream.live_state import Changes
from processor.stream.log_position import LogPosition, name_event
from processor.stream.output_format import STANDARD, OutputFormat
from processor.stream.query import StreamQuery

SELECTED_BYTES = 48 * 1024 * 1024
"""Of what is written in one turn of the selections of fields that streams have. Each may be for
many viewers, so it has a budget of its own, which no filters can take."""

KEPT_BYTES = 16 * 1024 * 1024
"""Of what else is written for some, in one turn: events of filters, snapshots, what was missed."""

SHARED = frozenset({"turn", "snapshot"})

PATIENT_WRITES = 100
"""Of views of their own, in one turn; beyond them, time is worth more than bytes."""


class Tick:
    """What changed from the turn before to this one.

    Args:
        number: One more than the turn before.
        position: Of the log, which the picture now stands at.
        changes: Of the picture.
        differences: The same in the format delta, if anybody gets it.
        beat: How many aircraft there are, when it is time for a heartbeat.
        now: Unix time in seconds.
        kept_bytes: Budget of what is written for some, in bytes.
    """

    def __init__(
        self,
        number: int,
        position: LogPosition,
        changes: Changes,
        *,
        differences: Sequence[Event] = (),
        beat: int | None = None,
        now: float,
        kept_bytes: int = KEPT_BYTES,
    ) -> None:
        self.number = number
        self.position = position
        self._position_text = str(position)
        self._changes = changes
        self._differences = differences
        self._beat = beat
        self._now = now
        # For all: standard shapes, wires and `SHARED` are few.
        self._shared: dict[Hashable, Any] = {}
        # For some: there is no end of selections of fields, filters and positions.
        self._selected = ByteCache(SELECTED_BYTES)
        self._kept = ByteCache(kept_bytes)
        self._own_writes = 0

    @property
    def kept_bytes(self) -> int:
        """What is kept of this turn that clients have chosen, in bytes."""
        return self._kept.used_bytes + self._selected.used_bytes

    def frames(self, view: StreamQuery, wire: Encoder[Frame], tag: str) -> tuple[Frame, ...]:
        """Return the turn's events for a viewer that has taken the turn before."""
        return self.once("turn", view, wire, lambda: self._events(view, tag))

    def once(
        self,
        what: Hashable,
        view: StreamQuery,
        wire: Encoder[Frame],
        make: Callable[[], Sequence[Event]],
    ) -> tuple[Frame, ...]:
        """Write events for all who want the same in this turn."""
        key = (what, view.key, wire.name)
        is_for_all = view.is_standard and what in SHARED
        kept = self._kept_of(what, view)
        frames: tuple[Frame, ...] | None = (self._shared if is_for_all else kept).get(key)
        if frames is None:
            is_shared = view.filter.is_everything and what in SHARED
            frames = wire.pack(make(), self._effort(is_shared=is_shared))
            if is_for_all:
                self._shared[key] = frames
            else:
                kept.store(key, frames, sum(map(getsizeof, frames)))
        return frames

    def _kept_of(self, what: Hashable, view: StreamQuery) -> ByteCache:
        is_selection = what == "turn" and view.filter.is_everything
        return self._selected if is_selection else self._kept

    def _effort(self, *, is_shared: bool) -> Effort:
        if is_shared:
            return "shared"
        self._own_writes += 1
        return "own" if self._own_writes <= PATIENT_WRITES else "hurried"

    def _events(self, view: StreamQuery, tag: str) -> list[Event]:
        event_id = name_event(self._position_text, tag)
        found = list(self._differences)
        if view.shape.format != "delta":
            rows, gone = self._sent(view)
            found = events.changes(rows, gone, view.shape, id=event_id, now=self._now)
        if self._beat is not None:
            found.append(events.heartbeat(self._beat, id=event_id, now=self._now))
        return found

    def _sent(self, view: StreamQuery) -> tuple[list[bytes], list[str]]:
        """Return who is in the view and has changed, and who was in it and is no longer."""
        rows = self._rows(view.shape)
        if view.filter.is_everything:
            return rows.tolist(), [aircraft.icao24 for aircraft in self._changes.removed]
        # One look for both, for what costs is the look.
        found = view.filter.find(self._now_and_before)
        first_before = found.searchsorted(len(rows))
        now_in, was_in = found[:first_before], found[first_before:]
        # One place more, which nobody has: -1 means it.
        is_in = np.zeros(len(rows) + 1, dtype=np.bool_)
        is_in[now_in] = True
        gone = was_in[~is_in[self._places[was_in - len(rows)]]]
        return (
            rows[now_in].tolist(),
            [self._now_and_before.aircraft[index].icao24 for index in gone.tolist()],
        )

    def _rows(self, shape: OutputFormat) -> Rows:
        """Return who changed, as JSON."""
        kept = self._shared if shape in STANDARD else self._selected
        rows: Rows | None = kept.get(shape)
        if rows is None:
            rows = self._after.rows(shape)
            if shape in STANDARD:
                self._shared[shape] = rows
            else:
                self._selected.store(shape, rows, rows.nbytes + sum(map(getsizeof, rows.tolist())))
        return rows

    @cached_property
    def _after(self) -> Columns:
        return Columns(self._changes.after)

    @cached_property
    def _now_and_before(self) -> Columns:
        """Who changed, as it is now, and then who changed or left, as it was."""
        changes = self._changes
        return Columns([*changes.after, *changes.before, *changes.removed])

    @cached_property
    def _places(self) -> Indices:
        """Where among those who changed each of before is now; -1 for who left."""
        places = {aircraft.icao24: place for place, aircraft in enumerate(self._changes.after)}
        before = [*self._changes.before, *self._changes.removed]
        return np.array([places.get(aircraft.icao24, -1) for aircraft in before], np.intp)
