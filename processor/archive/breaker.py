"""Stop the archive when too many messages are malformed to be chance."""

from processor.errors import PoisonedLogError

WINDOW_MESSAGES = 10_000
"""Messages that the ratio is computed over: about one poll of the whole globe."""

MIN_MESSAGES = 1_000
"""Messages from which on the ratio counts; among fewer a few malformed ones prove nothing."""


class Breaker:
    """Counts malformed messages, in a row and as a share of the last ten thousand or so."""

    def __init__(self, *, max_consecutive: int, max_ratio: float) -> None:
        self._max_consecutive = max_consecutive
        self._max_ratio = max_ratio
        self._consecutive = 0
        self._messages = 0
        self._malformed = 0

    def record_read(self, n_messages: int = 1) -> None:
        """Count messages that hold a state vector."""
        self._consecutive = 0
        self._messages += n_messages
        if self._messages >= WINDOW_MESSAGES:
            # Older messages count half as much, and half again after the next window.
            self._messages //= 2
            self._malformed //= 2

    def record_malformed(self, reason: str) -> None:
        """Count a message that holds no state vector.

        Raises:
            PoisonedLogError: A limit is reached; the batch must not be stored.
        """
        self._messages += 1
        self._malformed += 1
        self._consecutive += 1
        is_over_ratio = (
            self._messages >= MIN_MESSAGES and self._malformed > self._max_ratio * self._messages
        )
        if self._consecutive >= self._max_consecutive or is_over_ratio:
            raise PoisonedLogError(
                f"{self._malformed} of the last {self._messages} messages are malformed, "
                f"{self._consecutive} in a row; the last one: {reason}. Nothing of this batch is "
                "stored. Repair the producer or the decoder, or, if they are right, raise "
                "archive.max_invalid_consecutive and archive.max_invalid_ratio"
            )
