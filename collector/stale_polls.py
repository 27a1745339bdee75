"""Warns when several polls in a row bring only rows that are older than what is published."""

import structlog

POLLS_TO_SUSPECT = 5
"""OpenSky's servers differ a little, so an answer may go back in time for a poll or two."""

log = structlog.stdlib.get_logger()


class StalePolls:
    """Counts polls of one source whose rows are all older than what is published."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._polls = 0

    def note(self, *, is_all_older: bool, rows: int, time: int) -> None:
        """Count one poll. The warning comes once, until a poll brings a newer row."""
        self._polls = self._polls + 1 if is_all_older else 0
        if self._polls == POLLS_TO_SUSPECT:
            log.warning(
                "nothing_new_for_polls",
                source=self._source,
                polls=self._polls,
                rows=rows,
                time=time,
                reason="each row is older than the last contact that is published of its aircraft",
                hint="compare the clocks by flightmonitor_collector_clock_offset_seconds; newer "
                "times on the topic come from another producer, or from a time when a clock was "
                "wrong",
            )
