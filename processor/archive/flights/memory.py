"""The newest flight of each aircraft in memory, and which rows only continue it."""

from collections.abc import Collection, Iterator, Mapping
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from processor.archive.flights.segmentation import (
    SILENCE_SECONDS,
    FlightState,
    continues_flight,
    proves_flight,
)
from processor.archive.unique_rows import ADDRESS_BITS, UniqueRows
from telemetry.state_vector import StateVector

FlightStates = dict[str, FlightState]

FEWEST_SLOTS = 1_024

MAX_ROUNDS = 4
"""How often the rows after a change are judged by columns again. A new flight is known after its
second row, so that three rounds suffice for a backlog in which each aircraft has many rows."""


class FlightMemory:
    """Remembers the state of each aircraft's newest flight, and the aircraft's newest contact.

    Nearly all rows change nothing but the contact: `on_ground` and callsign are those of the row
    before, and no silence lies between. They are recognised by whole columns: their encoded
    identity, which contains both fields, is the one that was found to continue the flight before.
    """

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Forget all aircraft."""
        # Each aircraft has a slot, its place in the lists and arrays.
        self._slots: dict[str, int] = {}
        self._flight_states: list[FlightState] = []
        # The newest contact of each aircraft; `FlightState.last_contact` may be older.
        self._contacts = np.zeros(FEWEST_SLOTS, np.int64)
        # The encoded identity that continues the flight in its present state, None if unknown.
        self._identities = np.full(FEWEST_SLOTS, None, np.object_)

    def __len__(self) -> int:
        return len(self._slots)

    def unknown(self, aircraft: Collection[str]) -> set[str]:
        """Return the aircraft whose flights are not remembered."""
        return set(aircraft).difference(self._slots)

    def remember(self, flight_states: Mapping[str, FlightState]) -> None:
        """Replace the states of some aircraft."""
        for icao24, flight_state in flight_states.items():
            self.replace(icao24, flight_state)

    def replace(self, icao24: str, flight_state: FlightState) -> None:
        """Replace the state of an aircraft."""
        slot = self._slots.get(icao24)
        if slot is None:
            slot = self._slots[icao24] = len(self._flight_states)
            self._flight_states.append(flight_state)
            if slot == len(self._contacts):
                self._contacts = np.concatenate([self._contacts, np.zeros(slot, np.int64)])
                more = np.full(slot, None, np.object_)
                self._identities = np.concatenate([self._identities, more])
        self._flight_states[slot] = flight_state
        self._contacts[slot] = flight_state.last_contact
        self._identities[slot] = None

    def state(self, icao24: str) -> FlightState | None:
        """Return the state of an aircraft; None if it has no flight yet."""
        slot = self._slots.get(icao24)
        if slot is None:
            return None
        flight_state, last_contact = self._flight_states[slot], int(self._contacts[slot])
        if flight_state.last_contact == last_contact:
            return flight_state
        return flight_state._replace(last_contact=last_contact)

    def find_changes(self, rows: UniqueRows) -> Iterator[int]:
        """Yield the places of rows that may change a flight, each aircraft's in order.

        The contacts of the others are noted. Before the next place is requested, each row must be
        given to `continues`, and to `replace` if it changes the state of its aircraft.
        """
        left = np.arange(len(rows))
        if len(rows.identities):
            for _ in range(MAX_ROUNDS):
                if not len(left):
                    return
                found, left = self._note_continuing(rows, left)
                yield from found.tolist()
        yield from left.tolist()

    def _note_continuing(
        self, rows: UniqueRows, places: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Note the rows in these places that continue a flight, up to the first that may not.

        Returns:
            The place of each aircraft's first row that may change its flight, and those after it.
        """
        aircraft = [rows.icao24s[place] for place in places.tolist()]
        slots = np.fromiter(map(self._slots.get, aircraft, repeat(-1)), np.int64, len(places))
        first = np.flatnonzero(np.diff(rows.keys[places] >> ADDRESS_BITS, prepend=-1))
        contacts = rows.contacts[places]
        changes = self._may_change(contacts, rows.identities[places], slots, first)
        order = np.arange(len(places))
        begins = np.repeat(first, np.diff(first, append=len(places)))
        newest_change = np.maximum.accumulate(np.where(changes, order, -1))
        is_left = newest_change >= begins
        noted = ~is_left
        self._contacts[slots[noted]] = contacts[noted]  # of several rows the last counts
        was_left = np.roll(is_left, 1)
        was_left[first] = False
        return places[is_left & ~was_left], places[is_left & was_left]

    def _may_change(
        self,
        contacts: NDArray[np.int64],
        identities: NDArray[np.object_],
        slots: NDArray[np.int64],
        first: NDArray[np.intp],
    ) -> NDArray[np.bool_]:
        """Judge rows by the row before of the same aircraft, the first by what is remembered."""
        previous = np.roll(contacts, 1)
        previous[first] = self._contacts[slots[first]]
        seconds = contacts - previous
        changes: NDArray[np.bool_] = (
            (slots < 0)
            | (self._identities[slots] != identities)
            | (seconds <= 0)
            | (seconds > SILENCE_SECONDS)
        )
        return changes

    def continues(self, state: StateVector, identity: bytes | None) -> bool:
        """Note a row if it only continues or proves a flight; return whether it does."""
        slot = self._slots.get(state.icao24)
        if slot is None:
            return False
        flight_state = self._flight_states[slot]
        seconds = state.last_contact - int(self._contacts[slot])
        facts = (flight_state, seconds, state.callsign, state.on_ground)
        if proves_flight(*facts):
            self._flight_states[slot] = flight_state._replace(doubt=None)
        elif not continues_flight(*facts):
            return False
        self._contacts[slot] = state.last_contact
        self._identities[slot] = identity
        return True
