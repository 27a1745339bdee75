"""The moments of an outage that are asked for afterwards, oldest first."""

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from collector.published import Published
from collector.settings import Area
from telemetry.state_vector import StateVector

HISTORY_SECONDS = 3_600
"""OpenSky answers 400 for anything older."""

MARGIN_SECONDS = 30
"""Between asking and answering time passes, and the clocks differ a little."""

MAX_REFUSALS = 2
"""One answer of another moment, or one 400, may be chance; two mean that history is not granted."""


class Moment(NamedTuple):
    """One request to be made: the past second and the area, None for the globe."""

    time: int
    area: Area | None


def moments_between(after: int, until: int, step_seconds: float, area: Area | None) -> list[Moment]:
    """Return the moments strictly between two answers, evenly spaced at about the step."""
    count = int((until - after) / step_seconds)
    spacing = (until - after) / max(count, 1)
    return [Moment(round(after + spacing * number), area) for number in range(1, count)]


class BackFill:
    """What one outage left to be asked, and what of the answers is new.

    New is measured against `before`, what was published before the outage: the live polls after it
    have already published later contacts, which would hide everything that is filled in.
    """

    def __init__(self, *, moments: Iterable[Moment], before: Published) -> None:
        self._moments = deque(sorted(moments, key=lambda moment: moment.time))
        self._before = before
        self._until = self._moments[-1].time if self._moments else 0
        self._live: set[tuple[str, int]] = set()
        self._refusals = 0

    def __len__(self) -> int:
        return len(self._moments)

    def pop(self, opensky_now: float) -> Moment | None:
        """Return the oldest moment that OpenSky still answers; None when none is left."""
        oldest = opensky_now - HISTORY_SECONDS + MARGIN_SECONDS
        while self._moments:
            moment = self._moments.popleft()
            if moment.time > oldest:
                return moment
        return None

    def note_granted(self) -> None:
        """Take in that OpenSky has answered a moment."""
        self._refusals = 0

    def note_refused(self) -> bool:
        """Take in that OpenSky has refused a moment; return whether it is useless to go on."""
        self._refusals += 1
        return self._refusals >= MAX_REFUSALS

    def push_back(self, moment: Moment) -> None:
        """Ask for this moment once more, because its answer or its messages failed."""
        if moment not in self._moments:
            self._moments.appendleft(moment)

    def note_live(self, state_vectors: Iterable[StateVector]) -> None:
        """Remember what live polls publish meanwhile, as far as a past answer can hold it too."""
        self._live.update(
            (each.icao24, each.last_contact)
            for each in state_vectors
            if each.last_contact <= self._until
        )

    def take_new(self, state_vectors: Iterable[StateVector]) -> list[StateVector]:
        """Return what neither the time before the outage nor a live poll has published."""
        return [
            each
            for each in self._before.take_new(state_vectors)
            if (each.icao24, each.last_contact) not in self._live
        ]

    def settle(self, icao24: str, last_contact: int, *, is_delivered: bool) -> None:
        """Take Kafka's report on one message."""
        self._before.settle(icao24, last_contact, is_delivered=is_delivered)
