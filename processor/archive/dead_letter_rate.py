"""Count messages as they are read, and stop the batch when too many are set aside."""

from processor.archive.batch import DeadLetter
from processor.archive.breaker import Breaker
from processor.archive.clock_doubt import ClockDoubt


class DeadLetterRate:
    """Counts messages for the breaker and the clocks; an error that it raises ends the batch.

    Args:
        breaker: Counts messages that hold no state vector.
        times: Counts messages whose time cannot be true; None if all times are trusted.
    """

    def __init__(self, breaker: Breaker, times: ClockDoubt | None) -> None:
        self._breaker = breaker
        self._times = times

    def count_timely(self, n_messages: int) -> None:
        """Count messages in a row whose state vectors are to be stored."""
        if n_messages:
            self._breaker.record_read(n_messages)
            if self._times is not None:
                self._times.record_timely()

    def count_dead(self, dead_letter: DeadLetter) -> None:
        """Count a message that is set aside.

        Raises:
            PoisonedLogError: Too many hold no state vector.
            ClockDoubtError: Too many have times that cannot be true.
        """
        if dead_letter.untimely is None:
            self._breaker.record_malformed(dead_letter.reason)
            return
        self._breaker.record_read()
        if self._times is not None:
            self._times.record_untimely(dead_letter)
