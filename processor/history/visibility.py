"""Which state vectors a principal that is restricted to areas may see."""

from collections.abc import Sequence

from processor.bounding_box import BoundingBox
from processor.history.stored_rows import in_columns
from processor.stream.filter import Filter
from telemetry.state_vector import StateVector


class VisibilityFilter:
    """Selects the state vectors inside the areas, and the first one outside of an aircraft.

    That first one shows when the aircraft left. All later ones are left out until the aircraft
    returns, so neither the times nor the grouping of events depend on what is received outside.
    Without areas, all state vectors are selected.
    """

    def __init__(self, areas: Sequence[BoundingBox]) -> None:
        self._filter = Filter(areas=tuple(areas))
        self._inside: set[str] = set()

    def select(self, state_vectors: Sequence[StateVector]) -> list[StateVector]:
        """Return the visible ones of some state vectors, which follow those of the call before."""
        if not self._filter.areas or not state_vectors:
            return list(state_vectors)
        inside = set(self._filter.find(in_columns(state_vectors)).tolist())
        return [
            state
            for index, state in enumerate(state_vectors)
            if self._is_visible(state.icao24, is_inside=index in inside)
        ]

    def _is_visible(self, icao24: str, *, is_inside: bool) -> bool:
        if is_inside:
            self._inside.add(icao24)
            return True
        if icao24 in self._inside:
            self._inside.remove(icao24)
            return True
        return False
