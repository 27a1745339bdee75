"""Report how far this host's clock and the time of the data differ, once it matters."""

import structlog

from processor.live.metrics import LiveMetrics

log = structlog.get_logger()

TROUBLE_SECONDS = 60
"""Difference from which it is reported: OpenSky's answers are some seconds old, and polls up to a
minute and a half apart."""

REPEAT_SECONDS = 600
"""Time after which a lasting difference is logged again."""

CHANGE_SECONDS = 30
"""Change of a difference at which it is logged again at once."""


class ClockReport:
    """Keeps the gauge, the log event and the reason for `/ready` consistent.

    Attributes:
        trouble: The difference with its remedy; None while the clocks agree.
    """

    def __init__(self, metrics: LiveMetrics) -> None:
        self._metrics = metrics
        self._logged: float | None = None
        self._logged_at = 0.0
        self.trouble: str | None = None

    def observe(self, offset_seconds: float | None, monotonic: float) -> None:
        """Report the difference; called at each tick.

        Args:
            offset_seconds: How far the host's clock is ahead of the data; None while
                that is unknown.
            monotonic: The monotonic clock (seconds).
        """
        if offset_seconds is None:
            return
        self._metrics.clock_offset.set(round(offset_seconds, 3))
        if abs(offset_seconds) < TROUBLE_SECONDS:
            self._end_trouble()
            return
        self.trouble = _describe(offset_seconds)
        if self._is_due(offset_seconds, monotonic):
            self._logged, self._logged_at = offset_seconds, monotonic
            log.warning("clocks_differ", offset_seconds=round(offset_seconds), remedy=self.trouble)

    def _is_due(self, offset_seconds: float, monotonic: float) -> bool:
        return (
            self._logged is None
            or abs(offset_seconds - self._logged) > CHANGE_SECONDS
            or monotonic - self._logged_at >= REPEAT_SECONDS
        )

    def _end_trouble(self) -> None:
        if self.trouble is not None:
            log.info("clocks_agree")
            self.trouble = self._logged = None


def _describe(offset_seconds: float) -> str:
    direction, other = (
        ("ahead of", ", or check whether OpenSky's answers are late")
        if offset_seconds > 0
        else ("behind", "")
    )
    return (
        f"this host's clock is {abs(offset_seconds):.0f} s {direction} the time of the data: "
        f"set it by NTP{other}; aircraft expire by the time of the data"
    )
