"""Compute flights by their definition, from all state vectors of an aircraft at once.

The archive takes them one after another and waits while it doubts; here the next one is known.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from telemetry.state_vector import StateVector

SILENCE_SECONDS = 1800
RENAMING_SECONDS = ROLL_SECONDS = 120
SURFACE_LIMIT = 90.0
HIGHEST_GROUND = 5_000.0
SLOWEST_FLIGHT = 25.0


class ExpectedFlight(NamedTuple):
    """A flight as the archive should store it; times are Unix seconds."""

    icao24: str
    first_seen: int
    last_seen: int
    callsign: str | None
    take_off: int | None
    landing: int | None
    state_vectors: int
    airborne: bool


class Believed(NamedTuple):
    """A state vector whose flag is trusted.

    Attributes:
        turns: It is a take-off or a landing.
        is_refuted: Nothing proves its flag, and the next one has the other flag.
        is_early: It refutes the flag of the one before, which nothing had proved.
    """

    state: StateVector
    turns: bool = False
    is_refuted: bool = False
    is_early: bool = False


class CallsignPart(NamedTuple):
    """The trusted state vectors of one flight, and its callsign."""

    callsign: str | None
    members: list[Believed]


def flights_of(state_vectors: Iterable[StateVector]) -> list[ExpectedFlight]:
    """Return the flights of all aircraft, by icao24 and time."""
    tracks: dict[str, dict[int, StateVector]] = {}
    for state in state_vectors:
        tracks.setdefault(state.icao24, {}).setdefault(state.last_contact, state)
    return [
        flight
        for icao24 in sorted(tracks)
        for span in _split_at_silence([tracks[icao24][at] for at in sorted(tracks[icao24])])
        for flight in _flights(span)
    ]


def _split_at_silence(track: list[StateVector]) -> Iterator[list[StateVector]]:
    """Divide a track where the aircraft was silent."""
    begun = 0
    for index, (state, after) in enumerate(pairwise(track), start=1):
        if after.last_contact - state.last_contact > SILENCE_SECONDS:
            yield track[begun:index]
            begun = index
    yield track[begun:]


def _flights(span: list[StateVector]) -> Iterator[ExpectedFlight]:
    parts = [
        part for members in _split_at_take_offs(_believe(span)) for part in _by_callsign(members)
    ]
    begins = [part.members[0].state.last_contact for part in parts]
    for part, begin, end in zip(parts, begins, [*begins[1:], None], strict=True):
        yield _flight(
            part,
            [
                state
                for state in span
                if begin <= state.last_contact and (end is None or state.last_contact < end)
            ],
        )


def _believe(span: list[StateVector]) -> list[Believed]:
    """Leave out state vectors whose flag neither they themselves nor the next one prove."""
    believed: list[Believed] = []
    is_proven = False
    for index, state in enumerate(span):
        before = span[index - 1] if index else None
        after = span[index + 1] if index + 1 < len(span) else None
        is_repeated = after is not None and after.on_ground == state.on_ground
        if not is_proven:
            is_proven = _is_evident(state) or (
                before is not None and before.on_ground == state.on_ground
            )
            is_refuted = not is_proven and after is not None and not is_repeated
            is_early = before is not None and before.on_ground != state.on_ground
            believed.append(Believed(state, is_refuted=is_refuted, is_early=is_early))
        elif state.on_ground == believed[-1].state.on_ground:
            believed.append(Believed(state))
        elif is_repeated or _is_evident(state, before):
            believed.append(Believed(state, turns=True))
    return believed


def _is_evident(state: StateVector, before: StateVector | None = None) -> bool:
    altitude = state.baro_altitude if state.baro_altitude is not None else state.geo_altitude
    if state.velocity is None:
        return False
    if state.on_ground:
        return state.velocity <= SURFACE_LIMIT and (altitude or 0.0) <= HIGHEST_GROUND
    is_rolling = before is not None and state.last_contact - before.last_contact <= ROLL_SECONDS
    return state.velocity >= (SURFACE_LIMIT if is_rolling else SLOWEST_FLIGHT)


def _split_at_take_offs(believed: list[Believed]) -> Iterator[list[Believed]]:
    """Divide where the aircraft takes off after a landing."""
    members: list[Believed] = []
    for one in believed:
        if one.turns and not one.state.on_ground and _landing(members) is not None:
            yield members
            members = []
        members.append(one)
    yield members


def _landing(members: Sequence[Believed]) -> int | None:
    """Return the index of the landing."""
    landings = [at for at, one in enumerate(members) if at and one.turns and one.state.on_ground]
    return landings[0] if landings else None


def _by_callsign(members: list[Believed]) -> Iterator[CallsignPart]:
    """Divide where the callsign changes in the air, and give each part its callsign."""
    landing = _landing(members)
    until = len(members) if landing is None else landing
    begun, known, times, take_off = 0, None, 0, _take_off(members[:1])
    for index, one in enumerate(members[:until]):
        callsign = one.state.callsign
        if index and one.turns:
            take_off = one.state.last_contact
        if callsign is None or (_differs_in_flight(one, known) and not (index and one.turns)):
            if (
                callsign is None
                or one.is_early
                or not _follows(members[index + 1 : until], callsign)
            ):
                continue
            if times > 1 and not _is_correction(one, take_off):
                yield CallsignPart(known, members[begun:index])
                begun, take_off = index, None
        known, times = callsign, times + 1 if callsign == known else 1
    later = [one.state.callsign for one in members[until:] if one.state.callsign is not None]
    yield CallsignPart(known or (later[0] if later else None), members[begun:])


def _differs_in_flight(one: Believed, known: str | None) -> bool:
    return not one.state.on_ground and known is not None and one.state.callsign != known


def _follows(members: list[Believed], callsign: str) -> bool:
    """Whether the next callsign in the air is that one."""
    for one in members:
        if one.state.on_ground or one.turns:
            return False
        if one.state.callsign is not None:
            return one.state.callsign == callsign
    return False


def _is_correction(one: Believed, take_off: int | None) -> bool:
    return take_off is not None and one.state.last_contact - take_off <= RENAMING_SECONDS


def _take_off(members: list[Believed]) -> int | None:
    return next(
        (one.state.last_contact for one in members if one.turns and not one.state.on_ground), None
    )


def _flight(part: CallsignPart, states: list[StateVector]) -> ExpectedFlight:
    landing = _landing(part.members)
    return ExpectedFlight(
        icao24=states[0].icao24,
        first_seen=states[0].last_contact,
        last_seen=states[-1].last_contact,
        callsign=part.callsign,
        take_off=_take_off(part.members),
        landing=None if landing is None else part.members[landing].state.last_contact,
        state_vectors=len(states),
        airborne=any(not one.state.on_ground and not one.is_refuted for one in part.members),
    )
