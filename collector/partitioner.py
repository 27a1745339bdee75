"""Which partition an aircraft belongs to: the hash of Kafka's Java clients and of librdkafka."""

from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache

from telemetry.state_vector import StateVector

MAX_REMEMBERED_HASHES = 32_768
"""Bound of the hashes that are kept: more than the aircraft that OpenSky shows at its busiest."""

_MASK = 0xFFFFFFFF
_MULTIPLIER = 0x5BD1E995
_SEED = 0x9747B28C
_SHIFT = 24


def murmur2(key: bytes) -> int:
    """Return the hash that `murmur2_random` takes of a key, 0 to 2^31 - 1.

    It is `Utils.murmur2` of Apache Kafka, without the sign, as in `toPositive`.
    """
    whole = len(key) & ~3
    state = _SEED ^ len(key)
    for at in range(0, whole, 4):
        word = int.from_bytes(key[at : at + 4], "little") * _MULTIPLIER & _MASK
        word = (word ^ word >> _SHIFT) * _MULTIPLIER & _MASK
        state = state * _MULTIPLIER & _MASK ^ word
    if rest := key[whole:]:
        state = (state ^ int.from_bytes(rest, "little")) * _MULTIPLIER & _MASK
    state = (state ^ state >> 13) * _MULTIPLIER & _MASK
    return (state ^ state >> 15) & 0x7FFFFFFF


@lru_cache(MAX_REMEMBERED_HASHES)
def _hash_of(icao24: str) -> int:
    return murmur2(icao24.encode())


def by_partition(
    state_vectors: Iterable[StateVector], partitions: int
) -> dict[int, list[StateVector]]:
    """Return the state vectors of each partition, in their order.

    Args:
        state_vectors: Those of one answer.
        partitions: The number of partitions that the topic has.
    """
    found: dict[int, list[StateVector]] = defaultdict(list)
    for each in state_vectors:
        found[_hash_of(each.icao24) % partitions].append(each)
    return found
