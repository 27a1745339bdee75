"""One aircraft: its identity, and the endless timetable of flights that follows from its seed."""

from bisect import bisect_right
from functools import cache
from itertools import accumulate
from typing import NamedTuple

from simulator import callsigns
from simulator.airports import AIRPORTS, Airport
from simulator.chance import between, draw, fraction, unit
from simulator.flight import Flight, Performance, airport_to_airport, around_airport, drive
from simulator.route import Circle, Line, Place, distance_between, initial_track, offset

_SHORTEST_LEG = 250_000.0  # metres
_GROUND_COVERAGE = 0.5  # share of airports where aircraft are received on the ground
_ALTITUDE_PER_METRE = 0.026  # the cruise altitude that a leg's length leaves room for
_LONG_HAUL_SHARE = 0.1
_NO_CATEGORY = 0.93
_RESERVED_SHARE = 0.01
_RESERVED_CATEGORY = 13
_THOUSAND_FEET = 304.8  # metres

# Purposes of the draws that belong to one airframe; each is the key after the airframe's.
_KIND, _HOME, _TOUR, _DARK, _PHASE, _SPEED, _GATE, _SHEET, _PROFILE, _LISTEN = range(10)


class Kind(NamedTuple):
    """A sort of aircraft; speeds in m/s, altitudes in metres."""

    name: str
    share: float
    category: int
    cruise: tuple[float, float]
    ceiling: tuple[float, float]
    position_source: int = 0


AIRLINER = Kind("airliner", 0.79, 4, (205, 252), (9_000, 12_500))
BUSINESS = Kind("business jet", 0.06, 3, (190, 235), (10_000, 13_700))
LIGHT = Kind("light aircraft", 0.095, 2, (48, 75), (450, 1_900))
HELICOPTER = Kind("helicopter", 0.027, 8, (40, 65), (250, 700))
GLIDER = Kind("glider", 0.008, 9, (22, 38), (700, 2_200), position_source=3)
VEHICLE = Kind("surface vehicle", 0.012, 17, (5, 12), (0, 1))
_KINDS = (AIRLINER, BUSINESS, LIGHT, HELICOPTER, GLIDER, VEHICLE)
_LIMITS = tuple(accumulate(kind.share for kind in _KINDS))


class Leg(NamedTuple):
    """One flight with what is written on its flight plan; seconds are since the leg's start."""

    flight: Flight
    first_received: float
    first_position: float
    last_received: float
    callsign: str
    squawk: str | None
    bits: int


