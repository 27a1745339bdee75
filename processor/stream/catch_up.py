"""The picture as it stands at this turn, told to whoever has not followed it there."""

import asyncio
from collections.abc import Callable, Sequence

from processor.stream import events
from processor.stream.aircraft import Aircraft
from processor.stream.columns import Columns
from processor.stream.delta import DeltaPicture
from processor.stream.encoder import Encoder, Frame
from processor.stream.events import Event
from processor.stream.live_state import Changes, LiveState, Missed
from processor.stream.log_position import EventId, LogPosition
from processor.stream.query import StreamQuery
from processor.stream.restricted_state import RestrictedState
from processor.stream.tick import KEPT_BYTES, Tick

AT_A_TIME = 500
"""Aircraft that are encoded for one client before others have a turn: about a millisecond."""

UNCERTAIN = "what was missed is not known for certain"


class CatchUp:
    """Knows all that is needed for any viewer at any position; keeps nothing of any viewer."""

    def __init__(
        self,
        tracker: LiveState | RestrictedState,
        turn_number: int,
        clock: Callable[[], float],
        kept_bytes: Callable[[], int] = lambda: KEPT_BYTES,
    ) -> None:
        self._tracker = tracker
        self._clock = clock
        self._kept_bytes = kept_bytes
        self._delta: DeltaPicture | None = None
        self._missed: tuple[LogPosition, int, Missed] | None = None
        self.current = self._make_turn(turn_number, tracker.turn(), is_beat=False)

    def __len__(self) -> int:
        return len(self._tracker)

    def turn(self, *, is_beat: bool, is_delta_watched: bool) -> bool:
        """Move on; whether there is anything to tell."""
        changes = self._tracker.turn()
        if not changes and not is_beat:
            return False
        if self._delta is not None and self._delta.is_forgotten(is_watched=is_delta_watched):
            self._delta = None
        self.current = self._make_turn(self.current.number + 1, changes, is_beat=is_beat)
        return True

    def _make_turn(self, number: int, changes: Changes, *, is_beat: bool) -> Tick:
        position, now = self._tracker.position, self._clock()
        return Tick(
            number,
            position,
            changes,
            differences=self._delta.turn(changes, position, now) if self._delta else (),
            beat=len(self._tracker) if is_beat else None,
            now=now,
            kept_bytes=self._kept_bytes(),
        )

    def next_pieces(self, view: StreamQuery, wire: Encoder[Frame]) -> tuple[Frame, ...]:
        """Return what all get who have taken the turn before."""
        return self.current.frames(view, wire, self._tag(view))

    def snapshot_pieces(self, view: StreamQuery, wire: Encoder[Frame]) -> tuple[Frame, ...]:
        """Return the whole view, written once for all who come between two turns."""
        return self.current.once("snapshot", view, wire, lambda: [self.snapshot(view)])

    def snapshot(self, view: StreamQuery) -> Event:
        """Return the whole view."""
        if view.shape.format == "delta":
            return self._delta_now().snapshot(self.current.position, self._clock())
        rows = [aircraft.encode(view.shape) for aircraft in self.select(view)]
        event_id = str(self.seen_by(view))
        return events.snapshot(rows, view.shape, id=event_id, now=self._clock())

    async def write_snapshot(self, view: StreamQuery) -> bytes:
        """Return the data of the whole view, some aircraft at a time: others want to be served."""
        aircraft, event_id, now = self.select(view), str(self.seen_by(view)), self._clock()
        rows: list[bytes] = []
        for first in range(0, len(aircraft), AT_A_TIME):
            rows += [one.encode(view.shape) for one in aircraft[first : first + AT_A_TIME]]
            await asyncio.sleep(0)
        return events.snapshot(rows, view.shape, id=event_id, now=now).data

    def select(self, view: StreamQuery) -> Sequence[Aircraft]:
        """Return who is in a view."""
        return view.filter.select(self._tracker.columns)

    def _delta_now(self) -> DeltaPicture:
        if self._delta is None:
            self._delta = DeltaPicture(self._tracker.fleet, self.current.position)
        return self._delta

    def seen_by(self, view: StreamQuery) -> EventId:
        """Return what is seen by who has been told of the current turn."""
        return EventId(self.current.position, self._tag(view))

    def is_behind(self, seen: EventId, view: StreamQuery) -> bool:
        """Whether a viewer comes from an instance that has read further, so waiting helps."""
        return self._can_resume(seen, view) and not seen.position.is_within(self._tracker.position)

    def pieces_since(
        self, seen: EventId | None, view: StreamQuery, wire: Encoder[Frame]
    ) -> tuple[tuple[Frame, ...], bool]:
        """Return what a viewer has missed, and whether that is certain; else all, with a reset."""
        found = self._since(seen, view) if seen is not None else None
        if found is not None:
            return self.current.once(("since", seen), view, wire, lambda: found), True
        reset = wire.pack([events.reset(UNCERTAIN)])
        return (*reset, *self.snapshot_pieces(view, wire)), False

    def _can_resume(self, seen: EventId, view: StreamQuery) -> bool:
        return seen.tag == self._tag(view) and self._tracker.can_resume(seen.position)

    def _since(self, seen: EventId, view: StreamQuery) -> Sequence[Event] | None:
        """Return what a viewer has missed, or None if that is not known for certain."""
        if not self._can_resume(seen, view):
            return None
        if view.shape.format == "delta":
            return self._delta_now().events_since(seen.position)
        if not seen.position.is_within(self._tracker.position):
            return None
        return self._changes_since(seen.position, view)

    def _changes_since(self, position: LogPosition, view: StreamQuery) -> Sequence[Event]:
        if view.filter.areas:
            return [self.snapshot(view)]
        missed = self._look_up(position)
        columns = Columns(missed.changed)
        rows = view.filter.select(columns)
        gone = missed.removed
        if not view.filter.is_everything:
            # How they were at the position is not known, so who is not in the view may have been.
            staying = {aircraft.icao24 for aircraft in rows}
            gone = [a.icao24 for a in missed.changed if a.icao24 not in staying] + gone
            in_view = len(view.filter.select(self._tracker.columns))
            if len(gone) > in_view:
                return [self.snapshot(view)]
        encoded = [aircraft.encode(view.shape) for aircraft in rows]
        event_id = str(self.seen_by(view))
        return events.changes(encoded, gone, view.shape, id=event_id, now=self._clock())

    def _look_up(self, position: LogPosition) -> Missed:
        """Return what was missed since a position; many are often behind by the same."""
        key = position, self.current.number
        if self._missed is None or self._missed[:2] != key:
            self._missed = (*key, self._tracker.missed(position))
        return self._missed[2]

    def _tag(self, view: StreamQuery) -> str:
        return self._delta_now().tag if view.shape.format == "delta" else view.tag
