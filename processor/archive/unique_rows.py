"""Make the rows of a batch: unique, in the order of the key, encoded and hashed.

The consumer's thread does it, while the database stores the batch before.
"""

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np
from msgspec.structs import astuple
from numpy.typing import NDArray

from processor.archive.digest import NUMBERS, Hashes, Times, hash_rows, round_down, sum_by_day
from processor.archive.encoded import Encoded, RowColumns, encode, join_columns, split_columns
from processor.archive.stored_values import find_inexact, round_to_stored
from telemetry.state_vector import StateVector

Row = tuple[Any, ...]
"""The 18 columns of state_vectors in StateVector's order, times in Unix seconds."""

Keys = NDArray[np.int64]
"""icao24 and last_contact as one number, which sorts like the pair."""

_LAST_CONTACT = 0xFFFF_FFFF
ADDRESS_BITS = 32
"""A key without so many bits is the number of the aircraft."""

_icao24_of = attrgetter("icao24")
_last_contact_of = attrgetter("last_contact")


class Hashed(NamedTuple):
    """What rows keep once they are encoded: their encoded identities and their hashes."""

    identities: NDArray[np.object_]
    hashes: Hashes


NOT_ENCODED = np.empty(0, np.object_)
"""The identities of rows that the driver encodes."""


class UniqueRows:
    """Rows that are to be inserted, or that were inserted, and their digests.

    Attributes:
        state_vectors: Sorted by icao24 and last_contact.
        icao24s: The aircraft of each row.
        contacts: The last contact of each row (Unix seconds).
        keys: The aircraft and the last contact of each row as one number.
        encoded: The rows as bytes for COPY; None if the driver encodes them.
        minutes: The minutes that the last contacts fall into (Unix seconds).
        added: The rows that each partition of the topic adds to each day.
    """

    def __init__(
        self,
        state_vectors: Sequence[StateVector],
        keys: Keys,
        partitions: NDArray[np.int64],
        encoded: Encoded | None = None,
        hashed: Hashed | None = None,
    ) -> None:
        self.keys, self._partitions = keys, partitions
        self.state_vectors = state_vectors
        self.icao24s: list[str] = list(map(_icao24_of, state_vectors))
        self.contacts: Times = keys & _LAST_CONTACT
        self.encoded = encoded
        self._hashed = (
            Hashed(NOT_ENCODED, hash_rows(to_rows(state_vectors))) if hashed is None else hashed
        )
        self.minutes = round_down(self.contacts, 60)
        self.added = sum_by_day(self._hashed.hashes, self.contacts, partitions)

    def __len__(self) -> int:
        return len(self.state_vectors)

    @property
    def identities(self) -> NDArray[np.object_]:
        """The encoded identity of each row; empty if the driver encodes the rows."""
        return self._hashed.identities

    @property
    def partitions(self) -> list[int]:
        """The partition of the topic that each row came from."""
        partitions: list[int] = self._partitions.tolist()
        return partitions

    def days(self) -> list[int]:
        """Return the midnights of the days that the last contacts fall into (Unix seconds)."""
        return round_down(np.array(self.minutes, np.int64), 86_400)

    def only(self, icao24s: Sequence[str], last_contacts: Sequence[int]) -> "UniqueRows":
        """Return the rows that have these keys."""
        is_in = np.isin(self.keys, _number(icao24s, last_contacts), assume_unique=True)
        places = np.flatnonzero(is_in)
        identities, hashes = self._hashed
        return UniqueRows(
            [self.state_vectors[place] for place in places.tolist()],
            self.keys[places],
            self._partitions[places],
            hashed=Hashed(
                identities[places] if len(identities) else identities,
                hashes[places],
            ),
        )


class PartitionRows(NamedTuple):
    """State vectors of one partition of the topic, in order of offset, and their encoded columns.

    Attributes:
        columns: None if the driver encodes them.
    """

    partition: int
    state_vectors: Sequence[StateVector]
    keys: Keys
    columns: RowColumns | None


def make_partition_rows(partition: int, state_vectors: Sequence[StateVector]) -> PartitionRows:
    """Compute the keys and the columns of state vectors, rounded to what is stored."""
    icao24s = list(map(_icao24_of, state_vectors))
    keys = _number(icao24s, list(map(_last_contact_of, state_vectors)))
    columns = split_columns(state_vectors)
    inexact = range(len(keys)) if columns is None else find_inexact(NUMBERS, columns.numbers)
    if len(inexact):
        state_vectors = list(state_vectors)
        for place in inexact:
            state_vectors[place] = round_to_stored(state_vectors[place])
        columns = split_columns(state_vectors)
    return PartitionRows(partition, state_vectors, keys, columns)


def make_unique(found: Iterable[PartitionRows]) -> UniqueRows:
    """Return the rows of all partitions, sorted by key; of several with one key the first.

    They are sorted because insertion in the order of the index is a third faster.
    """
    in_order = sorted(found, key=attrgetter("partition"))
    keys = np.concatenate([np.empty(0, np.int64), *(part.keys for part in in_order)])
    numbers = np.array([part.partition for part in in_order], np.int64)
    partitions = np.repeat(numbers, [len(part.keys) for part in in_order])
    places = np.argsort(keys, kind="stable")
    places = places[np.diff(keys[places], prepend=-1) > 0]
    came = [state_vector for part in in_order for state_vector in part.state_vectors]
    several = [part.columns for part in in_order if part.columns is not None]
    is_encoded = 0 < len(several) == len(in_order)
    vectors = [came[place] for place in places.tolist()]
    if not is_encoded:
        return UniqueRows(vectors, keys[places], partitions[places])
    columns = join_columns(several, places)
    encoded = encode(columns)
    hashed = Hashed(columns.heads, encoded.hashes)
    return UniqueRows(vectors, keys[places], partitions[places], encoded, hashed)


def to_rows(state_vectors: Sequence[StateVector]) -> list[Row]:
    """Turn state vectors into rows of the view state_vectors, with times in Unix seconds."""
    return [astuple(state_vector) for state_vector in state_vectors]


def _number(icao24s: Sequence[str], last_contacts: Sequence[int]) -> Keys:
    digits = "00".join(["", *icao24s])  # eight of each
    addresses = np.frombuffer(bytes.fromhex(digits), ">u4").astype(np.int64)
    return addresses << ADDRESS_BITS | np.array(last_contacts, np.int64)
