"""Judge whether the time of a state vector can be true, by several clocks."""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from processor.message import AFTER_ANSWER_SECONDS, FUTURE_SECONDS

DAY_SECONDS = 86_400

MARGIN_SECONDS = DAY_SECONDS
"""Retention drops whole days, so that up to a day more than its setting is kept."""

Clock = Callable[[], float | None]
"""Returns Unix seconds; None while the time is not known."""

Reason = Literal["future", "past", "after_answer"]


class Untimely(NamedTuple):
    """Why the time of a message cannot be true.

    Attributes:
        text: The reason as a sentence, with the values.
        is_clock_doubted: Whether the message was also published in the future. Then the publisher
            and the data agree, and the clocks here may be wrong.
    """

    reason: Reason
    text: str
    is_clock_doubted: bool


class TimeBounds(NamedTuple):
    """The times between which `last_contact` may lie at the moment (Unix seconds)."""

    earliest: float
    latest: float

    def judge(
        self, last_contact: int, poll_time: int | None, published_at: int | None
    ) -> Untimely | None:
        """Return what is wrong with the time of a state vector; None if nothing is.

        Args:
            last_contact: The time to judge.
            poll_time: Time of the answer that contained it; None if it is not known.
            published_at: Kafka's timestamp of the message; None if it has none.
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
    """Judges the future by the latest of several clocks and the past by the earliest.

    So a single wrong clock sets nothing aside.

    Args:
        clocks: At least one that is always known.
        retention_days: How long state vectors are kept; with 0, for ever, no time is too early.
    """

    def __init__(self, clocks: Sequence[Clock], *, retention_days: int) -> None:
        self._clocks = clocks
        self._retention_days = retention_days

    def bounds(self) -> TimeBounds:
        """Return the bounds at this moment, for messages that are read now."""
        known = [now for clock in self._clocks if (now := clock()) is not None]
        kept_seconds = self._retention_days * DAY_SECONDS + MARGIN_SECONDS
        earliest = min(known) - kept_seconds if self._retention_days else 0.0
        return TimeBounds(earliest, max(known) + FUTURE_SECONDS)


def _is_before(published_at: int | None, earliest: float) -> bool:
    """Whether a message has waited in the log since then; its time was right when it was sent."""
    return published_at is not None and published_at < earliest


def _moment(unix_seconds: float) -> str:
    moment = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=int(unix_seconds))
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
