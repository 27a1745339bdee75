"""Invents the flights of many days as arrays, quickly and repeatably."""

import datetime as dt
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from testkit.traffic import CROWDS

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

START = int(dt.datetime(2026, 6, 1, tzinfo=dt.UTC).timestamp())
DAY_SECONDS = 86_400
POLL_SECONDS = 86.4
"""Seconds between two global polls, each of which costs 4 of the 4,000 credits a day."""

FIRST_POLL_SECONDS = 60
"""Past midnight, so that no state vector is of the day before."""

TAXI_SECONDS = 480
MOST_STALE_SECONDS = 9

_AIRLINES = (
    "DLH SWR UAL BAW AAL DAL SWA RYR EZY AFR KLM IBE VLG WZZ THY UAE QTR ETD SIA CPA ANA JAL CSN"
    " CES CCA KAL AAR QFA ANZ ACA WJA TAM GLO AZU AVA LAN CMP AMX VOI ETH KQA MSR RAM SAS FIN NOZ"
    " ICE TAP LOT CSA AUA BEL EIN TRA EWG TUI NJE VJT FDX UPS"
)
AIRLINES = tuple(_AIRLINES.split())
_COUNTRIES = (
    "United States|China|Germany|United Kingdom|Ireland|France|Spain|Turkey|Brazil|India|Japan"
    "|Canada|Australia|United Arab Emirates|Netherlands|Switzerland|Italy|Russian Federation"
    "|Republic of Korea|Mexico|Indonesia|Qatar|Saudi Arabia|Singapore|Malaysia|Thailand"
    "|Viet Nam"  # codespell:ignore nam
    "|Sweden|Norway|Denmark|Finland|Poland|Portugal|Austria|Belgium|Greece|Hungary|Malta|Iceland"
    "|Czech Republic|Romania|Bulgaria|Serbia|Croatia|Israel|Egypt|Morocco|Ethiopia|South Africa"
    "|Kenya|Nigeria|Chile|Colombia|Peru|Argentina|Panama|New Zealand|Philippines|Pakistan"
    "|Kazakhstan"
)
COUNTRIES = tuple(_COUNTRIES.split("|"))
FLIGHT_NUMBERS = 1_000

WITHOUT_CALLSIGN_SHARE = 0.02
WITHOUT_SQUAWK_SHARE = 0.3
SEEN_ON_GROUND_SHARE = 0.5
RENAMED_SHARE = 0.02
"""Share of flights that change their callsign in the air."""

_ADDRESSES_FROM, _ADDRESS_STEP = 0x3C0000, 37
_DEGREES_PER_METRE = 1 / 111_000
_MEDIAN_FLIGHT_SECONDS, _SHORTEST, _LONGEST = 5_400, 1_500, 12 * 3_600
_TURN_SECONDS = (1_200, 2_700, 9_000)
_MORNING, _EVENING = (0.0, 6.0, 12.0), (12.0, 16.0, 23.0)
"""Hours at which round trips begin: the earliest, the most frequent and the latest."""

_SHARE_OF_TRIPS = 0.6
_LEAST_GROUND_SECONDS = 900
_ROWS_PER_AIRCRAFT_AND_DAY = 120
"""An underestimate, so that the pool of aircraft is large enough."""


@dataclass(frozen=True)
class Size:
    """The amount of traffic; the number of aircraft follows from rows and days."""

    rows: int
    days: int
    seed: int = 1

    @property
    def end(self) -> int:
        """When it ends (Unix seconds), excluded."""
        return START + self.days * DAY_SECONDS


class Legs(NamedTuple):
    """Flights by aircraft and time; each array has an element for each flight.

    Attributes:
        begins: Off the block (Unix seconds); `seconds` later it is back on one.
        callsign: An index of `callsigns()`, or -1 where none is sent.
        later_callsign: The one it ends with.
        northward: Degrees a second.
        first_poll: The first in which it is seen; `polls` in all.
    """

    aircraft: Integers
    begins: Integers
    seconds: Integers
    callsign: Integers
    later_callsign: Integers
    squawk: Integers
    latitude: Floats
    longitude: Floats
    northward: Floats
    eastward: Floats
    speed: Floats
    cruise: Floats
    first_poll: Integers
    polls: Integers


def legs(size: Size) -> Legs:
    """Invent flights until they give enough rows; equal sizes give equal flights."""
    chance = np.random.default_rng(size.seed)
    pool = size.rows // (size.days * _ROWS_PER_AIRCRAFT_AND_DAY) + 8
    aircraft, begins, seconds, turn = _trips(chance, pool, size.days)
    flown = _there_and_back(chance, aircraft, begins, seconds, turn)
    flown = _seen(chance, flown, size)
    return _first_aircraft(flown, size.rows)


def addresses(aircraft: Integers) -> Integers:
    """Return the icao24 of aircraft, as numbers."""
    return _ADDRESSES_FROM + aircraft * _ADDRESS_STEP


def callsigns() -> list[str]:
    """Return all callsigns, ordered by airline."""
    return [f"{airline}{number + 1}" for airline in AIRLINES for number in range(FLIGHT_NUMBERS)]


def skewed(chance: np.random.Generator, choices: int, size: int) -> Integers:
    """Choose numbers with a skewed distribution, as the sizes of fleets have."""
    weights = 1 / np.arange(2, choices + 2)
    return chance.choice(choices, size, p=weights / weights.sum())


