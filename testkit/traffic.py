"""Invented traffic: a fleet as dense as on the globe, three quarters of it new in each poll."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from telemetry.state_vector import StateVector

AIRCRAFT = 12_000
"""The number of aircraft that OpenSky shows on a busy day."""

CHANGING_SHARE = 0.75
WITHOUT_CALLSIGN_SHARE = 0.02
WITHOUT_SQUAWK_SHARE = 0.3

CROWDS: Sequence[tuple[float, float, float, int]] = (
    (-84, 37, 4.5, 27),
    (-115, 37, 4.5, 12),
    (9, 48.5, 4.5, 30),
    (114, 31, 4, 9),
    (137, 35, 3, 4),
    (77, 20, 4, 5),
    (104, 8, 4, 5),
    (50, 27, 4, 4),
    (-47, -20, 4, 3),
    (148, -31, 4, 2),
)
"""Longitude, latitude, spread in degrees and weight of dense regions.

A box of 5 by 5 degrees around an aircraft holds about as many as in a real answer: 170 and 190.
"""

_ELSEWHERE_SHARE = 0.08
_COUNTRIES = ("United States", "China", "Germany", "United Kingdom", "Brazil", "Switzerland")
_CALLSIGN_CHARACTERS = 8
_DEGREES_PER_METRE = 1 / 111_000


@dataclass
class _Aircraft:
    """The constant properties of an aircraft, and its newest state."""

    icao24: str
    callsign: str | None
    origin_country: str
    velocity: float
    true_track: float
    northward: float
    eastward: float
    squawk: str | None
    category: int
    state: StateVector


class InventedFleet:
    """Aircraft that move on, equal for equal seeds."""

    def __init__(
        self, *, now: int, aircraft: int = AIRCRAFT, seed: int = 1, first: int = 0
    ) -> None:
        self._chance = random.Random(seed)
        self._fleet = [self._invent(first + number, now) for number in range(aircraft)]
        self._next_visitor = first + aircraft

    def states(self) -> list[StateVector]:
        """Return the newest state of every aircraft, as an answer of OpenSky has them."""
        return [aircraft.state for aircraft in self._fleet]

    def move(self, now: int) -> list[StateVector]:
        """Move three quarters of the aircraft, and return their states as the collector does."""
        chance, changed = self._chance.random, []
        for aircraft in self._fleet:
            if chance() < CHANGING_SHARE:
                aircraft.state = self._moved(aircraft, now)
                changed.append(aircraft.state)
        return changed

    def visitors(self, now: int, count: int) -> list[StateVector]:
        """Return states of so many aircraft that appear once, with addresses of their own."""
        first = self._next_visitor
        self._next_visitor += count
        return InventedFleet(now=now, aircraft=count, seed=first, first=first).states()

    def _invent(self, number: int, now: int) -> _Aircraft:
        chance = self._chance
        northward, eastward = chance.uniform(-180, 180), chance.uniform(-180, 180)
        callsign = f"{chance.choice(('DLH', 'SWR', 'UAL', 'BAW'))}{chance.randrange(10_000)}"
        icao24, country = f"{0x400000 + number:06x}", chance.choice(_COUNTRIES)
        longitude, latitude = self._place()
        aircraft = _Aircraft(
            icao24=icao24,
            callsign=callsign if chance.random() > WITHOUT_CALLSIGN_SHARE else None,
            origin_country=country,
            velocity=round((northward**2 + eastward**2) ** 0.5, 2),
            true_track=round(chance.uniform(0, 360), 2),
            northward=northward * _DEGREES_PER_METRE,
            eastward=eastward * _DEGREES_PER_METRE,
            squawk=f"{chance.randrange(8**4):04o}"
            if chance.random() > WITHOUT_SQUAWK_SHARE
            else None,
            category=chance.randrange(8),
            state=StateVector(
                icao24=icao24,
                callsign=callsign,
                origin_country=country,
                time_position=now,
                last_contact=now,
                longitude=longitude,
                latitude=latitude,
                baro_altitude=chance.uniform(0, 12_000),
                on_ground=False,
                velocity=None,
                true_track=None,
                vertical_rate=None,
                sensors=None,
                geo_altitude=None,
                squawk=None,
                spi=False,
                position_source=0,
                category=None,
            ),
        )
        aircraft.state = self._moved(aircraft, now)
        return aircraft

    def _place(self) -> tuple[float, float]:
        chance = self._chance
        if chance.random() < _ELSEWHERE_SHARE:
            return chance.uniform(-170, 170), chance.uniform(-60, 70)
        weights = [weight for *_, weight in CROWDS]
        longitude, latitude, spread, _ = chance.choices(CROWDS, weights)[0]
        return chance.gauss(longitude, spread), chance.gauss(latitude, spread)

    def _moved(self, aircraft: _Aircraft, now: int) -> StateVector:
        before, chance = aircraft.state, self._chance.random
        seconds = now - before.last_contact
        altitude = round((before.baro_altitude or 0.0) + 8 * chance() - 4, 2)
        return StateVector(
            aircraft.icao24,
            aircraft.callsign,
            aircraft.origin_country,
            now - int(3 * chance()),
            now,
            _within((before.longitude or 0.0) + seconds * aircraft.eastward, 180),
            _within((before.latitude or 0.0) + seconds * aircraft.northward, 90),
            altitude,
            False,  # noqa: FBT003 - the record's own order
            aircraft.velocity,
            aircraft.true_track,
            round(10 * chance() - 5, 2),
            None,
            round(altitude + 60, 2),
            aircraft.squawk,
            False,  # noqa: FBT003 - the record's own order
            0,
            aircraft.category,
        )


def answer(states: list[StateVector], now: int) -> bytes:
    """Return the body of the response that OpenSky would send."""
    rows = [
        (row[0], (row[1] or "").ljust(_CALLSIGN_CHARACTERS), *row[2:])
        for row in map(msgspec.structs.astuple, states)
    ]
    return msgspec.json.encode({"time": now, "states": rows})


def _within(degrees: float, limit: float) -> float:
    """Wrap degrees around at a limit, and round them to four digits as OpenSky does."""
    return round((degrees + limit) % (2 * limit) - limit, 4)
