"""The live state inside the areas of a principal, independent of all that is outside."""

from collections.abc import Sequence

from processor.bounding_box import BoundingBox
from processor.stream.aircraft import Aircraft
from processor.stream.columns import Columns
from processor.stream.filter import Filter
from processor.stream.live_state import Changes, LiveState, Missed
from processor.stream.log_position import LogPosition

INSIDE = LogPosition("areas", (0,))
"""The log position in every event id of a restricted principal. A real one counts the messages of
the world, so this one counts nothing, and a client that returns with it gets the whole view."""


class RestrictedState:
    """Shows of a tracker the aircraft whose newest state vector lies inside the areas.

    An aircraft that leaves the areas is removed; where it goes, and whether it is received again,
    makes no difference. So two worlds that agree inside give the same turns and the same counts.

    Args:
        tracker: Of all aircraft; it is moved on by its owner.
        areas: What the principal is restricted to.
    """

    def __init__(self, tracker: LiveState, areas: Sequence[BoundingBox]) -> None:
        self._tracker = tracker
        self._filter = Filter(areas=tuple(areas))

    @property
    def position(self) -> LogPosition:
        """Where the aircraft stand, as event ids say it."""
        return INSIDE

    @property
    def columns(self) -> Columns:
        """All aircraft of the tracker in columns; every view of the principal leaves out others."""
        return self._tracker.columns

    @property
    def fleet(self) -> Sequence[Aircraft]:
        """Every aircraft inside, by icao24."""
        return self._filter.select(self._tracker.columns)

    def __len__(self) -> int:
        return len(self._filter.find(self._tracker.columns))

    def turn(self) -> Changes:
        """Return what the tracker's newest turn has changed inside."""
        changes = self._tracker.changes
        after = self._inside(changes.after)
        names = {aircraft.icao24 for aircraft in after}
        were = self._inside([*changes.before, *changes.removed])
        gone = [aircraft for aircraft in were if aircraft.icao24 not in names]
        return Changes(
            after=after,
            before=[aircraft for aircraft in were if aircraft.icao24 in names],
            # The tracker's own order is that in which aircraft were first received anywhere.
            removed=sorted(gone, key=lambda aircraft: aircraft.icao24),
        )

    def _inside(self, aircraft: Sequence[Aircraft]) -> list[Aircraft]:
        return list(self._filter.select(Columns(aircraft))) if aircraft else []

    def can_resume(self, position: LogPosition) -> bool:
        """Whether an id is one of these; what was missed is not looked up, but all is sent."""
        return position == self.position

    def missed(self, since: LogPosition) -> Missed:
        """Return everything: when an aircraft changed last is not kept by area."""
        del since
        return Missed(changed=list(self.fleet), removed=[])
