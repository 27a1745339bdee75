"""The step of the live fleet from one tick to the next, computed in slices."""

from collections.abc import Iterable

from processor.live.fleet import Fleet
from processor.live.subscriber import Subscriber
from processor.live.tick import Tick
from processor.stream.slices import ITEMS_AT_ONCE, Slices


class TickStep:
    """Computes the next tick from what does not change meanwhile.

    Until `show`, the tick before answers all subscribers, also those that join. What they requested
    of it is made for the next one too, so it need not be made when they are sent the changes.

    Args:
        tick: The newest tick.
        fleet: The fleet that it shows.
        is_heartbeat: Whether a heartbeat is due, which is sent without changes too.
        is_identity_used: Whether a subscriber asks for identities, which are then sent without
            other changes too.
    """

    def __init__(
        self,
        tick: Tick,
        fleet: Fleet,
        *,
        is_heartbeat: bool,
        is_identity_used: bool = False,
    ) -> None:
        self._tick = tick
        self._fleet = fleet
        self._is_heartbeat = is_heartbeat
        self._used = tick.used
        self._is_identity_used = is_identity_used
        self._step = fleet.prepare()
        self._next: Tick | None = None

    @property
    def n_changed(self) -> int:
        """How many aircraft have newer state vectors or an identity."""
        return self._step.n_incoming

    def compute(self) -> Slices[None]:
        """Compute the next tick."""
        yield from self._step.compute()
        yield
        changes = self._step.found.changes
        news = changes.seen_by(with_identity=self._is_identity_used)
        if not news and not self._is_heartbeat:
            return
        self._next = tick = Tick(
            self._fleet,
            changes,
            self._tick.number + 1,
            self._tick.clock,
            step=self._step,
            is_heartbeat=self._is_heartbeat,
        )
        yield from self._continue_delta(tick)
        yield from tick.prepare(self._used, is_filtered=self._tick.changes.is_filtered)
        # A client may have become the first one with the format `delta` meanwhile.
        yield from self._continue_delta(tick)

    def _continue_delta(self, tick: Tick) -> Slices[None]:
        """Let a tick continue the numbering of aircraft that clients have from the tick before."""
        if self._tick.delta is not None and tick.delta is None:
            delta = self._tick.delta.copy()
            yield
            changes = tick.changes.seen_by(with_identity=True)
            events = yield from delta.advance(changes, tick.position, self._step.now)
            tick.delta, tick.delta_events = delta, events

    def can_show(self, newest: Tick | None) -> bool:
        """Whether the step may be shown after the newest tick.

        It may not if the fleet was replaced, the log was suspended, or partitions were added
        meanwhile.
        """
        return newest is self._tick and self._fleet.can_show(self._step)

    def show(self, *, is_delta_used: bool) -> Tick | None:
        """Let the fleet show the step, and return its tick; None if there is nothing to publish.

        Args:
            is_delta_used: Whether an open stream has the format `delta`.
        """
        self._fleet.show(self._step)
        tick = self._next
        delta = None if tick is None else tick.delta
        if tick is not None and delta is not None and delta.is_abandoned(is_used=is_delta_used):
            tick.delta = None
        return tick

    def release(self) -> Slices[None]:
        """Free the aircraft that only the tick before kept, when the step was shown."""
        replaced = [*self._tick.changes.before, *self._tick.changes.removed]
        del self._tick, self._next, self._used, self._step
        while replaced:
            yield
            del replaced[-ITEMS_AT_ONCE:]


def next_step(
    tick: Tick, fleet: Fleet, subscribers: Iterable[Subscriber], *, is_heartbeat: bool
) -> TickStep:
    """Return the step from a tick that subscribers are sent; the arguments are as of the class."""
    is_identity_used = fleet.has_new_identities and any(
        one.query.has_identity for one in subscribers
    )
    return TickStep(tick, fleet, is_heartbeat=is_heartbeat, is_identity_used=is_identity_used)
