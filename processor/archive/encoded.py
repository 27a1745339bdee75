"""Encode state vectors as the bytes of a binary COPY, and hash their rows, column by column.

The driver would encode value by value, which takes longer than encoding and hashing do here.
"""

import struct
from collections.abc import AsyncIterator, Sequence
from functools import lru_cache
from itertools import chain, repeat
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from processor.archive.digest import (
    CODES,
    NUMBERS,
    SINGLES,
    TEXTS,
    Y2000,
    Columns,
    Hashes,
    Row,
    hash_by_itself,
    hash_identities,
    hash_numbers,
)
from processor.archive.stored_values import STEPS, STORED_NAMES
from telemetry.state_vector import StateVector

COLUMNS = (*TEXTS, *CODES, "sensors", *(STORED_NAMES.get(name, name) for name in NUMBERS))
"""The columns of stored_state_vectors in the order of the encoded bytes."""

MAX_KNOWN = 100_000
"""Identities that are cached, in 60 MB at most. An identity is the columns that stay the same from
one state vector of an aircraft to the next."""

RENEWED_AFTER_ROWS = 1_000_000
"""After so many rows the cache begins again, so that it holds no aircraft that landed hours ago.
Encoding those in the air again takes half a percent of the time that so many rows take."""

_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"
_NULL = struct.pack(">i", -1)
_N_COLUMNS = struct.pack(">h", len(COLUMNS))

_identity_of = attrgetter(*TEXTS, *CODES)
_numbers_of = attrgetter(*NUMBERS)
_sensors_of = attrgetter("sensors")

_LAST_CONTACT = NUMBERS.index("last_contact")
_POWERS = 1 << np.arange(len(NUMBERS))

_TYPES = {
    "last_contact": ">i8",
    "time_position": ">i8",
    **dict.fromkeys(SINGLES, ">f4"),
    **dict.fromkeys(STEPS, ">i4"),
}


class RowColumns(NamedTuple):
    """The columns of some rows, ready to be encoded.

    Attributes:
        heads: The encoded identity of each row, as bytes.
        hashes: The part of each row's hash that the identity makes.
        numbers: The other columns, NUMBERS, as an array with one row each.
    """

    heads: NDArray[np.object_]
    hashes: Hashes
    numbers: NDArray[np.float64]


class Encoded(NamedTuple):
    """Rows as the bytes of a binary COPY, and their hashes."""

    body: bytes
    hashes: Hashes

    async def stream(self) -> AsyncIterator[bytes]:
        """Yield all bytes of the COPY."""
        yield _HEADER
        yield self.body
        yield _TRAILER


def encode_rows(state_vectors: Sequence[StateVector]) -> Encoded | None:
    """Encode and hash rows; None if some have sensors, which OpenSky sends to their owner only."""
    columns = split_columns(state_vectors)
    return None if columns is None else encode(columns)


def split_columns(state_vectors: Sequence[StateVector]) -> RowColumns | None:
    """Return the columns of rows; None if some rows have sensors."""
    n_rows = len(state_vectors)
    if list(map(_sensors_of, state_vectors)).count(None) < n_rows:
        return None
    heads, hashes = _cache.find(list(map(_identity_of, state_vectors)))
    numbers = chain.from_iterable(map(_numbers_of, state_vectors))
    table = np.fromiter(numbers, np.float64, n_rows * len(NUMBERS))
    return RowColumns(heads, hashes, table.reshape(n_rows, len(NUMBERS)))


def join_columns(several: Sequence[RowColumns], places: NDArray[np.intp]) -> RowColumns:
    """Join columns that were split one after another, and return the rows in these places."""
    return RowColumns(
        np.concatenate([columns.heads for columns in several])[places],
        np.concatenate([columns.hashes for columns in several])[places],
        np.concatenate([columns.numbers for columns in several])[places],
    )


def encode(parts: RowColumns) -> Encoded:
    """Encode and hash rows."""
    columns = np.ascontiguousarray(parts.numbers.T)
    body = b"".join(
        chain.from_iterable(zip(parts.heads.tolist(), _encode_numbers(columns), strict=True))
    )
    return Encoded(body, hash_by_itself(parts.hashes + hash_numbers(columns)))


