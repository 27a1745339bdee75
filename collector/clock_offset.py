"""Measures the host's clock against OpenSky's, and warns when it is wrong or answers are old."""

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
        self._host = _Condition(
            clock,
            "host_clock_wrong",
            "synchronise this host's clock (NTP); until then ages, expiry and retention may be "
            "wrong on this host. The collector itself uses OpenSky's clock",
        )
        self._answers = _Condition(
            clock,
            "answers_old",
            "OpenSky answers with old state vectors; aircraft that are older than "
            "live.expiry_seconds leave the map",
        )

    def observe(self, clocks: ClockReadings) -> None:
        """Show and judge the clocks at one live answer."""
        self._gauge.labels("answer_time").set(clocks.host - clocks.answer)
        if clocks.http_date is not None:
            self._gauge.labels("http_date").set(clocks.host - clocks.http_date)
        wrong = host_error(clocks)
        self._host.show(wrong, clocks)
        now = clocks.now()
        is_old = wrong is None and now is not None and now - clocks.answer > MAX_ANSWER_AGE_SECONDS
        self._answers.show(now - clocks.answer if is_old and now is not None else None, clocks)


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


class _Condition:
    """A state that is worth a warning, and how many seconds it amounts to."""

    def __init__(self, clock: Clock, event: str, hint: str) -> None:
        self._clock = clock
        self._event, self._end = event, f"{event}_no_more"
        self._hint = hint
        self._logged: tuple[float, float] | None = None

    def show(self, seconds: float | None, clocks: ClockReadings) -> None:
        """Log the state if it is new, has changed or lasts; None means that it is over."""
        if seconds is None:
            if self._logged is not None:
                log.info(self._end, seconds_before=round(self._logged[0]))
            self._logged = None
            return
        now = self._clock.monotonic()
        if self._logged is not None:
            before, at = self._logged
            if abs(seconds - before) <= MAX_OFFSET_SECONDS and now - at < REPEAT_SECONDS:
                return
        self._logged = seconds, now
        log.warning(
            self._event,
            seconds=round(seconds),
            host=round(clocks.host),
            http_date=clocks.http_date,
            answer_time=clocks.answer,
            hint=self._hint,
        )
