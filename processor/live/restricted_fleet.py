"""The part of a fleet inside the areas of a principal, independent of all aircraft outside."""

from collections.abc import Sequence

import msgspec

from processor.bounding_box import BoundingBox
from processor.live.fleet import Fleet, MissedChanges
from processor.stream.aircraft import Aircraft
from processor.stream.changes import Changes
from processor.stream.columns import Columns
from processor.stream.filter import Filter
from processor.stream.log_position import LogPosition

AREAS_POSITION = LogPosition("areas", (0,))
"""Log position in every event id of a restricted principal. A real one would reveal how many
messages the whole world sends; this one is constant, so a client that returns gets a snapshot."""


class RestrictedFleet:
    """The aircraft of a fleet whose newest state vectors lie inside areas.

    An aircraft that leaves the areas is removed; where it goes, and whether messages of it still
    arrive, has no effect. So two fleets that agree inside have the same ticks and counts.

    Args:
        fleet: All aircraft; its owner advances it.
        areas: The areas that the principal is restricted to.
        has_positions: Whether the positions of the fleet depend on aircraft inside alone, as in a
            replay, and may be sent.
    """

    def __init__(
        self, fleet: Fleet, areas: Sequence[BoundingBox], *, has_positions: bool = False
    ) -> None:
        self._fleet = fleet
        self._filter = Filter(areas=tuple(areas))
        self._has_positions = has_positions

    @property
    def position(self) -> LogPosition:
        """The log position in event ids."""
        return self._fleet.position if self._has_positions else AREAS_POSITION

    @property
    def identity_version(self) -> int:
        """As of the fleet."""
        return self._fleet.identity_version

    @property
    def columns(self) -> Columns:
        """All aircraft of the fleet; every filter of the principal leaves out those outside."""
        return self._fleet.columns

    @property
    def aircraft(self) -> Sequence[Aircraft]:
        """Every aircraft inside, by icao24."""
        return self._filter.select(self._fleet.columns)

    def __len__(self) -> int:
        return len(self._filter.find(self._fleet.columns))

    def advance(self) -> Changes:
        """Return what the fleet's newest tick has changed inside."""
        changes = self._fleet.changes
        inside = self._inside(changes)
        if changes.identified is None:
            return inside
        identified = self._inside(changes.identified)
        return msgspec.structs.replace(inside, identified=identified or None)

    def _inside(self, changes: Changes) -> Changes:
        after = self._filter.select(changes.after_columns)
        names = {aircraft.icao24 for aircraft in after}
        held = self._filter.select(changes.held_columns)
        gone = [aircraft for aircraft in held if aircraft.icao24 not in names]
        return Changes.of(
            after=after,
            before=[aircraft for aircraft in held if aircraft.icao24 in names],
            removed=sorted(gone, key=lambda aircraft: aircraft.icao24),
        )

    def can_resume(self, position: LogPosition) -> bool:
        """Whether a position is the one in the ids of a restricted principal."""
        return position == self.position

    def missed(self, since: LogPosition, *, with_identity: bool = False) -> MissedChanges:
        """Return every aircraft inside: when each changed last is not kept by area."""
        del since, with_identity
        return MissedChanges(changed=list(self.aircraft), removed=[])
