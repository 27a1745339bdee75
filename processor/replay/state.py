"""The picture as it was: a tracker of one viewer's own, whose clock is the time of the events."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Generic

from processor.history.visible_flights import Restriction
from processor.live.fleet import Fleet, Update
from processor.live.restricted_fleet import RestrictedFleet
from processor.live.tick import UNCERTAIN as REASON
from processor.live.tick import Tick
from processor.replay.request import CERTAIN, UNCERTAIN
from processor.stream import events
from processor.stream.aircraft import Aircraft
from processor.stream.columns import Columns
from processor.stream.encoder import Encoder, Frame
from processor.stream.log_position import LogPosition
from processor.stream.query import StreamQuery
from telemetry.state_vector import StateVector

IDLE_SECONDS = 2
"""How late, in event time, a removal may come while nobody is heard; as in the living picture."""


class ReplayState(Generic[Frame]):
    """Takes what was heard, in turns, and writes what the viewer is told: the very same events.

    Args:
        start: The moment at which it begins (Unix seconds).
        before: The newest state vector of everybody who was heard not too long before.
        expiry_seconds: An aircraft that has been silent for so long is removed.
    """

    def __init__(
        self,
        view: StreamQuery,
        wire: Encoder[Frame],
        *,
        start: int,
        before: Iterable[StateVector],
        expiry_seconds: int,
    ) -> None:
        self.now: float = start - 1
        self.view = view
        self._wire = wire
        self._is_uncertain = False
        self._expiry_seconds = expiry_seconds
        nowhere = LogPosition(CERTAIN, (start,))
        self._tracker = Fleet(
            start=nowhere,
            resumable_after=nowhere,
            expiry_seconds=expiry_seconds,
            resume_window_seconds=0,
            clock=lambda: self.now,
        )
        self._sent: dict[str, int] = {}
        self._left_out: dict[str, int] = {}
        self._restriction = Restriction(view.filter.areas)
        self._read(start, self.admit(list(before)))
        self._tick = self._first_tick()

    @property
    def sent(self) -> dict[str, int]:
        """The newest last_contact that the viewer knows of each aircraft, from certainty on."""
        return self._sent | {
            icao24: last_contact
            for icao24, last_contact in self._left_out.items()
            if last_contact > self._sent.get(icao24, 0)
        }

    @property
    def fleet(self) -> list[Aircraft]:
        """Every aircraft of the picture, by icao24."""
        return self._tracker.aircraft

    def leave_certainty(self) -> None:
        """Note that from now on state vectors may be stored that are older than what is told."""
        self._is_uncertain = True
        self._sent = {one.icao24: one.state_vector.last_contact for one in self._tracker.aircraft}
        self._left_out.clear()

    def admit(self, state_vectors: Sequence[StateVector]) -> list[StateVector]:
        """Return what the viewer may know of state vectors, before they are gathered into turns.

        What is left out is not asked for again.
        """
        if not self.view.filter.areas:
            return list(state_vectors)
        news = [state for state in state_vectors if self._is_unseen(state)]
        admitted = self._restriction.admit(news)
        if self._is_uncertain:
            self._left_out |= {state.icao24: state.last_contact for state in news}
        return admitted

    def _is_unseen(self, state: StateVector) -> bool:
        return self._is_news(state) and state.last_contact > self._left_out.get(state.icao24, 0)

    def _first_tick(self) -> Tick:
        if not self.view.filter.areas:
            return Tick.first(self._tracker, 0, lambda: self.now)
        self._tracker.advance()
        inside = RestrictedFleet(self._tracker, self.view.filter.areas, has_positions=True)
        return Tick.first(inside, 0, lambda: self.now)

    def snapshot(self) -> tuple[Frame, ...]:
        """Return the whole view."""
        return self._tick.snapshot_frames(self.view, self._wire)

    def reset(self) -> tuple[Frame, ...]:
        """Return the whole view, for a viewer of which it is not known what it has missed."""
        return (*self._wire.encode([events.reset(REASON)]), *self.snapshot())

    def take(self, until: int, state_vectors: Iterable[StateVector]) -> tuple[Frame, ...]:
        """Move on to the end of a second, and return what is told of it."""
        # First: the tracker takes nothing that is far ahead of its clock.
        self.now = until - 1
        self._read(until, [state for state in state_vectors if self._is_news(state)])
        return self._turn()

    def idle_moments(self, until: int, step: int) -> Iterator[int]:
        """Yield moments at which silent aircraft are to be removed before the next is heard."""
        moment = int(self.now) + 1
        while self._tracker.aircraft and (moment := moment + max(step, IDLE_SECONDS)) < until:
            yield moment

    def pass_to(self, moment: float) -> tuple[Frame, ...]:
        """Move the clock on to a moment at which nobody was heard."""
        self._tracker.apply([Update(0, int(moment), None)])
        self.now = moment
        return self._turn()

    def beat(self) -> tuple[Frame, ...]:
        """Return a heartbeat, with the position."""
        return self._turn(is_heartbeat=True)

    def drop(self, gone: Iterable[Aircraft], event_id: str) -> tuple[Frame, ...]:
        """Return what is told of aircraft that are in the picture no longer."""
        leaving = self.view.filter.select(Columns(list(gone)))
        return self._wire.encode(
            events.changes(
                [],
                [one.icao24 for one in leaving],
                self.view.output_format,
                id=event_id,
                now=self.now,
            )
        )

    def beat_at(self, aircraft: int, event_id: str) -> tuple[Frame, ...]:
        """Return a heartbeat with another position, from which the viewer goes on."""
        return self._wire.encode([events.heartbeat(aircraft, id=event_id, now=self.now)])

    def _read(self, until: int, state_vectors: Iterable[StateVector]) -> None:
        """Let the tracker have state vectors as of one log, whose offsets are seconds."""
        received = list(state_vectors)
        self._tracker.apply([Update(0, until - 1, state) for state in received])
        if self._is_uncertain:
            self._sent |= {state.icao24: state.last_contact for state in received}

    def _is_news(self, state: StateVector) -> bool:
        return state.last_contact > self._sent.get(state.icao24, 0)

    def _turn(self, *, is_heartbeat: bool = False) -> tuple[Frame, ...]:
        if self._is_uncertain:
            self._tracker.position = LogPosition(UNCERTAIN, self._tracker.position.offsets)
        if self.view.filter.areas:
            self._tracker.advance()
        tick = self._tick.next(is_heartbeat=is_heartbeat, is_delta_used=False)
        if tick is None:
            return ()
        self._tick = tick
        return tick.frames(self.view, self._wire)
