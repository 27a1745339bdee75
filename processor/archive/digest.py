"""Compute a 64-bit hash of each row, equal to PostgreSQL's, and sums of such hashes."""

from collections.abc import Callable, Iterable, Sequence
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
Columns: TypeAlias = NDArray[np.float64]
Words: TypeAlias = NDArray[np.uint32]

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
"""Longest text in bytes that lookup3 hashes in one step, together with its length."""

# These are arrays, because numpy would convert a number into one in every step.
_HIGH = np.array(32, np.uint64)
_SHIFTS = [np.array(bits, np.uint32) for bits in range(32)]
_START_4, _START_8 = (np.array((_START + size) & _MASK_32, np.uint32) for size in (4, 8))


def _weights(*names: str) -> Hashes:
    """Return the factors by which hash_record_extended multiplies the hashes of columns."""
    last = len(FIELDS) - 1
    return np.array([[pow(31, last - _PLACE[name], 1 << 64)] for name in names], np.uint64)


_IDENTITY_WEIGHTS = _weights(*TEXTS, *CODES)
_NUMBER_WEIGHTS = dict(zip(NUMBERS, _weights(*NUMBERS)[:, 0], strict=True))
_SENSORS_WEIGHT = int(_weights("sensors")[0, 0])


class RowsOfDay(NamedTuple):
    """The rows that one partition of the topic adds to one UTC day.

    Attributes:
        day: Days since 1970-01-01.
        digest: The sum of the rows' hashes, as a signed 64-bit number.
    """

    partition: int
    day: int
    n_rows: int
    digest: int


