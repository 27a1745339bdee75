"""Stop before everything is set aside: when too many messages are malformed to be chance."""

from collections import deque

from processor.errors import PoisonedLogError

WINDOW_MESSAGES = 10_000
"""What the ratio looks back on: about one poll of the globe."""

MIN_MESSAGES = 1_000
"""Fewer than these say nothing about a ratio."""


class Breaker:
    """Counts malformed messages, in a row and as a share of the last ten thousand."""

    def __init__(self, *, max_consecutive: int, max_ratio: float) -> None:
        self._max_consecutive = max_consecutive
        self._max_ratio = max_ratio
        self._consecutive = 0
        self._recent: deque[bool] = deque(maxlen=WINDOW_MESSAGES)
        self._malformed = 0

    def record(self, *, is_malformed: bool, reason: str = "") -> None:
        """Count one message.

        Raises:
            PoisonedLogError: When a limit is reached; the batch must not be stored.
        """
        if len(self._recent) == WINDOW_MESSAGES:
            self._malformed -= self._recent[0]
        self._recent.append(is_malformed)
        self._malformed += is_malformed
        self._consecutive = self._consecutive + 1 if is_malformed else 0
        if is_malformed and (self._consecutive >= self._max_consecutive or self._is_over_ratio()):
            raise PoisonedLogError(
                f"{self._malformed} of the last {len(self._recent)} messages are malformed, "
                f"{self._consecutive} in a row; the last one: {reason}. Nothing of this batch is "
                "stored. Mend the producer or the decoder, or, if they are right, raise "
                "archive.max_invalid_consecutive and archive.max_invalid_ratio"
            )

    def _is_over_ratio(self) -> bool:
        return len(self._recent) >= MIN_MESSAGES and self._malformed > self._max_ratio * len(
            self._recent
        )
