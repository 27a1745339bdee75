"""Divide the rows of one aircraft among its flights, while the rows are being read."""

from collections.abc import Iterator, Sequence
from typing import Generic, NamedTuple, TypeVar

from processor.archive.flights.segmentation import (
    DetectedFlight,
    FlightState,
    Observation,
    continues_flight,
    segment,
)

MAX_HELD = 5_000
"""Rows that wait for the observation that decides which flight they belong to. One row decides
about a flag, and the next callsign about a callsign, so that only an aircraft that sends another
callsign once and then none for hours holds more. Such rows stay with the flight before."""

Item = TypeVar("Item")


class Portion(NamedTuple, Generic[Item]):
    """Rows that follow each other in one flight.

    Attributes:
        flight: The flight as it is known so far; with `is_last` it is complete.
        items: What was given for each of the rows.
        is_last: The flight has no more rows.
    """

    flight: DetectedFlight
    items: Sequence[Item]
    is_last: bool


class FlightDivider(Generic[Item]):
    """Takes the observations of one aircraft in order of time, each with an item of the caller."""

    def __init__(self) -> None:
        self._state: FlightState | None = None
        # The time of the newest observation; that of the state may be older.
        self._last_contact = 0
        self._held: list[tuple[int, Item]] = []

    @property
    def flight(self) -> DetectedFlight:
        """The newest flight, as it is known so far; there must have been an observation."""
        if self._state is None:
            raise ValueError("there is no flight before the first observation")
        return self._state.flight

    def continues(
        self,
        last_contact: int,
        callsign: str | None,
        on_ground: bool,  # noqa: FBT001 - called for every row
    ) -> bool:
        """Take an observation if it only continues the flight; return whether it does.

        Nearly all rows do. Their items need not be given to `add`: nothing is held then.
        """
        state = self._state
        if (
            state is None
            or self._held
            or not continues_flight(state, last_contact - self._last_contact, callsign, on_ground)
        ):
            return False
        self._last_contact = last_contact
        return True

    def add(self, observation: Observation, item: Item) -> Iterator[Portion[Item]]:
        """Yield the items whose flight is known once this observation is."""
        self._held.append((observation.last_contact, item))
        state = self._state
        if state is not None:
            state = state._replace(last_contact=self._last_contact)
        found = segment(state, [observation])
        self._state, self._last_contact = found.flight_state, observation.last_contact
        for flight in found.flights:
            if flight.ends_before is not None:
                yield Portion(flight, self._take(flight.ends_before), is_last=True)
        decided = self._take(self._undecided_since(self._state))
        yield Portion(self._state.flight, decided, is_last=False)

    def end(self) -> Iterator[Portion[Item]]:
        """Yield the items that are left, when there are no more observations."""
        if self._state is not None:
            yield Portion(self._state.flight, self._take(None), is_last=True)

    def _undecided_since(self, state: FlightState) -> int | None:
        """Return the time of the first row that may belong to another flight; None if none may."""
        if state.doubt is None or len(self._held) > MAX_HELD:
            return None
        waiting = (state.doubt.contrary, state.doubt.renamed)
        return min((one.last_contact for one in waiting if one is not None), default=None)

    def _take(self, before: int | None) -> Sequence[Item]:
        """Remove and return the items of the rows before a time, or of all rows."""
        held = self._held
        n_taken = len(held)
        while before is not None and n_taken and held[n_taken - 1][0] >= before:
            n_taken -= 1
        self._held = held[n_taken:]
        return [item for _, item in held[:n_taken]]
