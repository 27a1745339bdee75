"""Measures the host's clock against OpenSky's, and warns when it is wrong or answers are old."""

from typing import Literal

import structlog

from collector.answer_time import ClockReadings
from collector.clock import Clock
from collector.metrics import Metrics

MAX_OFFSET_SECONDS = 30.0
"""Beyond, ages on the map are visibly wrong; NTP keeps clocks within a fraction of a second."""

MAX_ANSWER_AGE_SECONDS = 300.0
"""From here on aircraft leave the live state although OpenSky answers (live.expiry_seconds)."""

REPEAT_SECONDS = 600.0

log = structlog.stdlib.get_logger()


class ClockOffset:
    """Compares the clocks at each live answer; warnings are repeated each REPEAT_SECONDS."""

    def __init__(self, *, metrics: Metrics, clock: Clock) -> None:
        self._gauge = metrics.clock_offset_seconds
        self._host = _Condition(clock)
        self._answers = _Condition(clock)

    def observe(self, clocks: ClockReadings) -> None:
        """Show and judge the clocks at one live answer."""
        self._gauge.labels("answer_time").set(clocks.host - clocks.answer)
        if clocks.http_date is not None:
            self._gauge.labels("http_date").set(clocks.host - clocks.http_date)
        wrong = host_error(clocks)
        self._observe_host(wrong, clocks)
        now = clocks.now()
        is_old = wrong is None and now is not None and now - clocks.answer > MAX_ANSWER_AGE_SECONDS
        self._observe_age(now - clocks.answer if is_old and now is not None else None, clocks)

    def _observe_host(self, seconds: float | None, clocks: ClockReadings) -> None:
        before = self._host.seconds
        match self._host.observe(seconds):
            case None:
                pass
            case "news":
                log.warning(
                    "host_clock_wrong",
                    **_readings(seconds, clocks),
                    hint="synchronise this host's clock (NTP); until then ages, expiry and "
                    "retention may be wrong on this host. The collector itself uses OpenSky's "
                    "clock",
                )
            case "over":
                log.info("host_clock_right", seconds_before=round(before or 0))

    def _observe_age(self, seconds: float | None, clocks: ClockReadings) -> None:
        before = self._answers.seconds
        match self._answers.observe(seconds):
            case None:
                pass
            case "news":
                log.warning(
                    "answers_old",
                    **_readings(seconds, clocks),
                    hint="OpenSky answers with old state vectors; aircraft that are older than "
                    "live.expiry_seconds leave the map",
                )
            case "over":
                log.info("answers_current", seconds_before=round(before or 0))


def host_error(clocks: ClockReadings) -> float | None:
    """Return by how many seconds the host's clock is ahead; None while nothing says it is wrong.

    The HTTP `Date` is the witness. Where the answer's time agrees with the host's clock, it is the
    `Date` that is wrong. Without a `Date` an old answer is no proof, one from the future is.
    """
    by_answer = clocks.host - clocks.answer
    if clocks.http_date is None:
        return by_answer if by_answer < -MAX_OFFSET_SECONDS else None
    by_date = clocks.host - clocks.http_date
    if abs(by_date) <= MAX_OFFSET_SECONDS or abs(by_answer) <= MAX_OFFSET_SECONDS:
        return None
    return by_date


def _readings(seconds: float | None, clocks: ClockReadings) -> dict[str, float | None]:
    return {
        "seconds": round(seconds or 0),
        "host": round(clocks.host),
        "http_date": clocks.http_date,
        "answer_time": clocks.answer,
    }


class _Condition:
    """A state that is worth a warning.

    Attributes:
        seconds: What it amounted to when it was logged last; None while there is none.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._logged_at = 0.0
        self.seconds: float | None = None

    def observe(self, seconds: float | None) -> Literal["news", "over"] | None:
        """Return what is to be logged: that the state is new, has changed or lasts, or is over.

        Args:
            seconds: What the state amounts to; None while there is none.
        """
        before, self.seconds = self.seconds, seconds
        if seconds is None:
            return None if before is None else "over"
        now = self._clock.monotonic()
        is_like_before = before is not None and abs(seconds - before) <= MAX_OFFSET_SECONDS
        if is_like_before and now - self._logged_at < REPEAT_SECONDS:
            self.seconds = before
            return None
        self._logged_at = now
        return "news"
