"""Encodes the state vectors of invented traffic for the binary COPY of PostgreSQL."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.history_traffic import (
    COUNTRIES,
    FIRST_POLL_SECONDS,
    MOST_STALE_SECONDS,
    POLL_SECONDS,
    START,
    TAXI_SECONDS,
    Flags,
    Floats,
    Integers,
    Legs,
    Size,
    addresses,
    callsigns,
    skewed,
)
from telemetry.state_vector import FIELDS

POLLS_PER_BLOCK = 100
"""Rows that are encoded at a time: a few MB."""

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
"""<https://www.postgresql.org/docs/current/sql-copy.html>, "Binary Format"."""

_POSTGRES_EPOCH = 946_684_800
_MICROSECONDS = 1_000_000
_WITHOUT_POSITION_SHARE = 0.01
_CLIMB, _DESCENT = 8.0, 7.0
"""Metres a second."""

_FOOT = 0.3048
_CALLSIGN_BYTES, _COUNTRY_BYTES = 8, max(map(len, COUNTRIES))

_TYPES = {
    "icao24": "S6",
    "callsign": f"S{_CALLSIGN_BYTES}",
    "origin_country": f"S{_COUNTRY_BYTES}",
    "time_position": ">i8",
    "last_contact": ">i8",
    "longitude": ">f8",
    "latitude": ">f8",
    "baro_altitude": ">f4",
    "on_ground": "u1",
    "velocity": ">f4",
    "true_track": ">f4",
    "vertical_rate": ">f4",
    "sensors": "S0",
    "geo_altitude": ">f4",
    "squawk": "S4",
    "spi": "u1",
    "position_source": ">i2",
    "category": ">i2",
}
_ROW = np.dtype(
    [("fields", ">i2")]
    + [pair for name in FIELDS for pair in ((f"{name} length", ">i4"), (name, _TYPES[name]))]
)

_PLACES = {name: place[:2] for name, place in (_ROW.fields or {}).items()}


class Block(NamedTuple):
    """Rows of some polls, as the archive would store them: by poll, then by aircraft."""

    rows: int
    copied: bytes


class _Names(NamedTuple):
    """Texts with their lengths, which rows refer to by number; number -1 is the last."""

    texts: npt.NDArray[np.bytes_]
    lengths: Integers


