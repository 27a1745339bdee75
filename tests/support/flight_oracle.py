"""Flights by the definition: look at all state vectors of an aircraft at once, pair by pair."""

from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

from telemetry.state_vector import StateVector

SILENCE_SECONDS = 1800


class Flight(NamedTuple):
    """What the archive should say of one flight; times are Unix seconds."""

    icao24: str
    first_seen: int
    last_seen: int
    callsign: str | None
    take_off: int | None
    landing: int | None
    state_vectors: int


def flights_of(state_vectors: Iterable[StateVector]) -> list[Flight]:
    """Return the flights of all aircraft, by icao24 and time."""
    tracks: dict[str, dict[int, StateVector]] = {}
    for state in state_vectors:
        tracks.setdefault(state.icao24, {}).setdefault(state.last_contact, state)
    return [
        flight
        for icao24 in sorted(tracks)
        for flight in _flights([tracks[icao24][at] for at in sorted(tracks[icao24])])
    ]


def _flights(track: list[StateVector]) -> list[Flight]:
    flights, begun = [], 0
    for index in range(1, len(track) + 1):
        if index == len(track) or _parts(track[begun:index], track[index]):
            flights.append(_flight(track, begun, index))
            begun = index
    return flights


def _parts(flight: list[StateVector], state: StateVector) -> bool:
    """Whether a state vector is of another flight than those before it."""
    last = flight[-1]
    if state.last_contact - last.last_contact > SILENCE_SECONDS:
        return True
    if state.on_ground:
        return False
    if last.on_ground:
        return any(not each.on_ground for each in flight)
    known = _callsign(flight)
    return state.callsign is not None and known is not None and state.callsign != known


def _callsign(flight: list[StateVector]) -> str | None:
    """Return that of the take-off, else the newest on the ground before, else the first aloft."""
    aloft = next((at for at, state in enumerate(flight) if not state.on_ground), len(flight))
    before = [state.callsign for state in flight[:aloft] if state.callsign is not None]
    after = [state.callsign for state in flight[aloft:]]
    if before:
        return (after[0] if after else None) or before[-1]
    return next((callsign for callsign in after if callsign is not None), None)


def _flight(track: list[StateVector], begun: int, ended: int) -> Flight:
    flight = track[begun:ended]
    came_from = track[max(begun - 1, 0) : begun]
    with_before = flight
    if came_from and flight[0].last_contact - came_from[0].last_contact <= SILENCE_SECONDS:
        with_before = came_from + flight
    steps = list(pairwise(with_before))
    take_offs = [b.last_contact for a, b in steps if a.on_ground and not b.on_ground]
    landings = [b.last_contact for a, b in pairwise(flight) if not a.on_ground and b.on_ground]
    return Flight(
        icao24=flight[0].icao24,
        first_seen=flight[0].last_contact,
        last_seen=flight[-1].last_contact,
        callsign=_callsign(flight),
        take_off=take_offs[0] if take_offs else None,
        landing=landings[0] if landings else None,
        state_vectors=len(flight),
    )
