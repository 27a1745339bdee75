"""Gather state vectors into turns in which no aircraft comes twice, so that none covers another."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter

import msgspec

from telemetry.state_vector import StateVector

MAX_SPAN_SECONDS = 10
"""Of event time; whoever falls silent is removed no later than that."""

TURN_SECONDS = 0.1
"""Between two turns, so that a fast replay has not more of them than anybody can see."""

ENOUGH = 5_000
"""State vectors in a turn, unless more were heard in one second: what is written at once keeps
all other viewers waiting."""


class Group(msgspec.Struct, frozen=True):
    """What is told at once.

    Attributes:
        since: The second of the first,
        until: and the one after the last: groups end between two seconds (Unix).
    """

    since: int
    until: int
    state_vectors: list[StateVector]


class Grouping:
    """Takes state vectors in order of last_contact, in pages that may be cut anywhere."""

    def __init__(self, span_seconds: int = 1) -> None:
        self._span_seconds = span_seconds
        self._second: list[StateVector] = []
        self._gathered: list[StateVector] = []
        self._names: set[str] = set()

    def add(self, state_vectors: Iterable[StateVector]) -> Iterator[Group]:
        """Yield the groups that are complete."""
        for last_contact, found in groupby(state_vectors, key=attrgetter("last_contact")):
            if self._second and self._second[0].last_contact != last_contact:
                yield from self._close_second()
            self._second += found

    def end(self) -> Iterator[Group]:
        """Yield what is left."""
        yield from self._close_second()
        yield from self._close()

    def _close_second(self) -> Iterator[Group]:
        second, self._second = self._second, []
        names = {state.icao24 for state in second}
        if second and self._gathered and not self._fits(second, names):
            yield from self._close()
        self._gathered += second
        self._names |= names

    def _fits(self, second: list[StateVector], names: set[str]) -> bool:
        return (
            second[0].last_contact < self._gathered[0].last_contact + self._span_seconds
            and len(second) + len(self._gathered) <= ENOUGH
            and self._names.isdisjoint(names)
        )

    def _close(self) -> Iterator[Group]:
        found, self._gathered, self._names = self._gathered, [], set()
        if found:
            yield Group(found[0].last_contact, found[-1].last_contact + 1, found)


def span_of(speed: float | None) -> int:
    """Return how many seconds of event time go into one turn."""
    if speed is None:
        return MAX_SPAN_SECONDS
    return min(MAX_SPAN_SECONDS, max(1, int(speed * TURN_SECONDS)))