class Encoder:
    """Encodes the rows of flights; equal flights give equal bytes."""

    def __init__(self, flown: Legs, size: Size) -> None:
        self._flown = flown
        self._size = size
        self._polls = round(size.days * 86_400 / POLL_SECONDS)
        chance = np.random.default_rng(size.seed + 1)
        pool = int(flown.aircraft.max()) + 1
        self._addresses = _names([f"{each:06x}" for each in addresses(np.arange(pool))]).texts
        self._country = skewed(chance, len(COUNTRIES), pool)
        self._category = chance.integers(1, 8, pool)
        self._callsigns = _names([*callsigns(), ""])
        self._countries = _names(list(COUNTRIES))
        self._squawks = _names([*(f"{each:04o}" for each in range(8**4)), ""])

    def blocks(self) -> Iterator[Block]:
        """Encode all rows in order of time."""
        for first in range(0, self._polls, POLLS_PER_BLOCK):
            leg, poll = self._seen(first, first + POLLS_PER_BLOCK)
            if len(leg):
                rows = self._rows(leg, poll, np.random.default_rng((self._size.seed, first)))
                yield Block(len(leg), _present_bytes(rows))

    def _seen(self, first: int, end: int) -> tuple[Integers, Integers]:
        """Return a pair of flight and poll for each row."""
        flown = self._flown
        begin = np.maximum(flown.first_poll, first)
        counts = (np.minimum(flown.first_poll + flown.polls, end) - begin).clip(0)
        legs = np.flatnonzero(counts)
        counts = counts[legs]
        leg = np.repeat(legs, counts)
        within = np.arange(len(leg)) - np.repeat(np.cumsum(counts) - counts, counts)
        poll = begin[leg] + within
        order = np.lexsort((flown.aircraft[leg], poll))
        return leg[order], poll[order]

    def _rows(
        self, leg: Integers, poll: Integers, chance: np.random.Generator
    ) -> npt.NDArray[np.void]:
        flown, number = self._flown, len(leg)
        rows = np.zeros(number, _ROW)
        rows["fields"] = len(FIELDS)
        aircraft = flown.aircraft[leg]
        answered = START + FIRST_POLL_SECONDS + (poll * POLL_SECONDS).astype(np.int64)
        last_contact = answered - chance.integers(0, MOST_STALE_SECONDS + 1, number)
        elapsed = last_contact - flown.begins[leg]
        is_later = 2 * elapsed > flown.seconds[leg]
        callsign = np.where(is_later, flown.later_callsign[leg], flown.callsign[leg])
        _put(rows, "icao24", self._addresses[aircraft])
        _put_named(rows, "callsign", self._callsigns, callsign)
        _put_named(rows, "origin_country", self._countries, self._country[aircraft])
        _put_named(rows, "squawk", self._squawks, flown.squawk[leg])
        _put(rows, "last_contact", _instants(last_contact))
        _put(rows, "spi", 0)
        _put(rows, "position_source", 0)
        _put(rows, "category", self._category[aircraft])
        _put(rows, "sensors", None)
        self._put_position(rows, leg, last_contact, chance)
        self._put_movement(rows, leg, elapsed, chance)
        return rows

    def _put_position(
        self,
        rows: npt.NDArray[np.void],
        leg: Integers,
        last_contact: Integers,
        chance: np.random.Generator,
    ) -> None:
        flown = self._flown
        flying = last_contact - flown.begins[leg] - TAXI_SECONDS
        seconds = flying.clip(0, flown.seconds[leg] - 2 * TAXI_SECONDS)
        longitude = flown.longitude[leg] + seconds * flown.eastward[leg]
        latitude = flown.latitude[leg] + seconds * flown.northward[leg]
        is_known = chance.random(len(leg)) >= _WITHOUT_POSITION_SHARE
        age = chance.integers(0, 3, len(leg))
        _put(rows, "longitude", np.round((longitude + 180) % 360 - 180, 4), is_known)
        _put(rows, "latitude", np.round(latitude.clip(-89, 89), 4), is_known)
        _put(rows, "time_position", _instants(last_contact - age), is_known)

    def _put_movement(
        self,
        rows: npt.NDArray[np.void],
        leg: Integers,
        elapsed: Integers,
        chance: np.random.Generator,
    ) -> None:
        flown, number = self._flown, len(leg)
        since, until = elapsed - TAXI_SECONDS, flown.seconds[leg] - TAXI_SECONDS - elapsed
        is_flying = (since >= 0) & (until > 0)
        climbing, descending, cruise = since * _CLIMB, until * _DESCENT, flown.cruise[leg]
        altitude = np.minimum(np.minimum(climbing, descending), cruise)
        rate = np.where(altitude == climbing, _CLIMB, np.where(altitude == cruise, 0, -_DESCENT))
        speed = np.where(is_flying, flown.speed[leg] * (0.5 + altitude / cruise / 2), 8)
        course = np.degrees(np.arctan2(flown.eastward[leg], 2 * flown.northward[leg])) % 360
        altitude += chance.normal(0, 5, number)
        _put(rows, "baro_altitude", _in_feet(altitude, 25), is_flying)
        _put(rows, "geo_altitude", _in_feet(altitude + 60, 25), is_flying)
        _put(rows, "vertical_rate", _in_feet(rate + chance.normal(0, 0.4, number), 1), is_flying)
        _put(rows, "velocity", np.round(speed + chance.normal(0, 1, number), 2).clip(0))
        _put(rows, "true_track", np.round((course + chance.normal(0, 1, number)) % 360, 2))
        _put(rows, "on_ground", ~is_flying)


def _names(texts: list[str]) -> _Names:
    return _Names(np.array(texts, "S"), np.array([len(text) or -1 for text in texts]))


def _put(
    rows: npt.NDArray[np.void],
    name: str,
    values: Any,  # noqa: ANN401 - whatever the column takes
    is_known: Flags | None = None,
) -> None:
    """Fill a column; None is null in all rows."""
    length = _ROW[name].itemsize
    if values is None:
        rows[f"{name} length"] = -1
        return
    rows[name] = values
    rows[f"{name} length"] = length if is_known is None else np.where(is_known, length, -1)


def _put_named(rows: npt.NDArray[np.void], name: str, names: _Names, number: Integers) -> None:
    """Fill a column of text; the number -1 is null."""
    rows[name] = names.texts[number]
    rows[f"{name} length"] = names.lengths[number]


def _instants(unix_seconds: Integers) -> Integers:
    return (unix_seconds - _POSTGRES_EPOCH) * _MICROSECONDS


def _in_feet(metres: Floats, step: int) -> Floats:
    """Round as transponders do, and as OpenSky converts it."""
    return np.asarray(np.round(np.round(metres / (_FOOT * step)) * (_FOOT * step), 2))


def _present_bytes(rows: npt.NDArray[np.void]) -> bytes:
    """Leave out the bytes of fields whose length says that they are null."""
    matrix = rows.view(np.uint8).reshape(len(rows), _ROW.itemsize)
    is_present = np.ones(matrix.shape, np.bool_)
    for name in FIELDS:
        lengths, (column, start) = rows[f"{name} length"], _PLACES[name]
        for byte in range(column.itemsize):
            if lengths.min() <= byte:
                is_present[:, start + byte] = lengths > byte
    return matrix[is_present].tobytes()
