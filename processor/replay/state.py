"""The aircraft that one subscriber of a replay holds; its clock is the time of the events."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Generic

from processor.history.visibility import VisibilityFilter
from processor.reference.identities import Identities
from processor.reference.identity import UNKNOWN
from processor.stream import events
from processor.stream.aircraft import Aircraft
from processor.stream.changes import Changes
from processor.stream.columns import Columns
from processor.stream.encoder import CompressionEffort, Encoder, Frame
from processor.stream.filter import Filter
from processor.stream.query import StreamQuery
from processor.stream.replay_request import ReplayEventId
from telemetry.state_vector import StateVector

REMOVAL_DELAY_SECONDS = 2
"""How late an expired aircraft may be removed while nothing is received, in event time; the live
stream removes aircraft as late."""

RESET_REASON = "what was missed is not known for certain"
"""The reason of a `reset`, the same one as on the live stream."""


class ReplayState(Generic[Frame]):
    """Applies stored state vectors tick by tick, and encodes the events that the live stream sent.

    Args:
        query: The filter, format and fields that the subscriber asked for.
        encoder: Turns events into frames.
        start: The second at which the replay begins (Unix).
        before: The newest state vector of each aircraft that was received shortly before.
        expiry_seconds: An aircraft is removed when nothing was received for so long.
        identities: Finds who an aircraft is; None if the query has nothing to do with it.

    Attributes:
        now: The event time that the replay has reached (Unix seconds).
    """

    def __init__(
        self,
        query: StreamQuery,
        encoder: Encoder[Frame],
        *,
        start: int,
        before: Sequence[StateVector],
        expiry_seconds: int,
        identities: Identities | None = None,
    ) -> None:
        self._identities = identities
        self.now = start - 1
        self.query = query
        self._encoder = encoder
        self._expiry_seconds = expiry_seconds
        self._fleet: dict[str, Aircraft] = {}
        self._areas = Filter(areas=query.filter.areas)
        self._visibility = VisibilityFilter(query.filter.areas)
        self._is_complete = True
        self._newest_sent: dict[str, int] = {}
        self._newest_hidden: dict[str, int] = {}
        self._apply(self.visible(before))

    @property
    def newest_sent(self) -> dict[str, int]:
        """The newest last_contact of each aircraft that need not be read again (Unix seconds).

        It covers the state vectors that were sent, or hidden from a restricted principal, since
        `begin_handover`.
        """
        newest = self._newest_sent.copy()
        for icao24, last_contact in self._newest_hidden.items():
            newest[icao24] = max(last_contact, newest.get(icao24, 0))
        return newest

    @property
    def fleet(self) -> list[Aircraft]:
        """Every aircraft that the subscriber may hold, by icao24, whatever its filter selects."""
        return [self._fleet[icao24] for icao24 in sorted(self._fleet)]

    def begin_handover(self) -> None:
        """Mark all later event ids as incomplete, and skip state vectors that are not newer.

        From here on the archive may still store older state vectors than those that were sent.
        """
        self._is_complete = False
        self._newest_sent = {
            icao24: aircraft.state_vector.last_contact for icao24, aircraft in self._fleet.items()
        }
        self._newest_hidden.clear()

    def visible(self, state_vectors: Sequence[StateVector]) -> list[StateVector]:
        """Return the state vectors that the principal may see; call it before they become ticks."""
        if not self._areas.areas:
            return list(state_vectors)
        news = [state for state in state_vectors if self._is_unread(state)]
        visible = self._visibility.select(news)
        if not self._is_complete:
            self._newest_hidden |= {state.icao24: state.last_contact for state in news}
        return visible

    def snapshot(self) -> tuple[Frame, ...]:
        """Return a snapshot of the aircraft that the query selects."""
        selected = self._select(self.fleet)
        rows = [aircraft.encode(self.query.output_format) for aircraft in selected]
        event = events.snapshot(rows, self.query.output_format, id=self._event_id, now=self.now)
        return self._pack([event])

    def reset(self) -> tuple[Frame, ...]:
        """Return a reset and a snapshot, for a subscriber that may have missed something."""
        return (*self._encoder.encode([events.reset(RESET_REASON)]), *self.snapshot())

    def tick(self, end: int, state_vectors: Iterable[StateVector]) -> tuple[Frame, ...]:
        """Move on to the end of a second, and return the changes as frames.

        Args:
            end: The second after the tick (Unix).
            state_vectors: What was received in the tick.
        """
        self.now = end - 1
        received = [state for state in state_vectors if self._is_newer(state)]
        if not self._is_complete:
            self._newest_sent |= {state.icao24: state.last_contact for state in received}
        return self._changes(self._apply(received))

    def advance_to(self, second: int) -> tuple[Frame, ...]:
        """Move the clock to a second before which nothing more was received; return removals."""
        self.now = second
        return self._changes(self._apply(()))

    def seconds_without_data(self, end: int, step: int) -> Iterator[int]:
        """Yield the seconds before `end` at which expired aircraft are to be removed.

        Args:
            end: The second at which the next state vector was received (Unix).
            step: The event time of a tick in seconds.
        """
        second = self.now + 1
        while self._fleet and (second := second + max(step, REMOVAL_DELAY_SECONDS)) < end:
            yield second

    def heartbeat(self) -> tuple[Frame, ...]:
        """Return a heartbeat as frames."""
        return self.heartbeat_at(self._count(), self._event_id)

    def heartbeat_at(self, aircraft: int, event_id: str) -> tuple[Frame, ...]:
        """Return a heartbeat with an id of the live stream, at which the subscriber goes on."""
        return self._pack([events.heartbeat(aircraft, id=event_id, now=self.now)])

    def removal(self, removed: Sequence[Aircraft], event_id: str) -> tuple[Frame, ...]:
        """Return the removal of aircraft that the live stream does not hold, with its event id."""
        icao24s = [aircraft.icao24 for aircraft in self._select(removed)]
        return self._pack(
            events.changes([], icao24s, self.query.output_format, id=event_id, now=self.now)
        )

    @property
    def _event_id(self) -> str:
        return str(ReplayEventId(self.now + 1, self.query.tag, self._is_complete))

    def _count(self) -> int:
        """Count the aircraft for a heartbeat; of a restricted principal, those inside its areas."""
        return len(self._areas.select(Columns(self.fleet))) if self._fleet else 0

    def _is_newer(self, state: StateVector) -> bool:
        return state.last_contact > self._newest_sent.get(state.icao24, 0)

    def _is_unread(self, state: StateVector) -> bool:
        newest_hidden = self._newest_hidden.get(state.icao24, 0)
        return self._is_newer(state) and state.last_contact > newest_hidden

    def _apply(self, received: Iterable[StateVector]) -> Changes:
        """Update the fleet, remove expired aircraft, and return what changed."""
        incoming: dict[str, Aircraft] = {}
        for state in received:
            known = incoming.get(state.icao24) or self._fleet.get(state.icao24)
            if known is None or known.state_vector.last_contact < state.last_contact:
                identity = UNKNOWN if known is None else known.identity
                if known is None and self._identities is not None:
                    identity = self._identities.at_hand(state.icao24)
                incoming[state.icao24] = Aircraft(state.icao24, state, identity=identity)
        before = {icao24: self._fleet[icao24] for icao24 in incoming if icao24 in self._fleet}
        self._fleet |= incoming
        expired = self._remove_expired()
        changed = sorted(incoming.keys() & self._fleet.keys())
        # An aircraft that appears and expires within one tick was never sent.
        removed = {
            icao24: before.get(icao24, aircraft)
            for icao24, aircraft in expired.items()
            if icao24 not in incoming or icao24 in before
        }
        return Changes.of(
            after=[incoming[icao24] for icao24 in changed],
            before=[before[icao24] for icao24 in changed if icao24 in before],
            removed=[removed[icao24] for icao24 in sorted(removed)],
        )

    def _remove_expired(self) -> dict[str, Aircraft]:
        silent_since = self.now - self._expiry_seconds
        expired = {
            icao24: aircraft
            for icao24, aircraft in self._fleet.items()
            if aircraft.state_vector.last_contact <= silent_since
        }
        for icao24 in expired:
            del self._fleet[icao24]
        return expired

    def _changes(self, changes: Changes) -> tuple[Frame, ...]:
        """Return the changes to the aircraft that the query selects, as frames."""
        after = self._select(changes.after)
        held = self._select([*changes.before, *changes.removed])
        staying = {aircraft.icao24 for aircraft in after}
        return self._pack(
            events.changes(
                [aircraft.encode(self.query.output_format) for aircraft in after],
                [aircraft.icao24 for aircraft in held if aircraft.icao24 not in staying],
                self.query.output_format,
                id=self._event_id,
                now=self.now,
            )
        )

    def _select(self, aircraft: Sequence[Aircraft]) -> Sequence[Aircraft]:
        if not aircraft or self.query.filter.is_everything:
            return aircraft
        return self.query.filter.select(Columns(aircraft))

    def _pack(self, packed: Sequence[events.Event]) -> tuple[Frame, ...]:
        effort: CompressionEffort = "high" if self.query.filter.is_everything else "normal"
        return self._encoder.encode(packed, effort)
