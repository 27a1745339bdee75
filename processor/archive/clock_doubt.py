"""Wait, instead of setting messages aside, while the clocks here may be wrong."""

import time

import structlog

from processor.archive.batch import Batch
from processor.archive.dead_letter import DeadLetter
from processor.archive.metrics import ArchiveMetrics
from processor.archive.time_window import TimeBounds, TimeWindow
from processor.errors import ClockDoubtError

log = structlog.get_logger()

MAX_IN_A_ROW = 20_000
"""Rows in succession with a wrong time, beyond which the archive waits. It is more than the rows of
the largest answer, so one wrong answer is set aside and a second one makes the archive wait."""

LOG_SECONDS = 60
"""Least time between two log lines about messages set aside, and between two about one doubt."""


class ClockDoubt:
    """Counts messages whose times cannot be true; one instance serves all starts of the consumer.

    Attributes:
        trouble: Why nothing is stored, with the remedy; None while the clocks are trusted.
    """

    def __init__(self, window: TimeWindow, metrics: ArchiveMetrics) -> None:
        self._window = window
        self._metrics = metrics
        self._in_a_row = 0
        self._log_at = self._log_doubt_at = 0.0
        self.trouble: str | None = None

    def bounds(self) -> TimeBounds:
        """Return the bounds for messages that are read at this moment."""
        return self._window.bounds()

    def record_timely(self) -> None:
        """Count rows whose times can be true."""
        self._in_a_row = 0

    def record_untimely(self, letter: DeadLetter) -> None:
        """Count a row that is set aside because of its time.

        Raises:
            ClockDoubtError: There are too many in a row; the batch must not be stored.
        """
        self._in_a_row += 1
        self._metrics.untimely.labels(letter.untimely).inc()
        if self._in_a_row > MAX_IN_A_ROW:
            self._doubt(
                f"more than {MAX_IN_A_ROW:,} rows in succession have times such as this one"
            )
        if not letter.is_clock_doubted and time.monotonic() >= self._log_at:
            self._log_at = time.monotonic() + LOG_SECONDS
            log.warning("set_aside_for_its_time", reason=letter.reason, offset=letter.offset)

    def check(self, batch: Batch) -> None:
        """Judge a batch before it is stored.

        Raises:
            ClockDoubtError: Most of its messages, and their publication times, lie in the future
                of every clock here.
        """
        doubtful = [letter for letter in batch.dead_letters() if letter.is_clock_doubted]
        if 2 * len(doubtful) > batch.n_rows:
            self._doubt(
                f"{len(doubtful)} of {batch.n_rows} rows, and their publication, lie in the "
                f"future; the last one: {doubtful[-1].reason}"
            )
        if batch.n_in:
            self.trouble = None

    def _doubt(self, finding: str) -> None:
        self.trouble = (
            f"{finding}. Nothing is stored until the clocks agree, and nothing is lost while Kafka "
            "keeps it: set the clocks of this host and of the database by NTP, or, if they are "
            "right, end the producer and delete its messages from the topic"
        )
        if time.monotonic() >= self._log_doubt_at:
            self._log_doubt_at = time.monotonic() + LOG_SECONDS
            log.warning("clocks_doubted", reason=self.trouble)
        raise ClockDoubtError(self.trouble)
