"""Whether an answer's `time` can be right, by two other clocks: the host's and the HTTP `Date`."""

from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from collector.errors import HistoryNotGrantedError, ImplausibleTimeError

MAX_AHEAD_SECONDS = 300.0
"""Clocks that are kept by hand differ by minutes; OpenSky's answers are never from the future."""

MAX_BEHIND_SECONDS = 3_600.0
"""An answer may be stale for a while and its rows are still true; OpenSky's history is an hour."""

MAX_LATER_SECONDS = 30
"""OpenSky rounds a past moment to its grid of 5 or 10 seconds; older state vectors are no harm."""

_MAX_AGE_DIGITS = 6


class ClockReadings(NamedTuple):
    """Three clocks at the arrival of one answer, in Unix seconds."""

    host: float
    http_date: float | None
    """None if the server sent no `Date` that can be read."""
    answer: int

    def now(self) -> float | None:
        """Return the moment of arrival by the nearest clock that agrees with the answer's.

        The answer's time is the third clock, so two of three decide. None if it stands alone.
        """
        witnesses = [each for each in (self.http_date, self.host) if each is not None]
        nearest = min(witnesses, key=lambda witness: abs(witness - self.answer))
        is_agreed = -MAX_AHEAD_SECONDS <= nearest - self.answer <= MAX_BEHIND_SECONDS
        return nearest if is_agreed else None


def check_live(readings: ClockReadings) -> float:
    """Return the moment of arrival by a clock that agrees with the answer's time.

    Raises:
        ImplausibleTimeError: No other clock agrees with it.
    """
    now = readings.now()
    if now is None:
        raise ImplausibleTimeError(
            "neither the host's clock nor the HTTP Date agrees with the answer's time (at most "
            f"{MAX_AHEAD_SECONDS:g} s later or {MAX_BEHIND_SECONDS:g} s earlier): nothing of it is "
            "published; if it is the host's clock that is wrong, synchronise it (NTP)",
            answer_time=readings.answer,
            host=round(readings.host),
            http_date=readings.http_date,
        )
    return now


def check_past(answer_time: int, requested_time: int) -> None:
    """Check that an answer is of the past moment that was requested.

    Raises:
        HistoryNotGrantedError: It is of another moment.
    """
    if not -MAX_BEHIND_SECONDS <= answer_time - requested_time <= MAX_LATER_SECONDS:
        raise HistoryNotGrantedError(
            f"time={requested_time} was requested and the answer is of {answer_time}: OpenSky "
            "ignores `time` for clients without access to its history"
        )


def http_date(headers: Mapping[str, str]) -> float | None:
    """Return the server's clock as Unix seconds: `Date`, and `Age` if a cache kept the answer."""
    date = parse_http_date(headers.get("Date", ""))
    age = headers.get("Age", "").strip()
    if date is not None and age.isascii() and age.isdecimal():
        date += int(age[:_MAX_AGE_DIGITS])
    return date


def parse_http_date(text: str) -> float | None:
    """Return the Unix seconds of an HTTP date; None if it is none."""
    try:
        date = parsedate_to_datetime(text)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