class IdentityCache:
    """Encoded identities and their part of a row's hash, computed once for each identity."""

    def __init__(self) -> None:
        self._clear()

    def _clear(self) -> None:
        self._places: dict[Row, int] = {}
        self._heads = np.empty(0, np.object_)
        self._hashes: Hashes = np.empty(0, np.uint64)
        self._n_rows = 0

    def __len__(self) -> int:
        return len(self._places)

    def find(self, identities: Sequence[Row]) -> tuple[NDArray[np.object_], Hashes]:
        """Return the encoded form and the hash of each identity."""
        if self._n_rows >= RENEWED_AFTER_ROWS:
            self._clear()
        self._n_rows += len(identities)
        places = self._find_places(identities)
        if (places < 0).any():
            unknown = set(identities).difference(self._places)
            if len(self._places) + len(unknown) > MAX_KNOWN:
                self._clear()
                unknown = set(identities)
            self._learn(list(unknown))
            places = self._find_places(identities)
        return self._heads[places], self._hashes[places]

    def _learn(self, identities: Sequence[Row]) -> None:
        n_known = len(self._places)
        n_needed = n_known + len(identities)
        if n_needed > len(self._heads):
            n_more = max(n_needed, 2 * n_known) - n_known
            none: NDArray[np.object_] = np.full(n_more, None, np.object_)
            self._heads = np.concatenate([self._heads[:n_known], none])
            zeros = np.zeros(n_more, np.uint64)
            self._hashes = np.concatenate([self._hashes[:n_known], zeros])
        heads = list(map(_encode_identity, identities))
        self._heads[n_known:n_needed] = np.array(heads, np.object_)
        self._hashes[n_known:n_needed] = hash_identities(identities)
        self._places.update(zip(identities, range(n_known, n_needed), strict=True))

    def _find_places(self, identities: Sequence[Row]) -> NDArray[np.int64]:
        return np.fromiter(map(self._places.get, identities, repeat(-1)), np.int64, len(identities))


_cache = IdentityCache()


def _encode_identity(identity: Row) -> bytes:
    """Encode the number of columns, the texts, booleans, small integers, and sensors as null."""
    icao24, callsign, country, squawk, *codes = identity
    return b"".join(
        (
            _N_COLUMNS,
            _encode_text(icao24),
            _encode_text(callsign),
            _encode_country(country),
            _encode_text(squawk),
            _encode_codes(*codes),
            _NULL,
        )
    )


def _encode_text(text: str | None) -> bytes:
    if text is None:
        return _NULL
    encoded = text.encode()
    return len(encoded).to_bytes(4, "big") + encoded


_encode_country = lru_cache(1_000)(_encode_text)


@lru_cache(1_000)
def _encode_codes(
    on_ground: bool,  # noqa: FBT001 - in the order of the columns
    spi: bool,  # noqa: FBT001 - as above
    position_source: int,
    category: int | None,
) -> bytes:
    fields = [bytes([on_ground]), bytes([spi]), struct.pack(">h", position_source)]
    framed = b"".join(struct.pack(">i", len(field)) + field for field in fields)
    return framed + (_NULL if category is None else struct.pack(">ih", 2, category))


def _encode_numbers(columns: Columns) -> list[bytes]:
    """Encode the numbers of each row; rows with the same columns null are encoded together."""
    nulls = np.isnan(columns)
    patterns = _POWERS @ nulls
    encoded = np.empty(len(patterns), object)
    for pattern in np.flatnonzero(np.bincount(patterns)).tolist():
        places = np.flatnonzero(patterns == pattern)
        encoded[places] = _encode_alike(columns[:, places], nulls[:, places[0]].tolist())
    tails: list[bytes] = encoded.tolist()
    return tails


def _encode_alike(columns: Columns, nulls: list[bool]) -> list[bytes]:
    template = _template(tuple(nulls))
    rows = np.repeat(template, columns.shape[1])
    contacts = columns[_LAST_CONTACT]
    for name, column, is_null in zip(NUMBERS, columns, nulls, strict=True):
        if is_null:
            continue
        rows[name] = _to_stored(name, column, contacts)
    encoded: list[bytes] = rows.view(f"V{template.itemsize}").tolist()
    return encoded


def _to_stored(
    name: str, column: NDArray[np.float64], contacts: NDArray[np.float64]
) -> NDArray[Any]:
    if name == "last_contact":
        return (column.astype(np.int64) - Y2000) * 1_000_000
    if name == "time_position":
        return contacts - column
    return np.rint(column * STEPS[name]) if name in STEPS else column


@lru_cache(1 << len(NUMBERS))
def _template(nulls: tuple[bool, ...]) -> "np.ndarray[tuple[int], np.dtype[np.void]]":
    """Return one row in which only the lengths are set; a null column has no other bytes."""
    fields: list[tuple[str, str]] = []
    for name, is_null in zip(NUMBERS, nulls, strict=True):
        fields.append((f"length of {name}", ">i4"))
        if not is_null:
            fields.append((name, _TYPES[name]))
    template = np.zeros(1, np.dtype(fields))
    for name, is_null in zip(NUMBERS, nulls, strict=True):
        template[f"length of {name}"] = -1 if is_null else np.dtype(_TYPES[name]).itemsize
    return template
