"""Which moments of one source are on the topic, as Kafka's delivery reports say."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from collector.published import Published
from telemetry.state_vector import StateVector

GAP_INTERVALS = 2.5
"""State vectors are missing where no answer came for longer than this many intervals."""


@dataclass
class PolledMoment:
    """One answer whose messages were handed over, and what became of them.

    Attributes:
        time: The answer's Unix seconds.
        before: What was published before it.
        new: The state vectors that were handed over.
        outstanding: The number of state vectors that Kafka has neither taken nor refused yet.
        has_failed: Whether Kafka did not take one of them.
    """

    time: int
    before: Published
    new: list[StateVector]
    outstanding: int
    has_failed: bool = False

    def settle(self, n_rows: int, *, is_delivered: bool) -> None:
        """Record what became of so many state vectors."""
        self.outstanding -= n_rows
        self.has_failed = self.has_failed or not is_delivered


@dataclass
class Gap:
    """A span that is missing on the topic, between two moments that are there or on their way.

    Attributes:
        after: Unix seconds of the last moment before it.
        until: Unix seconds of the first moment after it.
        before: What was published before it.
        failed_time: The first answer in it that Kafka did not take; None if OpenSky gave none.
        published_since: What live polls have handed over since its end.
    """

    after: int
    until: int
    before: Published
    failed_time: int | None
    published_since: list[StateVector] = field(default_factory=list)

    def note_live(self, state_vectors: Iterable[StateVector]) -> None:
        """Remember what live polls publish until the gap is planned to be filled in."""
        self.published_since.extend(state_vectors)


class Coverage:
    """Follows the answers in their order: delivered, failed, or still on their way to Kafka.

    A moment on its way is neither covered nor missing. What follows it waits for its reports, so no
    more answers are held than the producer's queue and delivery timeout allow.
    """

    def __init__(self, until: int | None) -> None:
        """Begin with the time of the last answer on the topic, None if that is not known."""
        self._until = until
        self._moments: deque[PolledMoment] = deque()
        self._failed_run: PolledMoment | None = None
        self._gaps: list[Gap] = []

    @property
    def until(self) -> int | None:
        """The last time up to which nothing is missing, or is going to be filled in."""
        return self._until

    def begin(self, moment: PolledMoment, interval: float) -> None:
        """Add the newest answer, before its messages are handed over.

        Args:
            moment: The answer.
            interval: Seconds from one answer to the next, if all is well.
        """
        if self._until is None:
            self._until = round(moment.time - interval)
        self._follow_reports(interval)
        for gap in self._gaps:
            gap.note_live(moment.new)
        self._moments.append(moment)

    def take_gaps(self, interval: float) -> list[Gap]:
        """Return the gaps that are to be filled in now; each is returned once."""
        newest = self._moments[-1] if self._moments else None
        if newest is not None and len(self._moments) == 1:
            self._close_gap(newest, interval)
        gaps, self._gaps = self._gaps, []
        return gaps

    def _follow_reports(self, interval: float) -> None:
        while self._moments and not self._moments[0].outstanding:
            moment = self._moments.popleft()
            if moment.has_failed:
                self._failed_run = self._failed_run or moment
                continue
            self._close_gap(moment, interval)
            self._until = moment.time

    def _close_gap(self, end: PolledMoment, interval: float) -> None:
        """Note the gap before a moment, if there is one; from then on it counts as planned."""
        after, run = self._until or end.time, self._failed_run
        if run is None and end.time - after <= GAP_INTERVALS * interval:
            return
        if run is not None:
            after = min(after, round(run.time - interval))
        failed_time = run.time if run else None
        gap = Gap(after, end.time, run.before if run else end.before, failed_time)
        for moment in (end, *self._moments):
            gap.note_live(moment.new)
        self._gaps.append(gap)
        self._failed_run = None
        self._until = max(after, round(end.time - interval))
