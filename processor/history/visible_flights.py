"""What a principal with areas may know of state vectors in order of time."""

from collections.abc import Sequence

from processor.bounding_box import BoundingBox
from processor.history.stored_rows import in_columns
from processor.stream.filter import Filter
from telemetry.state_vector import StateVector


class Restriction:
    """Admits state vectors inside the areas, and the first one outside of an aircraft that leaves.

    That one says when the aircraft left; all that follow until it comes back are left out, so that
    they decide neither where groups end nor when events come. Without areas all are admitted.
    """

    def __init__(self, areas: Sequence[BoundingBox]) -> None:
        self._filter = Filter(areas=tuple(areas))
        self._inside: set[str] = set()

    def admit(self, state_vectors: Sequence[StateVector]) -> list[StateVector]:
        """Return those that may be known, of state vectors that follow the ones before."""
        if not self._filter.areas or not state_vectors:
            return list(state_vectors)
        inside = set(self._filter.find(in_columns(state_vectors)).tolist())
        return [
            state
            for index, state in enumerate(state_vectors)
            if self._is_known(state.icao24, is_inside=index in inside)
        ]

    def _is_known(self, icao24: str, *, is_inside: bool) -> bool:
        if is_inside:
            self._inside.add(icao24)
            return True
        if icao24 in self._inside:
            self._inside.remove(icao24)
            return True
        return False