def round_down(times: Times, seconds: int) -> list[int]:
    """Round times down to multiples of so many seconds; return each of these once, sorted."""
    return sorted(set((times // seconds * seconds).tolist()))


def hash_rows(rows: Sequence[Row]) -> Hashes:
    """Return the hash of each row of state_vectors.

    PostgreSQL computes the same as `hashint8extended(h, h)`, where h is
    `hash_record_extended(ROW(<the 18 columns>), 0)`. The second hash ties the columns of a row to
    each other: h alone is a sum over columns, in which values that were swapped between rows would
    cancel out.
    """
    if not rows:
        return np.empty(0, np.uint64)
    hashes = hash_identities(list(map(_identity_of, rows)))
    hashes += _hash_sensors(list(map(_sensors_of, rows)))
    hashes += hash_numbers(np.array(list(zip(*map(_numbers_of, rows), strict=True)), np.float64))
    return hash_by_itself(hashes)


def hash_numbers(columns: Columns) -> Hashes:
    """Hash the columns that change with every state vector; the hash of null is 0.

    Args:
        columns: The columns of NUMBERS, one in each row of the array; times are Unix seconds, and
            null is NaN.
    """
    hashes = np.zeros(columns.shape[1], np.uint64)
    for name, column in zip(NUMBERS, columns, strict=True):
        is_null = np.isnan(column)
        some = _hash_number(name, np.where(is_null, Y2000, column))
        some[is_null] = 0
        hashes += some * _NUMBER_WEIGHTS[name]
    return hashes


def _hash_number(name: str, column: NDArray[np.float64]) -> Hashes:
    if name in TIMES:
        return _hash_int8((column.astype(np.int64) - Y2000) * 1_000_000)
    if name in SINGLES:
        column = column.astype(np.float32).astype(np.float64)
    return _hash_float8(column)


def sum_by_day(hashes: Hashes, times: Times, partitions: NDArray[np.int64]) -> list[RowsOfDay]:
    """Return for each partition and day how many rows there are, and the sum of their hashes.

    Args:
        hashes: The hashes of the rows.
        times: Their last contacts, in Unix seconds.
        partitions: The partitions of the topic that they came from.
    """
    group = partitions << 32 | times // 86_400
    groups, members, counts = np.unique(group, return_inverse=True, return_counts=True)
    sums = np.zeros(len(groups), np.uint64)
    np.add.at(sums, members, hashes)
    return [
        RowsOfDay(number >> 32, number & _MASK_32, count, as_bigint(total))
        for number, count, total in zip(
            groups.tolist(), counts.tolist(), sums.tolist(), strict=True
        )
    ]


def as_bigint(number: int) -> int:
    """Return the signed number that has the same lower 64 bits."""
    return ((number + (1 << 63)) & _MASK_64) - (1 << 63)


def hash_identities(identities: Sequence[Row]) -> Hashes:
    """Hash the columns that stay the same from one state vector of an aircraft to the next."""
    icao24s, callsigns, countries, squawks, *codes = zip(*identities, strict=True)
    hashes = [
        _hash_texts(icao24s),
        _hash_texts(callsigns),
        _hash_few(_hash_texts, countries),
        _hash_texts(squawks),
        *(_hash_few(_hash_codes, column) for column in codes),
    ]
    return _add_up(np.array(hashes), _IDENTITY_WEIGHTS)


def _hash_few(hash_column: Callable[[Sequence[Any]], Hashes], column: Sequence[Any]) -> Hashes:
    """Hash a column that has few different values; each value is hashed once."""
    values = list(set(column))
    known = dict(zip(values, hash_column(values).tolist(), strict=True))
    return np.fromiter(map(known.__getitem__, column), np.uint64, len(column))


def _hash_sensors(column: list[list[int] | None]) -> Hashes | int:
    """Compute hash_array_extended(integer[], 0); OpenSky sends sensors to their owner only."""
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
    """Compute hashint8extended(number, 0) of numbers that are not negative."""
    return _hash_words((numbers >> 32).astype(np.uint32) ^ numbers.astype(np.uint32))


def _hash_codes(column: Sequence[int | None]) -> Hashes:
    """Compute hashint2extended(number, 0); a boolean is hashed as 0 or 1."""
    numbers = np.fromiter((0 if code is None else int(code) for code in column), np.int64)
    hashes = _hash_words(numbers.astype(np.uint32))
    hashes[[code is None for code in column]] = 0
    return hashes


def _hash_float8(numbers: NDArray[np.float64]) -> Hashes:
    """Compute hashfloat8extended(number, 0), which hashes both zeros alike."""
    words = numbers.view(np.uint32).reshape(-1, 2)
    c = np.full(len(words), _START_8)
    hashes = _finish(words[:, 0] + c, words[:, 1] + c, c)
    hashes[numbers == 0] = 0
    return hashes


def _hash_words(words: Words) -> Hashes:
    """Compute hash_bytes_uint32_extended(word, 0)."""
    b = np.full(words.shape, _START_4)
    return _finish(words + b, b, b.copy())


def hash_by_itself(numbers: Hashes) -> Hashes:
    """Compute hashint8extended(number, number)."""
    high, low = (numbers >> _HIGH).astype(np.uint32), numbers.astype(np.uint32)
    c = np.full(numbers.shape, _START_4)
    a, b = high + c, low + c
    _mix(a, b, c)
    a += low ^ np.where(high >> _SHIFTS[31], ~high, high)
    return _finish(a, b, c)


def _hash_texts(column: Sequence[str | None]) -> Hashes:
    """Compute hashtextextended(text, 0)."""
    texts = [b"" if text is None else text.encode() for text in column]
    # The third word leaves its lowest byte to the length.
    padded = [text[:8].ljust(8, b"\0") + b"\0" + text[8:_SHORT_TEXT] for text in texts]
    words = np.array(padded, f"S{_SHORT_TEXT + 1}").view("<u4").reshape(-1, 3)
    start = np.array([(_START + len(text)) & _MASK_32 for text in texts], np.uint32)
    hashes = _finish(words[:, 0] + start, words[:, 1] + start, words[:, 2] + start)
    for place, text in enumerate(texts):
        if len(text) > _SHORT_TEXT:
            hashes[place] = _hash_long(text)
    hashes[[text is None for text in column]] = 0
    return hashes


@lru_cache(4_096)
def _hash_long(text: bytes) -> int:
    """Compute hash_bytes_extended(text, 0), twelve bytes at a time; used for names of countries."""
    a, b, c = (np.full(1, (_START + len(text)) & _MASK_32, np.uint32) for _ in range(3))
    whole = len(text) // 12 * 12
    for words in np.frombuffer(text[:whole], "<u4").reshape(-1, 3):
        a, b, c = a + words[0], b + words[1], c + words[2]
        _mix(a, b, c)
    rest = text[whole:]
    padded = (rest[:8].ljust(8, b"\0") + b"\0" + rest[8:]).ljust(12, b"\0")
    words = np.frombuffer(padded, "<u4")
    return int(_finish(a + words[0], b + words[1], c + words[2])[0])


def _rotate(words: Words, bits: int) -> Words:
    rotated = np.left_shift(words, _SHIFTS[bits])
    np.bitwise_or(rotated, np.right_shift(words, _SHIFTS[32 - bits]), rotated)
    return rotated


def _mix(a: Words, b: Words, c: Words) -> None:
    """Mix three words in place: Bob Jenkins' lookup3 as in PostgreSQL's hashfn.c."""
    for bits in ((4, 6, 8), (16, 19, 4)):
        for target, by, other, rotated in zip((a, b, c), (c, a, b), (b, c, a), bits, strict=True):
            np.subtract(target, by, target)
            np.bitwise_xor(target, _rotate(by, rotated), target)
            np.add(by, other, by)


def _finish(a: Words, b: Words, c: Words) -> Hashes:
    """Finish lookup3; the words are overwritten."""
    steps = ((c, b, 14), (a, c, 11), (b, a, 25), (c, b, 16), (a, c, 4), (b, a, 14), (c, b, 24))
    for target, by, bits in steps:
        np.bitwise_xor(target, by, target)
        np.subtract(target, _rotate(by, bits), target)
    hashes = b.astype(np.uint64)
    np.left_shift(hashes, _HIGH, hashes)
    np.bitwise_or(hashes, c, hashes)
    return hashes
