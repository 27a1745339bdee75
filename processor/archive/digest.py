"""DIGEST: a 64-bit hash of each row that PostgreSQL computes as well, and sums of such hashes."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import chain, islice
from operator import itemgetter
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from telemetry.state_vector import FIELDS

Row = tuple[Any, ...]
Hashes: TypeAlias = NDArray[np.uint64]
Times: TypeAlias = NDArray[np.int64]
Words: TypeAlias = NDArray[np.uint32]

ROWS_AT_ONCE = 3_000
"""So that the arrays stay in the processor's cache, which halves the time."""

_PLACE = {name: number for number, name in enumerate(FIELDS)}
TEXTS = ("icao24", "callsign", "origin_country", "squawk")
CODES = ("on_ground", "spi", "position_source", "category")
TIMES = ("time_position", "last_contact")
DOUBLES = ("longitude", "latitude")
SINGLES = ("baro_altitude", "velocity", "true_track", "vertical_rate", "geo_altitude")
NUMBERS = (*TIMES, *DOUBLES, *SINGLES)

_identity_of = itemgetter(*(_PLACE[name] for name in (*TEXTS, *CODES)))
_numbers_of = itemgetter(*(_PLACE[name] for name in NUMBERS))
_sensors_of = itemgetter(_PLACE["sensors"])

_MASK_32, _MASK_64 = 0xFFFF_FFFF, 0xFFFF_FFFF_FFFF_FFFF
_START = 0x9E37_79B9 + 3_923_095
Y2000 = 946_684_800
_SHORT_TEXT = 11
"""Bytes that lookup3 takes at once, beside the length."""

_HIGH = np.uint64(32)


def _weights(*names: str) -> Hashes:
    """Return what hash_record_extended multiplies the hashes of columns by."""
    last = len(FIELDS) - 1
    return np.array([[pow(31, last - _PLACE[name], 1 << 64)] for name in names], np.uint64)


_IDENTITY_WEIGHTS, _NUMBER_WEIGHTS = _weights(*TEXTS, *CODES), _weights(*NUMBERS)
_SENSORS_WEIGHT = int(_weights("sensors")[0, 0])


class Added(NamedTuple):
    """What one partition of the topic adds to the rows of one day, in days since 1970 (UTC)."""

    partition: int
    day: int
    n_rows: int
    digest: int


def last_contacts(keys: Sequence[tuple[str, int]]) -> Times:
    """Return when each row was last in contact (Unix seconds), by the keys of the rows."""
    return np.fromiter(map(itemgetter(1), keys), np.int64, len(keys))


