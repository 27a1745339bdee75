"""UNIQUE: the rows of a batch, each once and in the order of the key, and what is made of them.

It is made in the consumer's thread, while the database stores the batch before.
"""

from collections.abc import Mapping, Sequence
from itertools import chain
from operator import attrgetter
from typing import Any

import numpy as np
from msgspec.structs import astuple
from numpy.typing import NDArray

from processor.archive.digest import Hashes, Times, hash_rows, multiples, sum_by_day
from processor.archive.encoded import Encoded, encode_rows
from telemetry.state_vector import StateVector

Row = tuple[Any, ...]
"""The 18 columns of state_vectors in StateVector's order, times in Unix seconds."""

Keys = NDArray[np.int64]
"""icao24 and last_contact as one number, which sorts as the two do."""

_LAST_CONTACT = 0xFFFF_FFFF
_BITS = 32

_icao24_of = attrgetter("icao24")
_last_contact_of = attrgetter("last_contact")


class UniqueRows:
    """What is to be inserted, and what the digest is made of; or those that have been inserted.

    Attributes:
        state_vectors: Sorted by icao24 and last_contact.
        icao24s: The aircraft, once each.
        encoded: Their bytes, unless they are left to the driver.
        minutes: Those that the last contacts fall into (Unix seconds).
        added: What each partition of the topic adds to each day.
    """

    def __init__(
        self,
        state_vectors: Sequence[StateVector],
        keys: Keys,
        partitions: NDArray[np.int64],
        encoded: Encoded | None = None,
        hashes: Hashes | None = None,
    ) -> None:
        times: Times = keys & _LAST_CONTACT
        self._keys, self._partitions = keys, partitions
        self.state_vectors = state_vectors
        self.icao24s = set(map(_icao24_of, state_vectors))
        self.encoded = encoded
        self._hashes = hash_rows(self.rows()) if hashes is None else hashes
        self.minutes = multiples(times, 60)
        self.added = sum_by_day(self._hashes, times, partitions)

    @property
    def partitions(self) -> list[int]:
        """Where in the topic each of them came from."""
        partitions: list[int] = self._partitions.tolist()
        return partitions

    def rows(self) -> list[Row]:
        """Return them as the driver takes them."""
        return to_rows(self.state_vectors)

    def days(self) -> list[int]:
        """Return the midnights of the days that the last contacts fall into (Unix seconds)."""
        return multiples(np.array(self.minutes, np.int64), 86_400)

    def only(self, icao24s: Sequence[str], last_contacts: Sequence[int]) -> "UniqueRows":
        """Return those that have these keys."""
        is_in = np.isin(self._keys, _number(icao24s, last_contacts), assume_unique=True)
        places = np.flatnonzero(is_in)
        return UniqueRows(
            [self.state_vectors[place] for place in places.tolist()],
            self._keys[places],
            self._partitions[places],
            hashes=self._hashes[places],
        )


def make_unique(found: Mapping[int, Sequence[StateVector]]) -> UniqueRows:
    """Return the state vectors of all partitions, each once: of several with one key the first.

    Sorted, because insertion in the order of the index is a third faster.
    """
    in_order = sorted(found)
    came = list(chain.from_iterable(found[partition] for partition in in_order))
    keys = _number(list(map(_icao24_of, came)), list(map(_last_contact_of, came)))
    partitions = np.repeat(
        np.array(in_order, np.int64), [len(found[partition]) for partition in in_order]
    )
    places = np.argsort(keys, kind="stable")
    keys = keys[places]
    is_first = np.diff(keys, prepend=-1) > 0
    places = places[is_first]
    state_vectors = [came[place] for place in places.tolist()]
    encoded = encode_rows(state_vectors)
    return UniqueRows(
        state_vectors,
        keys[is_first],
        partitions[places],
        encoded,
        None if encoded is None else encoded.hashes,
    )


def to_rows(state_vectors: Sequence[StateVector]) -> list[Row]:
    """Turn state vectors into rows of the table; the connection takes times as Unix seconds."""
    return [astuple(state_vector) for state_vector in state_vectors]


def _number(icao24s: Sequence[str], last_contacts: Sequence[int]) -> Keys:
    digits = "00".join(["", *icao24s])  # eight of each
    addresses = np.frombuffer(bytes.fromhex(digits), ">u4").astype(np.int64)
    return addresses << _BITS | np.array(last_contacts, np.int64)
