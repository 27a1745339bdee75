"""One step in which the changes of a fleet are published: changes, snapshot and catch-up."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from typing import TypeAlias

from processor.live.fleet import Fleet, MissedChanges
from processor.live.frame_cache import FrameCache
from processor.live.restricted_fleet import RestrictedFleet
from processor.stream import events
from processor.stream.aircraft import Aircraft
from processor.stream.changes import Changes
from processor.stream.columns import Columns
from processor.stream.delta import DeltaState
from processor.stream.encoder import Encoder, Frame
from processor.stream.events import Event
from processor.stream.log_position import EventId, LogPosition, format_event_id
from processor.stream.query import StreamQuery

_MakeEvents: TypeAlias = Callable[[], Sequence[Event]]

AIRCRAFT_AT_ONCE = 500
"""Aircraft that are encoded for one client before other tasks run: about a millisecond."""

UNCERTAIN = "what was missed is not known for certain"
"""Reason of a `reset` event."""


class Tick:
    """Answers what a subscriber is sent at this step; nothing in it belongs to one subscriber.

    A subscriber that has the event id of the tick before gets `frames`; a new one gets
    `snapshot_frames`; one that comes with an older event id gets `catch_up`. Subscribers with the
    same query and encoder get the same bytes, which are encoded once.

    Snapshot and catch-up read the fleet as it is now, so only the newest tick of a fleet can
    answer them. Because a tick keeps all that was encoded in it, no reference to it may be held
    while a subscriber is sent frames or waits for a tick.

    Attributes:
        number: One more than that of the tick before.
        position: The log position that the fleet had reached.
        changes: What changed since the tick before.
        delta: State of the format `delta`; None while no client uses it.
        is_delta_requested: Whether a client has requested its first snapshot in that format.
        cache: Keeps what is encoded in this tick.
    """

    def __init__(
        self,
        fleet: Fleet | RestrictedFleet,
        changes: Changes,
        number: int,
        clock: Callable[[], float],
        *,
        time: float | None = None,
        delta: DeltaState | None = None,
        delta_events: Sequence[Event] = (),
        cache: FrameCache | None = None,
        is_heartbeat: bool = False,
    ) -> None:
        """Publish changes that the fleet has made.

        Args:
            fleet: The fleet after the changes.
            changes: What changed since the tick before.
            number: Number of the tick.
            clock: Unix time in seconds, as the state vectors have it.
            time: The time of the changes by this clock; None for now.
            delta: State of the format `delta` at this tick; None while no client uses it.
            delta_events: What changed in `delta`.
            cache: Keeps what is encoded in this tick; None for a new cache.
            is_heartbeat: Whether a heartbeat ends the changes.
        """
        self.number = number
        self.position = fleet.position
        self.changes = changes
        self.delta = delta
        self.is_delta_requested = False
        self._delta_lock = threading.Lock()
        self.cache = FrameCache() if cache is None else cache
        self._position_text = str(fleet.position)
        self._fleet = fleet
        self._clock = clock
        self._time = clock() if time is None else time
        self._delta_events = delta_events
        self._heartbeat_aircraft = len(fleet) if is_heartbeat else None
        self._missed: tuple[LogPosition, MissedChanges] | None = None

    @classmethod
    def first(
        cls,
        fleet: Fleet | RestrictedFleet,
        number: int,
        clock: Callable[[], float],
        *,
        n_caches: int = 1,
    ) -> "Tick":
        """Advance a fleet, and return the first of its ticks.

        Args:
            fleet: The fleet.
            number: Number of the tick.
            clock: As of the class.
            n_caches: How many fleets divide the budget of frames that clients choose.
        """
        return cls(fleet, fleet.advance(), number, clock, cache=FrameCache(n_caches))

    def next(self, *, is_heartbeat: bool, n_caches: int = 1) -> "Tick | None":
        """Advance the fleet, and return its next tick; None if there is nothing to publish.

        Args:
            is_heartbeat: Whether a heartbeat is due, which is sent without changes too.
            n_caches: As of `first`.
        """
        changes = self._fleet.advance()
        if not changes and not is_heartbeat:
            return None
        return Tick(
            self._fleet,
            changes,
            self.number + 1,
            self._clock,
            cache=FrameCache(n_caches),
            is_heartbeat=is_heartbeat,
        )

    @property
    def n_aircraft(self) -> int:
        """How many aircraft the fleet has."""
        return len(self._fleet)

    def select(self, query: StreamQuery) -> Sequence[Aircraft]:
        """Return the aircraft that pass the filter of a query."""
        return query.filter.select(self._fleet.columns)

    def event_id(self, query: StreamQuery) -> EventId:
        """Return the event id that a subscriber holds after this tick."""
        return EventId(self.position, self._tag(query))

    def frames(self, query: StreamQuery, encoder: Encoder[Frame]) -> tuple[Frame, ...]:
        """Return the changes and the heartbeat, for subscribers that have the tick before."""
        return self.cache.frames("changes", query, encoder, lambda: self._events(query))

    def snapshot_frames(self, query: StreamQuery, encoder: Encoder[Frame]) -> tuple[Frame, ...]:
        """Return the snapshot, for subscribers that are new or have changed their query."""
        return self.snapshot_work(query, encoder)()

    def snapshot_work(
        self, query: StreamQuery, encoder: Encoder[Frame]
    ) -> Callable[[], tuple[Frame, ...]]:
        """Return a function that returns the same as `snapshot_frames` in any thread."""
        make = self._snapshot_of(query)
        return lambda: self.cache.frames("snapshot", query, encoder, lambda: [make()])

    async def snapshot_json(self, query: StreamQuery) -> bytes:
        """Return the data of a snapshot; other tasks run while it is encoded."""
        aircraft, event_id, now = self.select(query), str(self.event_id(query)), self._clock()
        rows: list[bytes] = []
        for first in range(0, len(aircraft), AIRCRAFT_AT_ONCE):
            some = aircraft[first : first + AIRCRAFT_AT_ONCE]
            rows += [one.encode(query.output_format) for one in some]
            await asyncio.sleep(0)
        return events.snapshot(rows, query.output_format, id=event_id, now=now).data

    def catch_up(
        self, since: EventId | None, query: StreamQuery, encoder: Encoder[Frame]
    ) -> tuple[tuple[Frame, ...], bool]:
        """Return what a subscriber has missed since an event id.

        Returns:
            The frames, and whether they are certain to be complete. If not, they are a `reset`
            and a snapshot.
        """
        work = self.catch_up_work(since, query, encoder)
        if work is None:
            return (*self.reset_frames(encoder), *self.snapshot_frames(query, encoder)), False
        return work(), True

    def catch_up_work(
        self, since: EventId | None, query: StreamQuery, encoder: Encoder[Frame]
    ) -> Callable[[], tuple[Frame, ...]] | None:
        """Return a function that returns what was missed in any thread; None if not certain."""
        if since is None or (make_events := self._events_since(since, query)) is None:
            return None
        return lambda: self.cache.frames(since, query, encoder, make_events)

    def reset_frames(self, encoder: Encoder[Frame]) -> tuple[Frame, ...]:
        """Return what precedes a snapshot if it is not certain what was missed."""
        return encoder.encode([events.reset(UNCERTAIN)])

    def continues(self, event_id: EventId | None, query: StreamQuery) -> bool:
        """Whether `frames` follow an event id of the tick before."""
        return query.output_format.format != "delta" or (
            self.delta is not None and event_id is not None and event_id.tag == self.delta.tag
        )

    def is_behind(self, event_id: EventId, query: StreamQuery) -> bool:
        """Whether another instance, which has read further, sent an event id: waiting helps."""
        return self._can_resume(event_id, query) and not event_id.position.is_within(
            self._fleet.position
        )

    def _events(self, query: StreamQuery) -> Sequence[Event]:
        event_id = format_event_id(self._position_text, self._tag(query))
        if query.output_format.format == "delta":
            found = list(self._delta_events)
        else:
            encoded = self.cache.rows(query.output_format, self.changes.after_columns)
            rows, removed = self.changes.select(query.filter, encoded)
            found = events.changes(rows, removed, query.output_format, id=event_id, now=self._time)
        if self._heartbeat_aircraft is not None:
            found.append(events.heartbeat(self._heartbeat_aircraft, id=event_id, now=self._time))
        return found

    def _snapshot_of(self, query: StreamQuery) -> Callable[[], Event]:
        """Return a function that makes the snapshot of the fleet as it is now."""
        columns, now = self._fleet.columns, self._clock()
        if query.output_format.format == "delta":
            self.is_delta_requested = True
            return lambda: self.delta_state(columns).snapshot(self.position, now)
        event_id = str(self.event_id(query))

        def make() -> Event:
            selected = query.filter.select(columns)
            rows = [aircraft.encode(query.output_format) for aircraft in selected]
            return events.snapshot(rows, query.output_format, id=event_id, now=now)

        return make

    def _can_resume(self, event_id: EventId, query: StreamQuery) -> bool:
        if query.output_format.format == "delta" and self.delta is None:
            return False  # the id is from another numbering of the aircraft
        return event_id.tag == self._tag(query) and self._fleet.can_resume(event_id.position)

    def _events_since(self, since: EventId, query: StreamQuery) -> _MakeEvents | None:
        """Return a function that returns what was missed; None if that is not known for certain."""
        if not self._can_resume(since, query):
            return None
        if self.delta is not None and query.output_format.format == "delta":
            missed = self.delta.events_since(since.position)
            return None if missed is None else lambda: missed
        if not since.position.is_within(self._fleet.position):
            return None
        return self._changes_since(since.position, query)

    def _changes_since(self, position: LogPosition, query: StreamQuery) -> _MakeEvents:
        make_snapshot = self._snapshot_of(query)
        if query.filter.areas:
            return lambda: [make_snapshot()]
        missed = self._missed_since(position)
        columns, event_id, now = self._fleet.columns, str(self.event_id(query)), self._clock()

        def make() -> Sequence[Event]:
            passing = query.filter.select(Columns(missed.changed))
            removed = missed.removed
            if not query.filter.is_everything:
                # Whether an aircraft passed the filter at the position is not known, so each that
                # changed and does not pass is removed. If those are many, a snapshot is smaller.
                names = {aircraft.icao24 for aircraft in passing}
                removed = [a.icao24 for a in missed.changed if a.icao24 not in names] + removed
                if len(removed) > len(query.filter.select(columns)):
                    return [make_snapshot()]
            rows = [aircraft.encode(query.output_format) for aircraft in passing]
            return events.changes(rows, removed, query.output_format, id=event_id, now=now)

        return make

    def _missed_since(self, position: LogPosition) -> MissedChanges:
        """Return what was missed since a position; slow subscribers often share one position."""
        if self._missed is None or self._missed[0] != position:
            self._missed = position, self._fleet.missed(position)
        return self._missed[1]

    def _tag(self, query: StreamQuery) -> str:
        if query.output_format.format != "delta":
            return query.tag
        return self.delta_state(self._fleet.columns).tag

    def delta_state(self, columns: Columns) -> DeltaState:
        """Return the state of the format `delta`, made from the aircraft of the tick if missing."""
        with self._delta_lock:
            if self.delta is None:
                self.delta = DeltaState(columns.aircraft, self.position)
            return self.delta
