"""Judge whether the time of a state vector can be true, by every clock that is trusted."""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from processor.message import AFTER_ANSWER_SECONDS, FUTURE_SECONDS

DAY_SECONDS = 86_400

MARGIN_SECONDS = DAY_SECONDS
"""Retention drops whole days, so up to a day more than it says is kept."""

Clock = Callable[[], float | None]
"""Returns Unix seconds; None while it is not known."""

Reason = Literal["future", "past", "after_answer"]


class Untimely(NamedTuple):
    """What is wrong with the time of a message.

    Attributes:
        text: The same in words, with the values.
        is_clock_doubted: Whether the message was published at such a time too. Then the publisher
            and the data agree, and it may be the clocks here that are wrong.
    """

    reason: Reason
    text: str
    is_clock_doubted: bool


class TimeBounds(NamedTuple):
    """Between which times `last_contact` may lie at the moment (Unix seconds)."""

    earliest: float
    latest: float

    def judge(
        self, last_contact: int, poll_time: int | None, published_at: int | None
    ) -> Untimely | None:
        """Return what is wrong with the time of a state vector, None if nothing is.

        Args:
            last_contact: Its own.
            poll_time: Of the answer that it came with; None where it is not known.
            published_at: Kafka's timestamp; None where there is none.
        """
        if last_contact > self.latest:
            doubted = published_at is not None and published_at > self.latest
            text = f"last_contact {_moment(last_contact)} is later than {_moment(self.latest)}, "
            return Untimely("future", f"{text}which no clock here has reached", doubted)
        if last_contact < self.earliest and not _is_before(published_at, self.earliest):
            text = f"last_contact {_moment(last_contact)} is before {_moment(self.earliest)}: "
            return Untimely(
                "past", f"{text}retention would drop it at once", is_clock_doubted=False
            )
        if poll_time is not None and last_contact > poll_time + AFTER_ANSWER_SECONDS:
            text = f"last_contact {_moment(last_contact)} is later than its answer of "
            return Untimely("after_answer", f"{text}{_moment(poll_time)}", is_clock_doubted=False)
        return None


class TimeWindow:
    """Takes the latest of all clocks for the future and the earliest for the past.

    So one clock that is wrong sets nothing aside.

    Args:
        clocks: At least one that is always known.
        retention_days: How long state vectors are kept; 0 is for ever, and there is no past then.
    """

    def __init__(self, clocks: Sequence[Clock], *, retention_days: int) -> None:
        self._clocks = clocks
        self._retention_days = retention_days

    def bounds(self) -> TimeBounds:
        """Return the bounds of this moment; good for as long as messages are at hand."""
        known = [now for clock in self._clocks if (now := clock()) is not None]
        kept_seconds = self._retention_days * DAY_SECONDS + MARGIN_SECONDS
        earliest = min(known) - kept_seconds if self._retention_days else 0.0
        return TimeBounds(earliest, max(known) + FUTURE_SECONDS)


def _is_before(published_at: int | None, earliest: float) -> bool:
    """Whether a message waited in the log for so long; it was not wrong when it came."""
    return published_at is not None and published_at < earliest


def _moment(unix_seconds: float) -> str:
    moment = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=int(unix_seconds))
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
