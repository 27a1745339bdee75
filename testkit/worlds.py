"""Pairs of invented worlds that agree inside some areas and differ everywhere outside.

They agree in every state vector inside, and in the time at which an aircraft that was inside is
first received outside. They differ in where it is then, in its callsign, in how often it is
received, in all that is received before it enters, and in the aircraft that never enter.
"""

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any, NamedTuple

from processor.bounding_box import BoundingBox
from telemetry.state_vector import StateVector
from testkit.state_vectors import START, state_vector

AREAS: tuple[tuple[BoundingBox, ...], ...] = (
    (BoundingBox(5.9, 45.8, 10.5, 47.9),),
    (BoundingBox(170.0, -20.0, -170.0, 10.0),),
    (BoundingBox(5.9, 45.8, 10.5, 47.9), BoundingBox(9.0, 46.0, 15.0, 53.0)),
)

SLOT_SECONDS = 4 * 3600
"""Time from one pair to the next, so that no flight of one pair reaches into the next."""

SPAN_SECONDS = 4_000
TICKS = 8
CALLSIGNS = (None, "SWR7EA", "DLH1", "DLH12")
COUNTRIES = ("Switzerland", "Germany", None)

Fields = dict[str, Any]
Two = tuple[list[StateVector], list[StateVector]]


class Step(NamedTuple):
    """A tick of the live state.

    Attributes:
        now: Its time (Unix seconds).
        received: What each world has received since the tick before.
        is_beat: Whether the tick has a heartbeat.
        is_read: Whether streams are read before the next tick.
    """

    now: int
    received: Two
    is_heartbeat: bool
    is_read: bool
    """Whether a stream may be read before the next tick."""


class Pair(NamedTuple):
    """Two worlds.

    Attributes:
        areas: The index of the areas in AREAS.
        start: Before the first state vector (Unix seconds).
        end: The time of the last tick (Unix seconds).
        icao24s: Six aircraft that enter, two that never do, and one that only one world has.
        vectors: All that each world receives, in order of time.
        steps: The ticks of the live state.
    """

    number: int
    areas: int
    start: int
    end: int
    icao24s: Sequence[str]
    vectors: Two
    steps: Sequence[Step]


def make_pair(number: int) -> Pair:
    """Return the pair of this number, the same one in each run."""
    random = Random(number)
    areas = number % len(AREAS)
    begin = START // SLOT_SECONDS * SLOT_SECONDS + number * SLOT_SECONDS
    positions = _Positions(random, AREAS[areas])
    icao24s = [f"{number * 16 + index:06x}" for index in range(9)]
    ours: list[StateVector] = []
    theirs: list[StateVector] = []
    for icao24 in icao24s[:6]:
        one, other = _entering_aircraft(random, positions, icao24, begin)
        ours += one
        theirs += other
    for icao24 in icao24s[6:8]:
        for world in (ours, theirs):
            world.extend(_outside_aircraft(random, positions, icao24, begin))
    (ours if random.random() < 0.5 else theirs).extend(
        _outside_aircraft(random, positions, icao24s[8], begin, least=3)
    )
    vectors = (_in_order(random, ours), _in_order(random, theirs))
    steps = list(_steps(random, begin, vectors))
    return Pair(number, areas, begin, steps[-1].now, icao24s, vectors, steps)


def _in_order(random: Random, vectors: list[StateVector]) -> list[StateVector]:
    random.shuffle(vectors)
    return sorted(vectors, key=lambda vector: vector.last_contact)


class _Positions:
    """Chooses positions inside and outside the areas, often close to an edge."""

    def __init__(self, random: Random, areas: Sequence[BoundingBox]) -> None:
        self._random = random
        self._areas = areas

    def inside(self) -> Fields:
        box = self._random.choice(self._areas)
        east = box.east + (360 if box.crosses_antimeridian else 0)
        longitude = self._random.choice((box.west, east, self._random.uniform(box.west, east)))
        latitude = self._random.uniform(box.south, box.north)
        return {"longitude": _normalized(longitude), "latitude": latitude}

    def outside(self) -> Fields:
        if self._random.random() < 0.15:
            return {"longitude": None, "latitude": None, "time_position": None}
        while True:
            box = self._random.choice(self._areas)
            near = self._random.random() < 0.6
            longitude = box.west + self._random.uniform(-2, 12) if near else 0.0
            latitude = box.south + self._random.uniform(-2, 5) if near else 0.0
            place = {"longitude": _normalized(longitude), "latitude": max(-90, min(90, latitude))}
            if not any(_is_inside(box, **place) for box in self._areas):
                return place