def _trips(
    chance: np.random.Generator, pool: int, days: int
) -> tuple[Integers, Integers, Integers, Integers]:
    """Return round trips: aircraft, begin, seconds of one way, seconds between the ways."""
    shape = (pool, days, 2)
    hours = np.stack(
        [chance.triangular(*span, shape[:2]) for span in (_MORNING, _EVENING)], axis=-1
    )
    midnights = START + DAY_SECONDS * np.arange(days)[None, :, None]
    begins = (midnights + hours * 3_600).astype(np.int64)
    median = np.log(_MEDIAN_FLIGHT_SECONDS)
    seconds = np.exp(chance.normal(median, 0.6, shape)).clip(_SHORTEST, _LONGEST).astype(np.int64)
    turn = chance.triangular(*_TURN_SECONDS, shape).astype(np.int64)
    aircraft = np.broadcast_to(np.arange(pool)[:, None, None], shape)
    is_flown = chance.random(shape) < _SHARE_OF_TRIPS
    columns = [each[is_flown] for each in (aircraft, begins, seconds, turn)]
    return _without_overlaps(*columns)


def _without_overlaps(
    aircraft: Integers, begins: Integers, seconds: Integers, turn: Integers
) -> tuple[Integers, Integers, Integers, Integers]:
    """Leave out trips that begin before the aircraft is back."""
    while True:
        ends = begins + 2 * seconds + turn + _LEAST_GROUND_SECONDS
        is_early = (aircraft[1:] == aircraft[:-1]) & (begins[1:] < ends[:-1])
        if not is_early.any():
            return aircraft, begins, seconds, turn
        kept = np.append(True, ~is_early)
        aircraft, begins, seconds, turn = (each[kept] for each in (aircraft, begins, seconds, turn))


def _there_and_back(
    chance: np.random.Generator,
    aircraft: Integers,
    begins: Integers,
    seconds: Integers,
    turn: Integers,
) -> Legs:
    """Make two flights of each trip, there and back."""
    trips, pool = len(aircraft), int(aircraft.max()) + 1
    crowd = skewed(chance, len(CROWDS), pool)
    places = np.array(CROWDS)[crowd]
    home_longitude = chance.normal(places[:, 0], places[:, 2])[aircraft]
    home_latitude = chance.normal(places[:, 1], places[:, 2])[aircraft]
    speed, course = chance.uniform(140, 260, trips), chance.uniform(0, 2 * np.pi, trips)
    northward = speed * np.cos(course) * _DEGREES_PER_METRE / 2
    eastward = speed * np.sin(course) * _DEGREES_PER_METRE
    airborne = seconds - 2 * TAXI_SECONDS
    number = skewed(chance, len(AIRLINES), pool)[aircraft] * FLIGHT_NUMBERS
    number += 2 * chance.integers(0, FLIGHT_NUMBERS // 2, trips)
    both = np.repeat(np.arange(trips), 2)
    is_back = np.tile([False, True], trips)
    sign = np.where(is_back, -1, 1)
    callsign = number[both] + is_back
    callsign[chance.random(2 * trips) < WITHOUT_CALLSIGN_SHARE] = -1
    is_renamed = (chance.random(2 * trips) < RENAMED_SHARE) & (callsign >= 0)
    return Legs(
        aircraft=aircraft[both],
        begins=begins[both] + is_back * (seconds + turn)[both],
        seconds=seconds[both],
        callsign=callsign,
        later_callsign=np.where(is_renamed, (callsign + 7) % len(callsigns()), callsign),
        squawk=np.where(
            chance.random(2 * trips) < WITHOUT_SQUAWK_SHARE,
            -1,
            chance.integers(0, 8**4, 2 * trips),
        ),
        latitude=home_latitude[both] + is_back * (northward * airborne)[both],
        longitude=home_longitude[both] + is_back * (eastward * airborne)[both],
        northward=sign * northward[both],
        eastward=sign * eastward[both],
        speed=speed[both],
        cruise=1_000.0 * chance.integers(7, 13, 2 * trips).astype(np.float64),
        first_poll=np.zeros(2 * trips, np.int64),
        polls=np.zeros(2 * trips, np.int64),
    )


def _seen(chance: np.random.Generator, flown: Legs, size: Size) -> Legs:
    """Find the polls of each flight; every other flight is not received on the ground."""
    unseen = [
        np.where(chance.random(len(flown.begins)) < SEEN_ON_GROUND_SHARE, 0, TAXI_SECONDS + 10)
        for _ in range(2)
    ]
    begin = flown.begins + unseen[0] - START - FIRST_POLL_SECONDS
    end = flown.begins + flown.seconds - unseen[1] - START - FIRST_POLL_SECONDS
    all_polls = round(size.days * DAY_SECONDS / POLL_SECONDS)
    first = np.ceil(begin / POLL_SECONDS).astype(np.int64).clip(0)
    last = np.floor(end / POLL_SECONDS).astype(np.int64).clip(max=all_polls - 1)
    return flown._replace(first_poll=first, polls=(last - first + 1).clip(0))


def _first_aircraft(flown: Legs, rows: int) -> Legs:
    """Keep as many aircraft as give the rows, and shorten the last flight to fit."""
    before = np.cumsum(flown.polls) - flown.polls
    polls = np.minimum(flown.polls, rows - before)
    kept = polls > 0
    return Legs(*(each[kept] for each in flown._replace(polls=polls)))