class Airframe:
    """A deterministic aircraft: everything about it follows from `key`."""

    __slots__ = (
        "_legs",
        "_phase",
        "_starts",
        "_stops",
        "category",
        "icao24",
        "iso2",
        "key",
        "kind",
        "origin_country",
        "position_source",
    )

    def __init__(self, key: int, *, address: int, iso2: str, origin_country: str) -> None:
        self.key = key
        self.icao24 = f"{address:06x}"
        self.iso2 = iso2
        self.origin_country = origin_country
        self.kind = _KINDS[min(bisect_right(_LIMITS, unit(key, _KIND)), len(_KINDS) - 1)]
        self.position_source = self.kind.position_source
        self.category = _category(self.kind, key)
        self._legs: tuple[tuple[int, Leg], ...] = ()
        self._stops = self._tour()
        durations = [self._duration(place) for place in range(len(self._stops))]
        self._starts = [0.0, *accumulate(durations)]
        self._phase = self._starts[-1] * unit(key, _PHASE)

    def leg_at(self, moment: float) -> tuple[int, float]:
        """Return the leg's number and the moment it starts at."""
        period = self._starts[-1]
        cycle, since = divmod(moment + self._phase, period)
        place = min(bisect_right(self._starts, since) - 1, len(self._stops) - 1)
        number = int(cycle) * len(self._stops) + place
        return number, cycle * period - self._phase + self._starts[place]

    def leg(self, number: int) -> Leg:
        """Return the leg with this number; the two asked for last are remembered.

        Two, because a client that fills in the past hour goes on asking for the present.
        """
        for remembered, leg in self._legs:
            if remembered == number:
                return leg
        leg = self._plan(number)
        self._legs = ((number, leg), *self._legs[:1])
        return leg

    def _tour(self) -> list[Airport]:
        """Home and one destination, there and back; home alone for local flyers."""
        home = _home(self.iso2, self.key)
        if self.kind not in (AIRLINER, BUSINESS):
            return [home]
        return [home, _destination(home, self.key)]

    def _duration(self, place: int) -> float:
        dark = between(700, 2400, self.key, _DARK, place)
        return self._flight(place).duration + (0.0 if self.kind is VEHICLE else dark)

    def _flight(self, place: int) -> Flight:
        if self.kind in (AIRLINER, BUSINESS):
            return self._scheduled(place)
        return self._local()

    def _scheduled(self, place: int) -> Flight:
        start, end = self._stops[place], self._stops[(place + 1) % len(self._stops)]
        runways = Place(start.latitude, start.longitude), Place(end.latitude, end.longitude)
        gates = self._gate(start), self._gate(end)
        path = Line(gates[0], runways[0], self._way_point(*runways, place), runways[1], gates[1])
        bits = draw(self.key, _PROFILE, place)
        drawn = _within(self.kind.ceiling, fraction(bits, 0))
        room = max(path.length * _ALTITUDE_PER_METRE, start.elevation + 2000, end.elevation + 2000)
        performance = Performance(
            lift_off=70 + 15 * fraction(bits, 1),
            cruise=_within(self.kind.cruise, unit(self.key, _SPEED)),
            landing=62 + 12 * fraction(bits, 2),
            climb_rate=9 + 4 * fraction(bits, 3),
            descent_rate=7.5 + 2 * fraction(bits, 1),
            cruise_altitude=min(drawn, room) // _THOUSAND_FEET * _THOUSAND_FEET,
        )
        return airport_to_airport(
            path,
            performance,
            taxi_out=distance_between(gates[0], runways[0]),
            taxi_in=distance_between(runways[1], gates[1]),
            elevations=(start.elevation, end.elevation),
        )

    def _way_point(self, start: Place, end: Place, place: int) -> Place:
        """Where the airway bends: beside the middle of the great circle."""
        half = distance_between(start, end) / 2
        track = initial_track(start, end)
        middle = offset(start, track, half)
        aside = between(-0.12, 0.12, self.key, _PROFILE, place, 1) * half
        return offset(middle, initial_track(middle, end) + 90, aside)

    def _gate(self, airport: Airport) -> Place:
        bits = draw(self.key, _GATE, hash_of(airport))
        distance = 800 + 1400 * fraction(bits, 0)
        return offset(Place(airport.latitude, airport.longitude), 360 * fraction(bits, 1), distance)

    def _local(self) -> Flight:
        home, bits = self._stops[0], draw(self.key, _PROFILE)
        apart = 900 if self.kind is VEHICLE else 4_000 + 30_000 * fraction(bits, 0)
        field = Place(home.latitude, home.longitude)
        radius = 350 if self.kind is VEHICLE else 2_500 + 12_000 * fraction(bits, 1)
        circle = Circle(
            offset(field, 360 * fraction(bits, 2), apart), radius=radius, clockwise=bits % 2 == 0
        )
        cruise = _within(self.kind.cruise, unit(self.key, _SPEED))
        if self.kind is VEHICLE:
            return drive(circle, velocity=cruise, duration=21_600, elevation=home.elevation)
        performance = Performance(
            lift_off=cruise * 0.7,
            cruise=cruise,
            landing=cruise * 0.65,
            climb_rate=2.5 + 2 * fraction(bits, 3),
            descent_rate=2 + fraction(bits, 3),
            cruise_altitude=_within(self.kind.ceiling, fraction(bits, 1)),
        )
        duration = 900 + 3_000 * fraction(bits, 2)
        return around_airport(
            circle, performance, cruise_duration=duration, elevation=home.elevation
        )

    def _plan(self, number: int) -> Leg:
        place = number % len(self._stops)
        flight = self._flight(place)
        bits = draw(self.key, _SHEET, number)
        first, last = self._received(flight, place, bits)
        visual = self.kind in (LIGHT, HELICOPTER, GLIDER)
        return Leg(
            flight,
            first_received=first,
            first_position=first + 120 * fraction(draw(bits), 0),
            last_received=last,
            callsign=callsigns.transmitted(self._callsign(bits), unit(bits, 1)),
            squawk=callsigns.squawk(self.iso2, draw(bits, 2), visual=visual),
            bits=draw(bits, 3),
        )

    def _callsign(self, bits: int) -> str:
        if self.kind is AIRLINER:
            return callsigns.operated(self.iso2, bits)
        if self.kind is VEHICLE:
            return callsigns.vehicle(draw(self.key))
        return callsigns.private(self.iso2, int(self.icao24, 16))

    def _received(self, flight: Flight, place: int, bits: int) -> tuple[float, float]:
        """Seconds of the first and the last message: on the ground only near a receiver."""
        if self.kind is VEHICLE:
            return 0.0, flight.duration
        start, end = self._stops[place], self._stops[(place + 1) % len(self._stops)]
        first = flight.airborne_from + 10 + 60 * fraction(bits, 2)
        last = flight.airborne_until - 10 - 60 * fraction(bits, 3)
        if self.kind not in (AIRLINER, BUSINESS):
            return first, last
        if _is_ground_covered(start):
            first = 0.0
        if _is_ground_covered(end):
            after = flight.duration - flight.airborne_until
            last = flight.airborne_until + after * (0.5 + 0.5 * fraction(bits, 3))
        return first, last


