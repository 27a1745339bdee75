"""Reads captured responses of OpenSky, and moves their aircraft on between polls."""

import gzip
import math
import os
import random
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import msgspec

from collector.answer import read_answer
from telemetry.state_vector import StateVector

HOUR = "switzerland_20180801_10s_17col.ndjson.gz"
"""More than an hour of polls of Switzerland, 10 s apart, with real movements."""

GLOBE = "global_20251001_18col.json.gz"
"""One response for the whole globe."""

HOUR_SECONDS = 3_600
HOUR_POLL_SECONDS = 10
_METRES_PER_DEGREE = 111_120
_FEET_25_METRES = 7.62
_FEET_PER_MINUTE_64 = 0.32512
"""Altitudes and vertical rates come in these steps (m, m/s)."""

_NEAR_POLE_COSINE = 0.01


class Poll(NamedTuple):
    """The state vectors of one response."""

    time: int
    states: list[StateVector]


class _Manoeuvre(NamedTuple):
    """The change of the measures of an aircraft between two real polls."""

    altitude: float
    velocity: float
    track: float
    vertical_rate: float


def folder() -> Path | None:
    """Return the folder of captures, None without one; captures may not be passed on."""
    name = os.environ.get("OPENSKY_CAPTURES")
    return Path(name) if name else None


def real_hour(captures: Path) -> Iterator[Poll]:
    """Return the consecutive polls in order."""
    first: int | None = None
    with gzip.open(captures / HOUR) as lines:
        for line in lines:
            answer = read_answer(line)
            first = first or answer.time
            if answer.time >= first + HOUR_SECONDS:
                return
            yield Poll(answer.time, answer.state_vectors)


def globe_moved_on(captures: Path, seconds: int) -> Iterator[Poll]:
    """Return polls that begin with a real answer, moved on by dead reckoning, without end.

    Each poll has new states of as many aircraft as the ages in the answer itself imply. Their
    altitude, speed, track and vertical rate change as those of aircraft in the real hour did.
    """
    answer = read_answer(gzip.decompress((captures / GLOBE).read_bytes()))
    manoeuvres = list(_manoeuvres(captures))
    chance = random.Random(seconds)
    now = answer.time
    states = {state.icao24: state for state in answer.state_vectors}
    ages = [now - s.last_contact for s in states.values() if now - s.last_contact < seconds]
    received_share = len(ages) / len(states)
    yield Poll(now, list(states.values()))
    while True:
        now += seconds
        for icao24, state in states.items():
            if chance.random() < received_share:
                last_contact = max(now - chance.choice(ages), state.last_contact + 1)
                states[icao24] = _moved(state, last_contact, chance.choice(manoeuvres))
        yield Poll(now, list(states.values()))


def _manoeuvres(captures: Path) -> Iterator[_Manoeuvre]:
    for before, after in pairwise(real_hour(captures)):
        known = {state.icao24: state for state in before.states}
        for state in after.states:
            if (was := known.get(state.icao24)) is not None:
                yield _Manoeuvre(
                    _change(was.baro_altitude, state.baro_altitude),
                    _change(was.velocity, state.velocity),
                    _change(was.true_track, state.true_track),
                    _change(was.vertical_rate, state.vertical_rate),
                )


def _change(before: float | None, after: float | None) -> float:
    return after - before if before is not None and after is not None else 0.0


def _moved(state: StateVector, last_contact: int, manoeuvre: _Manoeuvre) -> StateVector:
    seconds = last_contact - state.last_contact
    share = 0.0 if state.on_ground else min(1.0, seconds / HOUR_POLL_SECONDS)
    lag = state.last_contact - (state.time_position or state.last_contact)
    longitude, latitude = _position_after(state, seconds)
    climbed = share * manoeuvre.altitude
    return msgspec.structs.replace(
        state,
        time_position=None if state.time_position is None else last_contact - lag,
        last_contact=last_contact,
        longitude=longitude,
        latitude=latitude,
        baro_altitude=_changed(state.baro_altitude, climbed, _in_steps(_FEET_25_METRES)),
        geo_altitude=_changed(state.geo_altitude, climbed, _in_steps(_FEET_25_METRES)),
        velocity=_changed(state.velocity, share * manoeuvre.velocity, lambda v: max(0.0, v)),
        true_track=_changed(state.true_track, share * manoeuvre.track, lambda v: v % 360),
        vertical_rate=_changed(
            state.vertical_rate, share * manoeuvre.vertical_rate, _in_steps(_FEET_PER_MINUTE_64)
        ),
    )


def _position_after(state: StateVector, seconds: int) -> tuple[float | None, float | None]:
    """Move an aircraft on in a straight line, and round to four digits as OpenSky does."""
    if state.longitude is None or state.latitude is None:
        return state.longitude, state.latitude
    degrees = (state.velocity or 0.0) * seconds / _METRES_PER_DEGREE
    track = math.radians(state.true_track or 0.0)
    shrunk = max(math.cos(math.radians(state.latitude)), _NEAR_POLE_COSINE)
    latitude = min(90.0, max(-90.0, state.latitude + degrees * math.cos(track)))
    longitude = state.longitude + degrees * math.sin(track) / shrunk
    return round((longitude + 180) % 360 - 180, 4), round(latitude, 4)


def _changed(value: float | None, change: float, fitted: Callable[[float], float]) -> float | None:
    return round(fitted(value + change), 2) if value is not None and change else value


def _in_steps(step: float) -> Callable[[float], float]:
    return lambda value: round(value / step) * step
