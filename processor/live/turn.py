"""One step of the picture, written once for each view and wire that somebody wants."""

from collections.abc import Callable, Hashable, Sequence
from functools import cached_property
from typing import Any

from processor.live import events
from processor.live.columns import Columns
from processor.live.events import Event
from processor.live.position import EventId, Position
from processor.live.tracker import Changes
from processor.live.view import View
from processor.live.wire import Piece, Wire

KEPT_BYTES = 64 * 1024 * 1024
"""Of what is written for viewers with filters, in one turn; more is written for each anew."""


class Turn:
    """What changed from the turn before to this one.

    Args:
        number: One more than the turn before.
        position: Of the log, which the picture now stands at.
        changes: Of the picture.
        differences: The same in the format delta, if anybody gets it.
        beat: How many aircraft there are, when it is time for a heartbeat.
        now: Unix time in seconds.
    """

    def __init__(
        self,
        number: int,
        position: Position,
        changes: Changes,
        *,
        differences: Sequence[Event] = (),
        beat: int | None = None,
        now: float,
    ) -> None:
        self.number = number
        self.position = position
        self._changes = changes
        self._differences = differences
        self._beat = beat
        self._now = now
        self._kept: dict[Hashable, Any] = {}
        self._kept_bytes = 0

    def pieces(self, view: View, wire: Wire[Piece], tag: str) -> tuple[Piece, ...]:
        """Return the turn's events for a viewer that has taken the turn before."""
        return self.once("turn", view, wire, lambda: self._events(view, tag))

    def once(
        self, what: Hashable, view: View, wire: Wire[Piece], make: Callable[[], Sequence[Event]]
    ) -> tuple[Piece, ...]:
        """Write events for all who want the same in this turn."""
        key = (what, view.key, wire.name)
        pieces: tuple[Piece, ...] | None = self._kept.get(key)
        if pieces is None:
            pieces = wire.pack(make())
            # What many share is always kept: there are few shapes and wires.
            if view.filter.is_everything or self._kept_bytes < KEPT_BYTES:
                self._kept[key] = pieces
                self._kept_bytes += sum(map(len, pieces))
        return pieces

    def _events(self, view: View, tag: str) -> list[Event]:
        event_id = str(EventId(self.position, tag))
        found = list(self._differences)
        if view.shape.format != "delta":
            after = view.filter.select(self._after)
            found = events.changes(
                [aircraft.encode(view.shape) for aircraft in after],
                self._gone(view, {aircraft.icao24 for aircraft in after}),
                view.shape,
                id=event_id,
                now=self._now,
            )
        if self._beat is not None:
            found.append(events.heartbeat(self._beat, id=event_id, now=self._now))
        return found

    def _gone(self, view: View, staying: set[str]) -> list[str]:
        """Return who was in the view and is no longer."""
        if view.filter.is_everything:
            return [aircraft.icao24 for aircraft in self._changes.removed]
        before = view.filter.select(self._before)
        return [aircraft.icao24 for aircraft in before if aircraft.icao24 not in staying]

    @cached_property
    def _after(self) -> Columns:
        return Columns(self._changes.after)

    @cached_property
    def _before(self) -> Columns:
        return Columns([*self._changes.before, *self._changes.removed])