def hash_of(airport: Airport) -> int:
    """Return a number for an airport that is the same in every process, unlike hash()."""
    return int.from_bytes(airport.icao.encode(), "big")


def _is_ground_covered(airport: Airport) -> bool:
    return unit(hash_of(airport), _LISTEN) < _GROUND_COVERAGE


def _home(iso2: str, key: int) -> Airport:
    own = _airports_of(iso2)
    return own[int(unit(key, _HOME) * len(own))]


@cache
def _airports_of(iso2: str) -> list[Airport]:
    return [airport for airport in AIRPORTS if airport.country == iso2] or list(AIRPORTS)


@cache
def _reachable(home: Airport) -> list[Airport]:
    """Airports far enough away, the nearest first."""
    here = Place(home.latitude, home.longitude)
    distances = [
        (distance_between(here, Place(airport.latitude, airport.longitude)), airport)
        for airport in AIRPORTS
    ]
    return [airport for distance, airport in sorted(distances) if distance >= _SHORTEST_LEG]


def _destination(home: Airport, key: int) -> Airport:
    """Return an airport to fly to: mostly one of the nearer ones, sometimes any."""
    reachable = _reachable(home)
    near = 1.0 if unit(key, _TOUR) < _LONG_HAUL_SHARE else unit(key, _TOUR, 1) ** 2
    return reachable[int(unit(key, _TOUR, 2) * near * len(reachable))]


def _within(limits: tuple[float, float], share: float) -> float:
    return limits[0] + (limits[1] - limits[0]) * share


def _category(kind: Kind, key: int) -> int:
    """Mostly 0, no information; the shares are those of late 2025."""
    chance = unit(key, _KIND, 1)
    if chance < _NO_CATEGORY:
        return 0
    return _RESERVED_CATEGORY if chance < _NO_CATEGORY + _RESERVED_SHARE else kind.category
