"""Pairs of invented worlds that agree inside some areas and differ in all that lies outside.

They agree in every state vector inside, and in when an aircraft that was inside is first received
outside. Where it is then, under which callsign, how often, and all that is received before it comes
in, differ; so do all aircraft that never come in, and how many they are.
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
"""From one pair to the next, so that no flight of one reaches into another."""

SPAN_SECONDS = 4_000
TICKS = 8
CALLSIGNS = (None, "SWR7EA", "DLH1", "DLH12")
COUNTRIES = ("Switzerland", "Germany", None)

Fields = dict[str, Any]
Two = tuple[list[StateVector], list[StateVector]]


class Step(NamedTuple):
    """A tick of the live state: when, what each world has received since the one before."""

    now: int
    received: Two
    is_heartbeat: bool
    is_seen: bool
    """Whether a stream may be read before the next tick."""


class Pair(NamedTuple):
    """Two worlds.

    Attributes:
        areas: Which of AREAS they agree in.
        icao24s: Those of aircraft that come in, that never do, and that only one world has.
        vectors: All that each world receives, in order of time.
    """

    number: int
    areas: int
    start: int
    end: int
    icao24s: Sequence[str]
    vectors: Two
    steps: Sequence[Step]


def make_pair(number: int) -> Pair:
    """Return the pair of this number, always the same."""
    random = Random(number)
    areas = number % len(AREAS)
    begin = START // SLOT_SECONDS * SLOT_SECONDS + number * SLOT_SECONDS
    places = _Places(random, AREAS[areas])
    icao24s = [f"{number * 16 + index:06x}" for index in range(9)]
    ours: list[StateVector] = []
    theirs: list[StateVector] = []
    for icao24 in icao24s[:6]:
        one, other = _visitor(random, places, icao24, begin)
        ours += one
        theirs += other
    for icao24 in icao24s[6:8]:
        for world in (ours, theirs):
            world.extend(_stranger(random, places, icao24, begin))
    (ours if random.random() < 0.5 else theirs).extend(
        _stranger(random, places, icao24s[8], begin, least=3)
    )
    vectors = (_in_order(random, ours), _in_order(random, theirs))
    steps = list(_steps(random, begin, vectors))
    return Pair(number, areas, begin, steps[-1].now, icao24s, vectors, steps)


def _in_order(random: Random, vectors: list[StateVector]) -> list[StateVector]:
    random.shuffle(vectors)
    return sorted(vectors, key=lambda vector: vector.last_contact)


class _Places:
    """Positions inside and outside, often close to the edge."""

    def __init__(self, random: Random, areas: Sequence[BoundingBox]) -> None:
        self._random = random
        self._areas = areas

    def inside(self) -> Fields:
        box = self._random.choice(self._areas)
        east = box.east + (360 if box.crosses_antimeridian else 0)
        longitude = self._random.choice((box.west, east, self._random.uniform(box.west, east)))
        latitude = self._random.uniform(box.south, box.north)
        return {"longitude": _turned(longitude), "latitude": latitude}

    def outside(self) -> Fields:
        if self._random.random() < 0.15:
            return {"longitude": None, "latitude": None, "time_position": None}
        while True:
            box = self._random.choice(self._areas)
            near = self._random.random() < 0.6
            longitude = box.west + self._random.uniform(-2, 12) if near else 0.0
            latitude = box.south + self._random.uniform(-2, 5) if near else 0.0
            place = {"longitude": _turned(longitude), "latitude": max(-90, min(90, latitude))}
            if not any(_is_inside(box, **place) for box in self._areas):
                return place


def _is_inside(box: BoundingBox, longitude: float, latitude: float) -> bool:
    east_of, west_of = longitude >= box.west, longitude <= box.east
    across = east_of or west_of if box.crosses_antimeridian else east_of and west_of
    return across and box.south <= latitude <= box.north


def _turned(longitude: float) -> float:
    return longitude - 360 if longitude > 180 else longitude


def _visitor(random: Random, places: _Places, icao24: str, begin: int) -> Two:
    """Come in once or several times; between two visits the worlds differ."""
    ours: list[StateVector] = []
    theirs: list[StateVector] = []
    country = random.choice(COUNTRIES)
    may_differ_since: int | None = begin
    now = begin + random.randint(2, 900)
    for _ in range(random.randint(1, 4)):
        for world in (ours, theirs):
            world.extend(_elsewhere(random, places, icao24, may_differ_since, now))
        visit = list(_visit(random, places, icao24, now, country))
        ours += visit
        theirs += visit
        now = visit[-1].last_contact + random.choice((1, 7, 20, 50, 290, 301))
        may_differ_since = None
        if random.random() < 0.8:
            for world in (ours, theirs):
                world.append(_vector(random, icao24, now, places.outside()))
            may_differ_since = now
        now += random.choice((2, 15, 61, 310, 900, 1900))
    for world in (ours, theirs):
        world.extend(_elsewhere(random, places, icao24, may_differ_since, now + 300))
    return ours, theirs


def _visit(
    random: Random, places: _Places, icao24: str, since: int, country: str | None
) -> Iterator[StateVector]:
    moment, callsign = since, random.choice(CALLSIGNS)
    for _ in range(random.randint(1, 10)):
        if random.random() < 0.1:
            callsign = random.choice(CALLSIGNS)
        own = {"callsign": callsign, "origin_country": country}
        yield _vector(random, icao24, moment, places.inside() | own)
        moment += random.choice((1, 5, 10, 13, 59, 120))


def _elsewhere(
    random: Random, places: _Places, icao24: str, since: int | None, until: int
) -> Iterator[StateVector]:
    """Be received outside between two moments, at any times or never."""
    if since is None or until - since < 2:
        return
    moments = {random.randint(since + 1, until - 1) for _ in range(random.randint(0, 5))}
    for moment in moments:
        yield _vector(random, icao24, moment, places.outside())


def _stranger(
    random: Random, places: _Places, icao24: str, begin: int, least: int = 0
) -> Iterator[StateVector]:
    for moment in random.sample(range(begin, begin + SPAN_SECONDS), random.randint(least, 12)):
        yield _vector(random, icao24, moment, places.outside())


def _vector(random: Random, icao24: str, moment: int, fields: Fields) -> StateVector:
    """Return a state vector in which anything else may be anything."""
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
    """Divide the time into ticks: a long one, then shorter ones in which aircraft come and go."""
    now = begin + random.randint(300, 2_000)
    since = begin - 1
    for index in range(TICKS):
        received = tuple(
            [vector for vector in world if since < vector.last_contact <= now] for world in vectors
        )
        is_last = index == TICKS - 1
        is_seen = index in {0, TICKS - 2, TICKS - 1} or random.random() < 0.7
        yield Step(now, (received[0], received[1]), index % 3 == 1 or is_last, is_seen)
        since = now
        now = now + random.choice((3, 30, 60, 299))
        if index == TICKS - 2:
            last = max(vector.last_contact for world in vectors for vector in world)
            now = max(now, last + 1)
