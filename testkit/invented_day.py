"""An invented day of traffic with one case of everything that docs/sql.md finds."""

import datetime as dt
import math
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from msgspec.structs import replace

from telemetry.state_vector import StateVector
from testkit.state_vectors import state_vector

DAY = dt.date(2026, 9, 1)
_MIDNIGHT = int(dt.datetime(2026, 9, 1, tzinfo=dt.UTC).timestamp())
_DEGREE_M = 111_195.0
_NORTH = [0.0] * 120
_CLIMB_M_S = 10.0
_DESCENT_M_S = -8.0


class Leg(NamedTuple):
    """A flight in the archive; take-off and landing are Unix seconds, None if not received."""

    vectors: list[StateVector]
    take_off: int | None = None
    landing: int | None = None


def at(clock: str, day: int = 0) -> int:
    """Return the time "HH:MM" of the day, or so many days later, in Unix seconds."""
    hours, minutes = clock.split(":")
    return _MIDNIGHT + day * 86_400 + int(hours) * 3_600 + int(minutes) * 60


def legs() -> list[Leg]:
    """Return the flights of the day, and one of the day before."""
    return [
        _hop("4b1814", "SWR123", at("10:30")),
        _hop("4b1801", "SWR123", at("10:30", -1)),
        Leg(list(_fly("4b1899", "SWR9", at("11:50"), (7.0, 46.3), _NORTH))),
        # At noon outside the box, with old positions; and in the box until shortly before.
        Leg([_aged(vector) for vector in _fly("39bda5", "AFR5", at("11:50"), (2.3, 48.1), _NORTH)]),
        Leg(list(_fly("3b7777", "FAF1", at("11:55"), (7.4, 47.5), _NORTH))),
        _over_the_ocean(),
        Leg(list(_fly("400a0b", "BAW7", at("10:00"), (8.2, 47.2), _racetrack(), velocity=110.0))),
        Leg(list(_fly("4b2222", "HBSVY", at("09:00"), (7.0, 47.0), _zigzag(), velocity=60.0))),
        Leg(list(_fly("3d1111", "DGRSS", at("09:00"), (9.0, 49.0), [6.0] * 200, velocity=250.0))),
        Leg(_without_position()),
        Leg(_in_distress()),
        *_jammed(),
        Leg(list(_fly("3c7000", "DLH70", at("14:00"), (10.0, 50.0), _NORTH, squawk="7000"))),
    ]


def _fly(
    icao24: str,
    callsign: str,
    start: int,
    place: tuple[float, float],
    turns: Iterable[float],
    **fields: object,
) -> Iterator[StateVector]:
    """Fly in steps of 10 s or `every`, and turn by so many degrees at each."""
    every = int(str(fields.pop("every", 10)))
    velocity = float(str(fields.setdefault("velocity", 200.0)))
    track = float(str(fields.pop("track", 0.0)))
    longitude, latitude = place
    for step, turn in enumerate(turns):
        track = (track + turn) % 360
        way = velocity * every / _DEGREE_M
        latitude += way * math.cos(math.radians(track))
        longitude += way * math.sin(math.radians(track)) / math.cos(math.radians(latitude))
        own = {"callsign": callsign, "origin_country": "Switzerland", "true_track": track}
        where = {"longitude": longitude, "latitude": latitude}
        yield state_vector(icao24, start + step * every, **(own | where | fields))


def _hop(icao24: str, callsign: str, start: int) -> Leg:
    """Fly from Zürich to Geneva: on the ground, climb, cruise, descent, on the ground."""
    ground, aloft = 12, 100
    steps = 2 * ground + aloft
    vectors = []
    for step in range(steps):
        share = min(max(step - ground, 0) / aloft, 1.0)
        on_ground = not 0.0 < share < 1.0
        rate = _CLIMB_M_S if share < 0.4 else 0.0 if share < 0.5 else _DESCENT_M_S
        fields = {
            "callsign": callsign,
            "longitude": 8.549 + (6.109 - 8.549) * share,
            "latitude": 47.458 + (46.238 - 47.458) * share,
            "on_ground": on_ground,
            "vertical_rate": None if on_ground else rate,
            "baro_altitude": None if on_ground else 500 + 8_000 * min(share, 1 - share),
        }
        vectors.append(state_vector(icao24, start + step * 10, **fields))
    return Leg(vectors, vectors[ground + 1].last_contact, vectors[ground + aloft].last_contact)


def _over_the_ocean() -> Leg:
    """Fly for eight hours, the longest distance of the day."""
    minutes = [0.0] * 480
    own = {"origin_country": "United Arab Emirates", "every": 60, "velocity": 250.0, "track": 270.0}
    return Leg(list(_fly("896401", "UAE9", at("06:00"), (20.0, 40.0), minutes, **own)))


def _racetrack() -> list[float]:
    """Return the turns of five holding patterns: a minute straight, half a turn, and again."""
    return ([0.0] * 6 + [30.0] * 6) * 10


def _zigzag() -> list[float]:
    """Return the turns of a survey: half a turn right, half a turn left, and so on."""
    return ([0.0] * 12 + [30.0] * 6 + [0.0] * 12 + [-30.0] * 6) * 5


def _aged(vector: StateVector) -> StateVector:
    return replace(vector, time_position=vector.last_contact - 40)


def _without_position() -> list[StateVector]:
    nothing = dict.fromkeys(("longitude", "latitude", "time_position", "baro_altitude", "squawk"))
    own = {"callsign": "RCH1", "origin_country": "United States", "position_source": 2}
    moments = range(at("10:00"), at("10:10"), 10)
    return [state_vector("ae1234", moment, **(own | nothing)) for moment in moments]


def _in_distress() -> list[StateVector]:
    """Return a flight that squawks 7600 for 20 s, and 7700 for 12 and for 5 minutes."""
    vectors = list(
        _fly("3c6444", "DLH77", at("14:00"), (11.5, 48.1), [1.0] * 800, origin_country="Germany")
    )
    spans = {
        "7700": [(at("14:05"), at("14:17")), (at("15:30"), at("15:35"))],
        "7600": [(at("14:00"), at("14:00") + 20)],
    }
    return [_squawking(vector, spans) for vector in vectors]


def _jammed() -> Iterator[Leg]:
    """Return two flights that seem to stand at a distant airport for two minutes."""
    for icao24, callsign, longitude in (("4c0001", "CYP1", 33.2), ("4c0002", "CYP2", 33.6)):
        own = {"origin_country": "Cyprus"}
        vectors = list(_fly(icao24, callsign, at("16:00"), (longitude, 35.1), [0.0] * 60, **own))
        for step in range(20, 32):
            vectors[step] = replace(vectors[step], longitude=35.49, latitude=33.82)
        yield Leg(vectors)


def _squawking(vector: StateVector, spans: dict[str, list[tuple[int, int]]]) -> StateVector:
    for squawk, times in spans.items():
        if any(since <= vector.last_contact <= until for since, until in times):
            return replace(vector, squawk=squawk)
    return vector
