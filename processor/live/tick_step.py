"""The step of the live fleet from one tick to the next, most of it in any thread."""

from collections.abc import Callable, Sequence

from processor.live.fleet import Fleet
from processor.live.frame_cache import FrameCache
from processor.live.tick import AIRCRAFT_AT_ONCE, Tick
from processor.stream.delta import DeltaState
from processor.stream.events import Event


class TickStep:
    """Computes the next tick from what does not change meanwhile.

    Until `show`, the tick before answers all subscribers, also those that join. What they used of
    that tick is made for the next one as well, so it does not have to be made when they are sent
    its changes.

    Args:
        tick: The newest tick.
        fleet: The fleet that it shows.
        clock: Unix time in seconds, as the state vectors have it.
        is_heartbeat: Whether a heartbeat is due, which is sent without changes too.
        is_delta_used: Whether an open stream has the format `delta`.
    """

    def __init__(
        self,
        tick: Tick,
        fleet: Fleet,
        clock: Callable[[], float],
        *,
        is_heartbeat: bool,
        is_delta_used: bool,
    ) -> None:
        self._tick = tick
        self._fleet = fleet
        self._clock = clock
        self._is_heartbeat = is_heartbeat
        self._is_delta_used = is_delta_used
        self._columns = fleet.columns
        self._step = fleet.prepare()
        self._cache = FrameCache()
        self._delta_before: DeltaState | None = None
        self._delta: DeltaState | None = None
        self._delta_events: Sequence[Event] = ()

    def compute(self) -> None:
        """Compute what is to be shown; safe in any thread."""
        self._step.compute()
        found = self._step.found
        found.state.columns.make_as_in(self._columns)
        found.changes.make_as_in(self._tick.changes)
        for output_format in list(self._tick.cache.formats):
            self._cache.rows(output_format, found.changes.after_columns)
        self.compute_delta()

    @property
    def lacks_delta(self) -> bool:
        """Whether a client has requested the format `delta` since it was computed."""
        return self._delta_before is None and self._tick.is_delta_requested

    def compute_delta(self) -> None:
        """Compute the state and the events of the format `delta`; safe in any thread."""
        changes = self._step.found.changes
        tick = self._tick
        if tick.delta is not None or tick.is_delta_requested:
            self._delta_before = tick.delta_state(self._columns)
        if self._delta_before is None or not (changes or self._is_heartbeat):
            return
        delta = self._delta_before.copy()
        if not delta.is_abandoned(is_used=self._is_delta_used):
            self._delta = delta
            self._delta_events = delta.advance(changes, self._step.position, self._step.now)

    def show(self) -> Tick | None:
        """Show the changes, and return their tick; None if there is nothing to publish."""
        changes = self._fleet.show(self._step)
        if not changes and not self._is_heartbeat:
            return None
        return Tick(
            self._fleet,
            changes,
            self._tick.number + 1,
            self._clock,
            time=self._step.now,
            delta=self._delta,
            delta_events=self._delta_events,
            cache=self._cache,
            is_heartbeat=self._is_heartbeat,
        )

    def release(self) -> None:
        """Free what only the tick before kept; safe in any thread, once the step was shown.

        Freeing tens of thousands of aircraft at once would hold Python's lock for long.
        """
        replaced = [*self._tick.changes.before, *self._tick.changes.removed]
        self.__dict__.clear()
        while replaced:
            del replaced[-AIRCRAFT_AT_ONCE:]