def multiples(times: Times, seconds: int) -> list[int]:
    """Return the moments, all multiples of so many seconds, that the times round down to, once."""
    return sorted(set((times // seconds * seconds).tolist()))


def hash_rows(rows: Sequence[Row]) -> Hashes:
    """Return the hash of each row of state_vectors.

    PostgreSQL makes the same of it by `hashint8extended(h, h)`, where h is
    `hash_record_extended(ROW(<the 18 columns>), 0)`. The second hash ties the columns of a row to
    each other: h alone is a sum over columns, in which values that changed places between rows
    would cancel out.
    """
    parts = [
        _hash_some(rows[first : first + ROWS_AT_ONCE])
        for first in range(0, len(rows), ROWS_AT_ONCE)
    ]
    return np.concatenate([np.empty(0, np.uint64), *parts])


def _hash_some(rows: Sequence[Row]) -> Hashes:
    numbers = np.fromiter(
        chain.from_iterable(map(_numbers_of, rows)), np.float64, len(rows) * len(NUMBERS)
    )
    hashes = hash_identities(list(map(_identity_of, rows)))
    columns = np.ascontiguousarray(numbers.reshape(len(rows), len(NUMBERS)).T)
    hashes += hash_numbers(columns)
    hashes += _hash_sensors(list(map(_sensors_of, rows)))
    return hash_by_itself(hashes)


def sum_by_day(hashes: Hashes, times: Times, partitions: Sequence[int]) -> list[Added]:
    """Return for each partition and day how many rows there are, and the sum of their hashes.

    Args:
        hashes: Of the rows.
        times: Their last contacts.
        partitions: Where in the topic they came from.
    """
    group = np.fromiter(partitions, np.int64, len(times)) << 32 | times // 86_400
    groups, members, counts = np.unique(group, return_inverse=True, return_counts=True)
    sums = np.zeros(len(groups), np.uint64)
    np.add.at(sums, members, hashes)
    return [
        Added(number >> 32, number & _MASK_32, count, as_bigint(total))
        for number, count, total in zip(
            groups.tolist(), counts.tolist(), sums.tolist(), strict=True
        )
    ]


def as_bigint(number: int) -> int:
    """Return the signed number that has the same lower 64 bits."""
    return ((number + (1 << 63)) & _MASK_64) - (1 << 63)


def hash_identities(identities: Sequence[Row]) -> Hashes:
    """Hash the columns that stay the same from one state vector of an aircraft to the next."""
    columns = list(zip(*identities, strict=True))
    texts = [_hash_texts(column) for column in columns[: len(TEXTS)]]
    codes = [_hash_codes(column) for column in columns[len(TEXTS) :]]
    return _add_up(np.array(texts + codes), _IDENTITY_WEIGHTS)


def hash_numbers(columns: NDArray[np.float64]) -> Hashes:
    """Hash the columns that change with every state vector; NaN is null, whose hash is 0."""
    is_null = np.isnan(columns)
    times = columns[: len(TIMES)]
    seconds = np.where(is_null[: len(TIMES)], Y2000, times).astype(np.int64) - Y2000
    measures = columns[len(TIMES) :]
    singles = measures[len(DOUBLES) :]
    singles[...] = singles.astype(np.float32)
    hashes = np.concatenate([_hash_int8(seconds * 1_000_000), _hash_float8(measures)])
    hashes[is_null] = 0
    return _add_up(hashes, _NUMBER_WEIGHTS)


def _hash_sensors(column: list[list[int] | None]) -> Hashes | int:
    """As hash_array_extended(integer[], 0); OpenSky sends sensors to their owner only."""
    if column.count(None) == len(column):
        return 0
    serials = np.fromiter(chain.from_iterable(filter(None, column)), np.int64)
    hashed = iter(_hash_words(serials.astype(np.uint32)).tolist())
    hashes = (0 if sensors is None else _chain(islice(hashed, len(sensors))) for sensors in column)
    return np.fromiter((one * _SENSORS_WEIGHT & _MASK_64 for one in hashes), np.uint64, len(column))


def _chain(hashes: Iterable[int]) -> int:
    result = 1
    for one in hashes:
        result = (result * 31 + one) & _MASK_64
    return result


def _add_up(hashes: Hashes, weights: Hashes) -> Hashes:
    total: Hashes = (hashes * weights).sum(axis=0, dtype=np.uint64)
    return total


def _hash_int8(numbers: NDArray[np.int64]) -> Hashes:
    """As hashint8extended(number, 0), for numbers that are not negative."""
    return _hash_words((numbers >> 32).astype(np.uint32) ^ numbers.astype(np.uint32))


def _hash_codes(column: Sequence[int | None]) -> Hashes:
    """As hashint2extended(number, 0); a boolean is hashed as 0 or 1."""
    numbers = np.fromiter((0 if code is None else int(code) for code in column), np.int64)
    hashes = _hash_words(numbers.astype(np.uint32))
    hashes[[code is None for code in column]] = 0
    return hashes


def _hash_float8(numbers: NDArray[np.float64]) -> Hashes:
    """As hashfloat8extended(number, 0), which takes both zeros for one."""
    words = numbers.view(np.uint32).reshape(*numbers.shape, 2)
    start = np.uint32((_START + 8) & _MASK_32)
    hashes = _end(words[..., 0] + start, words[..., 1] + start, np.full(numbers.shape, start))
    hashes[numbers == 0] = 0
    return hashes


def _hash_words(words: Words) -> Hashes:
    """As hash_bytes_uint32_extended(word, 0)."""
    start = np.uint32((_START + 4) & _MASK_32)
    return _end(words + start, np.full(words.shape, start), np.full(words.shape, start))


def hash_by_itself(numbers: Hashes) -> Hashes:
    """As hashint8extended(number, number)."""
    start = np.uint32((_START + 4) & _MASK_32)
    high, low = (numbers >> _HIGH).astype(np.uint32), numbers.astype(np.uint32)
    a, b, c = high + start, low + start, np.full(numbers.shape, start)
    _mix(a, b, c)
    a += low ^ np.where(high >> np.uint32(31), ~high, high)
    return _end(a, b, c)


def _hash_texts(column: Sequence[str | None]) -> Hashes:
    """As hashtextextended(text, 0)."""
    texts = [b"" if text is None else text.encode() for text in column]
    # The third word leaves its lowest byte to the length.
    padded = [text[:8].ljust(8, b"\0") + b"\0" + text[8:_SHORT_TEXT] for text in texts]
    words = np.array(padded, f"S{_SHORT_TEXT + 1}").view("<u4").reshape(-1, 3)
    start = np.array([(_START + len(text)) & _MASK_32 for text in texts], np.uint32)
    hashes = _end(words[:, 0] + start, words[:, 1] + start, words[:, 2] + start)
    for place, text in enumerate(texts):
        if len(text) > _SHORT_TEXT:
            hashes[place] = _hash_long(text)
    hashes[[text is None for text in column]] = 0
    return hashes


@lru_cache(4_096)
def _hash_long(text: bytes) -> int:
    """As hash_bytes_extended(text, 0), twelve bytes at a time; names of countries."""
    a, b, c = (np.full(1, (_START + len(text)) & _MASK_32, np.uint32) for _ in range(3))
    whole = len(text) // 12 * 12
    for words in np.frombuffer(text[:whole], "<u4").reshape(-1, 3):
        a, b, c = a + words[0], b + words[1], c + words[2]
        _mix(a, b, c)
    rest = text[whole:]
    padded = (rest[:8].ljust(8, b"\0") + b"\0" + rest[8:]).ljust(12, b"\0")
    words = np.frombuffer(padded, "<u4")
    return int(_end(a + words[0], b + words[1], c + words[2])[0])


def _turn(words: Words, bits: int) -> Words:
    turned: Words = words << np.uint32(bits) | words >> np.uint32(32 - bits)
    return turned


def _mix(a: Words, b: Words, c: Words) -> None:
    """Bob Jenkins' lookup3 as PostgreSQL has it in hashfn.c, in place."""
    for bits_1, bits_2, bits_3 in ((4, 6, 8), (16, 19, 4)):
        a -= c
        a ^= _turn(c, bits_1)
        c += b
        b -= a
        b ^= _turn(a, bits_2)
        a += c
        c -= b
        c ^= _turn(b, bits_3)
        b += a


def _end(a: Words, b: Words, c: Words) -> Hashes:
    """The end of lookup3, which uses its words up."""
    steps = ((c, b, 14), (a, c, 11), (b, a, 25), (c, b, 16), (a, c, 4), (b, a, 14), (c, b, 24))
    for target, by, bits in steps:
        np.bitwise_xor(target, by, out=target)
        np.subtract(target, _turn(by, bits), out=target)
    return b.astype(np.uint64) << _HIGH | c
