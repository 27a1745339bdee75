"""What was published last of each aircraft, so that nothing is published twice."""

import hashlib
import math
from collections.abc import Iterable, Sequence
from typing import TypeVar

from collector.answer import RejectedRow
from telemetry.state_vector import StateVector

FORGET_AFTER_SECONDS = 3_600
"""OpenSky repeats a silent aircraft for about 315 s; an hour is as far back as its history goes."""


Key = TypeVar("Key")


class Published:
    """The last contact of each aircraft that was handed to Kafka, and that Kafka has acknowledged.

    The two differ while messages are under way, and when they fail: then the acknowledged one
    counts again and the next poll publishes what Kafka did not take.
    """

    def __init__(self) -> None:
        self._handed: dict[str, int] = {}
        self._acknowledged: dict[str, int] = {}
        self._rejected: dict[bytes, int] = {}

    def __len__(self) -> int:
        return len(self._handed)

    def seed(self, last_contacts: dict[str, int]) -> None:
        """Begin with what an earlier process has published."""
        self._handed = dict(last_contacts)
        self._acknowledged = dict(last_contacts)

    def copy(self) -> "Published":
        """Return what is known now, which later polls do not change."""
        other = Published()
        other.seed(self._handed)
        return other

    def take_new(self, state_vectors: Iterable[StateVector]) -> list[StateVector]:
        """Return those with a later contact than published, and remember them as handed over."""
        handed, new = self._handed, []
        for state_vector in _in_order(state_vectors):
            icao24, last_contact = state_vector.icao24, state_vector.last_contact
            if last_contact > handed.get(icao24, 0):
                handed[icao24] = last_contact
                new.append(state_vector)
        return new

    def take_new_rejected(self, rows: Iterable[RejectedRow], now: int) -> list[RejectedRow]:
        """Return those not seen before; OpenSky repeats bad rows for minutes too."""
        new = []
        for row in rows:
            digest = hashlib.blake2b(row.raw, digest_size=16).digest()
            if digest not in self._rejected:
                new.append(row)
            self._rejected[digest] = max(now, self._rejected.get(digest, now))
        return new

    def are_all_older(self, state_vectors: Sequence[StateVector]) -> bool:
        """Whether there are some, and each is older than what is published of its aircraft."""
        handed = self._handed
        return bool(state_vectors) and all(
            each.last_contact < handed.get(each.icao24, 0) for each in state_vectors
        )

    def forget_later_than(self, latest: float) -> int:
        """Forget contacts of the future, which would hide all that is to come; return how many."""
        _keep_between(self._acknowledged, latest=latest)
        return _keep_between(self._handed, latest=latest)

    def remember(self, state_vectors: Iterable[StateVector]) -> None:
        """Add contacts that the back-fill has published."""
        for each in state_vectors:
            if each.last_contact > self._handed.get(each.icao24, 0):
                self._handed[each.icao24] = each.last_contact

    def settle(self, state_vectors: Iterable[StateVector], *, is_delivered: bool) -> None:
        """Record Kafka's delivery reports on the messages of these state vectors."""
        if not is_delivered:
            for each in state_vectors:
                if self._handed.get(each.icao24) == each.last_contact:
                    self._restore(each.icao24)
            return
        acknowledged = self._acknowledged
        for each in state_vectors:
            if each.last_contact > acknowledged.get(each.icao24, 0):
                acknowledged[each.icao24] = each.last_contact

    def prune(self, now: int) -> None:
        """Forget aircraft that have been silent for so long that OpenSky no longer shows them."""
        oldest = now - FORGET_AFTER_SECONDS
        _keep_between(self._handed, oldest=oldest)
        _keep_between(self._acknowledged, oldest=oldest)
        _keep_between(self._rejected, oldest=oldest)

    def _restore(self, icao24: str) -> None:
        if icao24 in self._acknowledged:
            self._handed[icao24] = self._acknowledged[icao24]
        else:
            del self._handed[icao24]


def _in_order(state_vectors: Iterable[StateVector]) -> list[StateVector]:
    """Return them by time if an aircraft is there twice: an answer's rows have no order."""
    rows = list(state_vectors)
    if len({each.icao24 for each in rows}) < len(rows):
        rows.sort(key=lambda each: each.last_contact)
    return rows


def _keep_between(
    memory: dict[Key, int], *, oldest: float = -math.inf, latest: float = math.inf
) -> int:
    """Forget what has a time before or after these; return how many."""
    forgotten = [key for key, time in memory.items() if not oldest <= time <= latest]
    for key in forgotten:
        del memory[key]
    return len(forgotten)
