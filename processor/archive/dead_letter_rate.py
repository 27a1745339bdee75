"""Count rows as they are read, and stop the batch when too many are set aside."""

from collections.abc import Iterable

from processor.archive.breaker import Breaker
from processor.archive.clock_doubt import ClockDoubt
from processor.archive.dead_letter import DeadLetter


class DeadLetterRate:
    """Counts rows for the breaker and the clocks; an error that it raises ends the batch.

    Args:
        breaker: Counts rows that are no state vectors.
        times: Counts rows whose time cannot be true; None if all times are trusted.
    """

    def __init__(self, breaker: Breaker, times: ClockDoubt | None) -> None:
        self._breaker = breaker
        self._times = times

    def count(self, outcomes: Iterable[int | DeadLetter]) -> None:
        """Count what `Batch.add_all` yields: numbers of rows to be stored, and dead letters.

        Raises:
            PoisonedLogError: Too many rows are no state vectors.
            ClockDoubtError: Too many have times that cannot be true.
        """
        for outcome in outcomes:
            if isinstance(outcome, DeadLetter):
                self._count_dead(outcome)
            else:
                self._count_timely(outcome)

    def _count_timely(self, n_rows: int) -> None:
        if n_rows:
            self._breaker.record_read(n_rows)
            if self._times is not None:
                self._times.record_timely()

    def _count_dead(self, dead_letter: DeadLetter) -> None:
        if dead_letter.untimely is None:
            self._breaker.record_malformed(dead_letter.reason)
            return
        self._breaker.record_read()
        if self._times is not None:
            self._times.record_untimely(dead_letter)
