"""The newest flight of each aircraft in memory, and which rows only continue it."""

from collections.abc import Collection, Mapping, Sequence
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from processor.archive.flights.segmentation import (
    SILENCE_SECONDS,
    FlightState,
    continues_flight,
    proves_flight,
)
from processor.archive.unique_rows import UniqueRows
from telemetry.state_vector import StateVector

FlightStates = dict[str, FlightState]

FEWEST_SLOTS = 1_024


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

    def unknown(self, aircraft: Collection[str]) -> list[str]:
        """Return the aircraft whose flights are not remembered."""
        return list(set(aircraft).difference(self._slots))

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

    def note_continuing(self, rows: UniqueRows) -> Sequence[int]:
        """Note the contacts of rows that only continue a flight; return the places of the others.

        From the first row of an aircraft on that may change its flight, all its rows are returned,
        in order; `continues` judges those one by one.
        """
        if not len(rows.identities):
            return range(len(rows))
        found = map(self._slots.get, rows.icao24s, repeat(-1))
        slots = np.fromiter(found, np.int64, len(rows))
        is_left = self._find_changes(rows, slots)
        noted = ~is_left
        self._contacts[slots[noted]] = rows.contacts[noted]  # of several rows the last counts
        places: list[int] = np.flatnonzero(is_left).tolist()
        return places

    def _find_changes(self, rows: UniqueRows, slots: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Find the rows of each aircraft from the first on that may change its flight."""
        first = rows.first_places
        previous = np.roll(rows.contacts, 1)
        previous[first] = self._contacts[slots[first]]
        seconds = rows.contacts - previous
        changes = (
            (slots < 0)
            | (self._identities[slots] != rows.identities)
            | (seconds <= 0)
            | (seconds > SILENCE_SECONDS)
        )
        newest_change = np.maximum.accumulate(np.where(changes, np.arange(len(rows)), -1))
        begins = np.repeat(first, np.diff(first, append=len(rows)))
        found: NDArray[np.bool_] = newest_change >= begins
        return found

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
