"""One step in which the changes of a fleet are published: changes, snapshot and catch-up."""

import asyncio
from collections.abc import Callable, Sequence

from processor.live.fleet import Fleet, FleetStep, MissedChanges
from processor.live.frame_cache import FrameCache, UsedFrames
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
from processor.stream.slices import Slices, portions

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
        delta_events: The changes in this format.
        clock: Unix time in seconds, as the state vectors have it.
    """

    def __init__(
        self,
        fleet: Fleet | RestrictedFleet,
        changes: Changes,
        number: int,
        clock: Callable[[], float],
        *,
        step: FleetStep | None = None,
        is_heartbeat: bool = False,
        n_caches: int = 1,
    ) -> None:
        """Publish changes that the fleet has made, or will have made with a step.

        Args:
            fleet: The fleet.
            changes: What changed since the tick before.
            number: Number of the tick.
            clock: Unix time in seconds, as the state vectors have it.
            step: The step that the fleet is to show; None if it has made the changes.
            is_heartbeat: Whether a heartbeat ends the changes.
            n_caches: How many fleets divide the budget of frames that clients choose.
        """
        self.number = number
        reached = fleet if step is None else step
        self.position = reached.position
        self.changes = changes
        self.delta: DeltaState | None = None
        self.delta_events: Sequence[Event] = ()
        self._position_text = str(self.position)
        self._fleet = fleet
        self.clock = clock
        self._time = clock() if step is None else step.now
        self._heartbeat_aircraft = len(reached) if is_heartbeat else None
        self._cache = FrameCache(n_caches)
        self._missed: tuple[tuple[LogPosition, bool], MissedChanges] | None = None

    @classmethod
    def first(
        cls,
        fleet: Fleet | RestrictedFleet,
        number: int,
        clock: Callable[[], float],
        *,
        n_caches: int = 1,
    ) -> "Tick":
        """Advance a fleet, and return the first of its ticks; arguments as of the class."""
        return cls(fleet, fleet.advance(), number, clock, n_caches=n_caches)

    def next(self, *, is_heartbeat: bool, n_caches: int = 1) -> "Tick | None":
        """Advance the fleet, and return its next tick; None if there is nothing to publish.

        Args:
            is_heartbeat: Whether a heartbeat is due, which is sent without changes too.
            n_caches: As of the class.
        """
        changes = self._fleet.advance()
        if not changes.seen_by(with_identity=True) and not is_heartbeat:
            return None
        return Tick(
            self._fleet,
            changes,
            self.number + 1,
            self.clock,
            is_heartbeat=is_heartbeat,
            n_caches=n_caches,
        )

    @property
    def n_aircraft(self) -> int:
        """How many aircraft the fleet has."""
        return len(self._fleet)

    @property
    def used(self) -> UsedFrames:
        """What subscribers have requested in this tick."""
        return self._cache.used

    def prepare(self, used: UsedFrames, *, is_filtered: bool) -> Slices[None]:
        """Make what subscribers are likely to request.

        Args:
            used: What they requested in the tick before.
            is_filtered: Whether some of them had a filter.
        """
        if is_filtered:
            yield from self.changes.prepare_filters()
        for output_format in used.formats:
            for some in portions(self.changes.after):
                for aircraft in some:
                    aircraft.encode(output_format)
                yield
            self._cache.rows(output_format, self.changes.after_columns)
            yield
        for query, encoder in used.queries:
            found = self._events(query)
            yield
            yield from self._cache.make_changes(query, encoder, found)

    def select(self, query: StreamQuery) -> Sequence[Aircraft]:
        """Return the aircraft that pass the filter of a query."""
        return query.filter.select(self._fleet.columns)

    def event_id(self, query: StreamQuery) -> EventId:
        """Return the event id that a subscriber holds after this tick."""
        return EventId(self.position, self._tag(query))

    def frames(self, query: StreamQuery, encoder: Encoder[Frame]) -> tuple[Frame, ...]:
        """Return the changes and the heartbeat, for subscribers that have the tick before."""
        return self._cache.frames("changes", query, encoder, lambda: self._events(query))

    def snapshot_frames(self, query: StreamQuery, encoder: Encoder[Frame]) -> tuple[Frame, ...]:
        """Return the snapshot, for subscribers that are new or have changed their query."""
        version = self._fleet.identity_version if query.has_identity else 0
        content = ("snapshot", version)
        return self._cache.frames(content, query, encoder, lambda: [self._snapshot(query)])

    async def snapshot_json(self, query: StreamQuery) -> bytes:
        """Return the data of a snapshot; other tasks run while it is encoded."""
        aircraft, event_id, now = self.select(query), str(self.event_id(query)), self.clock()
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
        missed = self._events_since(since, query) if since is not None else None
        if since is not None and missed is not None:
            return self._cache.frames(since, query, encoder, lambda: missed), True
        reset = encoder.encode([events.reset(UNCERTAIN)])
        return (*reset, *self.snapshot_frames(query, encoder)), False

    def is_behind(self, event_id: EventId, query: StreamQuery) -> bool:
        """Whether another instance, which has read further, sent an event id: waiting helps."""
        return self._can_resume(event_id, query) and not event_id.position.is_within(
            self._fleet.position
        )

    def _events(self, query: StreamQuery) -> Sequence[Event]:
        event_id = format_event_id(self._position_text, self._tag(query))
        if query.output_format.format == "delta":
            found = list(self.delta_events)
        else:
            changes = self.changes.seen_by(with_identity=query.has_identity)
            encoded = self._cache.rows(
                query.output_format,
                changes.after_columns,
                has_identified=changes is not self.changes,
            )
            rows, removed = changes.select(query.filter, encoded)
            found = events.changes(rows, removed, query.output_format, id=event_id, now=self._time)
        if self._heartbeat_aircraft is not None:
            found.append(events.heartbeat(self._heartbeat_aircraft, id=event_id, now=self._time))
        return found

    def _snapshot(self, query: StreamQuery) -> Event:
        if query.output_format.format == "delta":
            return self._delta_state().snapshot(self.position, self.clock())
        rows = [aircraft.encode(query.output_format) for aircraft in self.select(query)]
        event_id = str(self.event_id(query))
        return events.snapshot(rows, query.output_format, id=event_id, now=self.clock())

    def _can_resume(self, event_id: EventId, query: StreamQuery) -> bool:
        return event_id.tag == self._tag(query) and self._fleet.can_resume(event_id.position)

    def _events_since(self, since: EventId, query: StreamQuery) -> Sequence[Event] | None:
        """Return what a subscriber has missed, or None if that is not known for certain."""
        if not self._can_resume(since, query):
            return None
        if query.output_format.format == "delta":
            return self._delta_state().events_since(since.position)
        if not since.position.is_within(self._fleet.position):
            return None
        return self._changes_since(since.position, query)

    def _changes_since(self, position: LogPosition, query: StreamQuery) -> Sequence[Event]:
        if query.filter.areas:
            return [self._snapshot(query)]
        missed = self._missed_since(position, with_identity=query.has_identity)
        passing = query.filter.select(Columns(missed.changed))
        removed = missed.removed
        if not query.filter.is_everything:
            # Whether an aircraft passed the filter at the position is not known, so each that
            # changed and does not pass is removed. If those are many, a snapshot is smaller.
            names = {aircraft.icao24 for aircraft in passing}
            removed = [a.icao24 for a in missed.changed if a.icao24 not in names] + removed
            if len(removed) > len(self.select(query)):
                return [self._snapshot(query)]
        rows = [aircraft.encode(query.output_format) for aircraft in passing]
        event_id = str(self.event_id(query))
        return events.changes(rows, removed, query.output_format, id=event_id, now=self.clock())

    def _missed_since(self, position: LogPosition, *, with_identity: bool) -> MissedChanges:
        """Return what was missed since a position; slow subscribers often share one position."""
        if self._missed is None or self._missed[0] != (position, with_identity):
            missed = self._fleet.missed(position, with_identity=with_identity)
            self._missed = (position, with_identity), missed
        return self._missed[1]

    def _tag(self, query: StreamQuery) -> str:
        return self._delta_state().tag if query.output_format.format == "delta" else query.tag

    def _delta_state(self) -> DeltaState:
        if self.delta is None:
            self.delta = DeltaState(self._fleet.aircraft, self.position)
        return self.delta
