"""The past moments of one outage that are still to be requested, oldest first."""

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from collector.published import Published
from collector.settings import Area
from telemetry.state_vector import StateVector

HISTORY_SECONDS = 3_600
"""OpenSky answers 400 to requests for moments that are older than this."""

MARGIN_SECONDS = 30
"""Allowance for the duration of a request and for the difference of clocks."""

MAX_REFUSALS = 2
"""Refusals in a row after which an outage is given up. One 400, or one answer of another moment,
may be chance; two mean that OpenSky does not grant the account its history."""


class PastMoment(NamedTuple):
    """One request to be made.

    Attributes:
        time: The past second, in Unix seconds.
        area: The box that is requested; None for the globe.
    """

    time: int
    area: Area | None


def moments_between(
    after: int, until: int, step_seconds: float, area: Area | None
) -> list[PastMoment]:
    """Return moments strictly between two answers, evenly spaced at about the step."""
    count = int((until - after) / step_seconds)
    spacing = (until - after) / max(count, 1)
    return [PastMoment(round(after + spacing * number), area) for number in range(1, count)]


class Outage:
    """The moments of one outage, and which state vectors of their answers are new.

    A state vector is new if `before`, the contacts published before the outage, lacks it. The live
    polls since then have published later contacts, beside which no filled-in one would be new.
    """

    def __init__(self, *, moments: Iterable[PastMoment], before: Published) -> None:
        self._moments = deque(sorted(moments, key=lambda moment: moment.time))
        self._before = before
        self._until = self._moments[-1].time if self._moments else 0
        self._live: set[tuple[str, int]] = set()
        self._refusals = 0

    def __len__(self) -> int:
        return len(self._moments)

    def pop(self, opensky_now: float) -> PastMoment | None:
        """Remove and return the oldest moment that OpenSky still answers; None if none is left."""
        oldest = opensky_now - HISTORY_SECONDS + MARGIN_SECONDS
        while self._moments:
            moment = self._moments.popleft()
            if moment.time > oldest:
                return moment
        return None

    def note_granted(self) -> None:
        """Record that OpenSky answered a moment."""
        self._refusals = 0

    def note_refused(self) -> bool:
        """Record that OpenSky refused a moment; return whether the outage is to be given up."""
        self._refusals += 1
        return self._refusals >= MAX_REFUSALS

    def push_back(self, moment: PastMoment) -> None:
        """Request this moment again, because its answer or its messages failed."""
        if moment not in self._moments:
            self._moments.appendleft(moment)

    def note_live(self, state_vectors: Iterable[StateVector]) -> None:
        """Record what live polls publish meanwhile, if a past answer can hold it too."""
        self._live.update(
            (each.icao24, each.last_contact)
            for each in state_vectors
            if each.last_contact <= self._until
        )

    def take_new(self, state_vectors: Iterable[StateVector]) -> list[StateVector]:
        """Return the state vectors that neither an earlier nor a live poll has published."""
        return [
            each
            for each in self._before.take_new(state_vectors)
            if (each.icao24, each.last_contact) not in self._live
        ]

    def settle(self, state_vectors: Iterable[StateVector], *, is_delivered: bool) -> None:
        """Record Kafka's delivery reports on the messages of these state vectors."""
        self._before.settle(state_vectors, is_delivered=is_delivered)
