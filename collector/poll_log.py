"""One log line for each answer of OpenSky, live or past."""

import structlog

from collector.answer import Answer
from collector.back_fill_plan import source_of
from collector.clock import Clock
from collector.credits import Governor
from collector.messages import Origin
from collector.metrics import Metrics
from collector.settings import Area

log = structlog.stdlib.get_logger()


class PollLog:
    """Logs and measures the answers that were published."""

    def __init__(self, *, governor: Governor, metrics: Metrics, clock: Clock) -> None:
        self._governor = governor
        self._metrics = metrics
        self._clock = clock

    def polled(self, area: Area | None, answer: Answer, *, n_new: int, started: float) -> None:
        """Log a live answer.

        Args:
            area: The box that was requested; None for the globe.
            answer: What OpenSky sent.
            n_new: How many state vectors of it were published.
            started: When the request began, in the clock's monotonic seconds.
        """
        log.info("polled", **self._measure(area, answer, n_new, started))

    def back_filled(self, area: Area | None, answer: Answer, *, n_new: int, started: float) -> None:
        """Log the answer of a past moment; see `polled`."""
        log.info("back_filled", **self._measure(area, answer, n_new, started))

    def _measure(
        self, area: Area | None, answer: Answer, n_new: int, started: float
    ) -> dict[str, object]:
        seconds = self._clock.monotonic() - started
        self._metrics.poll_seconds.observe(seconds)
        return {
            "source": source_of(area),
            "time": answer.time,
            "rows": answer.row_count,
            "new": n_new,
            "rejected": len(answer.rejected),
            "repaired": sum(answer.unusable_fields.values()),
            "credits": self._governor.remaining,
            "seconds": round(seconds, 3),
        }


def origin_of(area: Area | None, answer: Answer, traceparent: str) -> Origin:
    """Return the origin of the messages of an answer."""
    return Origin(poll_time=answer.time, source=source_of(area), traceparent=traceparent)