def _is_inside(box: BoundingBox, longitude: float, latitude: float) -> bool:
    east_of, west_of = longitude >= box.west, longitude <= box.east
    across = east_of or west_of if box.crosses_antimeridian else east_of and west_of
    return across and box.south <= latitude <= box.north


def _normalized(longitude: float) -> float:
    return longitude - 360 if longitude > 180 else longitude


def _entering_aircraft(random: Random, positions: _Positions, icao24: str, begin: int) -> Two:
    """Return an aircraft that enters once or several times; the worlds differ between visits."""
    ours: list[StateVector] = []
    theirs: list[StateVector] = []
    country = random.choice(COUNTRIES)
    differs_since: int | None = begin
    now = begin + random.randint(2, 900)
    for _ in range(random.randint(1, 4)):
        for world in (ours, theirs):
            world.extend(_received_outside(random, positions, icao24, differs_since, now))
        visit = list(_visit(random, positions, icao24, now, country))
        ours += visit
        theirs += visit
        now = visit[-1].last_contact + random.choice((1, 7, 20, 50, 290, 301))
        differs_since = None
        if random.random() < 0.8:
            for world in (ours, theirs):
                world.append(_vector(random, icao24, now, positions.outside()))
            differs_since = now
        now += random.choice((2, 15, 61, 310, 900, 1900))
    for world in (ours, theirs):
        world.extend(_received_outside(random, positions, icao24, differs_since, now + 300))
    return ours, theirs


def _visit(
    random: Random, positions: _Positions, icao24: str, since: int, country: str | None
) -> Iterator[StateVector]:
    moment, callsign = since, random.choice(CALLSIGNS)
    for _ in range(random.randint(1, 10)):
        if random.random() < 0.1:
            callsign = random.choice(CALLSIGNS)
        own = {"callsign": callsign, "origin_country": country}
        yield _vector(random, icao24, moment, positions.inside() | own)
        moment += random.choice((1, 5, 10, 13, 59, 120))


def _received_outside(
    random: Random, positions: _Positions, icao24: str, since: int | None, until: int
) -> Iterator[StateVector]:
    """Yield state vectors outside between two times (excluded), or none."""
    if since is None or until - since < 2:
        return
    moments = {random.randint(since + 1, until - 1) for _ in range(random.randint(0, 5))}
    for moment in moments:
        yield _vector(random, icao24, moment, positions.outside())


def _outside_aircraft(
    random: Random, positions: _Positions, icao24: str, begin: int, least: int = 0
) -> Iterator[StateVector]:
    for moment in random.sample(range(begin, begin + SPAN_SECONDS), random.randint(least, 12)):
        yield _vector(random, icao24, moment, positions.outside())


def _vector(random: Random, icao24: str, moment: int, fields: Fields) -> StateVector:
    """Return a state vector whose other fields are random."""
    any_fields = {
        "callsign": random.choice(CALLSIGNS),
        "origin_country": random.choice(COUNTRIES),
        "time_position": moment - random.randint(0, 5),
        "baro_altitude": random.choice((None, round(random.uniform(0, 13_000), 1))),
        "on_ground": random.random() < 0.3,
        "velocity": random.choice((None, round(random.uniform(0, 260), 2))),
        "sensors": random.choice((None, [random.randint(1, 99)])),
        "squawk": random.choice((None, "1000", "7700")),
    }
    return state_vector(icao24, moment, **(any_fields | fields))


def _steps(random: Random, begin: int, vectors: Two) -> Iterator[Step]:
    """Divide the time into ticks: a long one, then several shorter ones."""
    now = begin + random.randint(300, 2_000)
    since = begin - 1
    for index in range(TICKS):
        received = tuple(
            [vector for vector in world if since < vector.last_contact <= now] for world in vectors
        )
        is_last = index == TICKS - 1
        is_read = index in {0, TICKS - 2, TICKS - 1} or random.random() < 0.7
        yield Step(now, (received[0], received[1]), index % 3 == 1 or is_last, is_read)
        since = now
        now = now + random.choice((3, 30, 60, 299))
        if index == TICKS - 2:
            last = max(vector.last_contact for world in vectors for vector in world)
            now = max(now, last + 1)
