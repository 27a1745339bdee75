"""Requests state vectors with retries, counts credits and results, and checks answers' times."""

from collections.abc import Awaitable, Callable

import structlog

from collector.answer import Answer
from collector.answer_time import check_live, check_past
from collector.clock import Clock
from collector.clock_offset import REPEAT_SECONDS, ClockOffset
from collector.credits import Governor, cost_of
from collector.errors import (
    ImplausibleTimeError,
    OpenSkyError,
    RateLimitedError,
    RefusedError,
)
from collector.metrics import Metrics
from collector.opensky import OpenSky
from collector.retry import retrying
from collector.settings import Area

log = structlog.stdlib.get_logger()


class StateRequests:
    """All requests of one poller. It also keeps OpenSky's current time."""

    def __init__(
        self,
        *,
        opensky: OpenSky,
        governor: Governor,
        metrics: Metrics,
        clock: Clock,
        max_attempts: int,
        confirm_leadership: Callable[[], Awaitable[None]],
    ) -> None:
        self._opensky = opensky
        self._governor = governor
        self._metrics = metrics
        self._clock = clock
        self._max_attempts = max_attempts
        self._confirm_leadership = confirm_leadership
        self._offset = ClockOffset(metrics=metrics, clock=clock)
        self._now = clock.now()
        self._now_at = clock.monotonic()
        self._newest_time: int | None = None
        self._refusal_logged_at: float | None = None
        metrics.watch_source_age(self.source_age)

    async def live(self, area: Area | None) -> Answer:
        """Request the current state vectors, with retries.

        Raises:
            OpenSkyError: By what the caller must do.
            FinalError: Continuing is useless.
            NotLeadingError: Another collector may lead.
        """
        return await self._request(area, None, self._max_attempts)

    async def past(self, area: Area | None, time: int) -> Answer:
        """Request the state vectors of a past second, without retries.

        Raises:
            OpenSkyError: By what the caller must do.
            FinalError: Continuing is useless.
            NotLeadingError: Another collector may lead.
        """
        return await self._request(area, time, 1)

    def now(self) -> float:
        """Return OpenSky's current Unix seconds.

        It is the clock that agreed with the newest answer, continued by the monotonic clock, so
        steps of the host's clock do not move it. Before the first answer it is the host's clock.
        """
        return self._now + self._clock.monotonic() - self._now_at

    def source_age(self) -> float:
        """Return the age of the newest answer in seconds, -1 before the first."""
        return -1.0 if self._newest_time is None else self.now() - self._newest_time

    async def _request(self, area: Area | None, time: int | None, max_attempts: int) -> Answer:
        cost = cost_of(area)

        async def attempt() -> Answer:
            await self._opensky.authorize()
            await self._confirm_leadership()
            self._governor.spent(cost)
            answer = await self._opensky.states(area, time)
            self._judge(answer, time)
            return answer

        try:
            answer = await retrying(attempt, max_attempts=max_attempts, clock=self._clock)
        except OpenSkyError as error:
            self._metrics.polls.labels(_result(error)).inc()
            if isinstance(error, ImplausibleTimeError):
                self._say_refused(error)
            if isinstance(error, RateLimitedError):
                self._governor.rate_limited(error.retry_after)
                self._metrics.credits_remaining.set(self._governor.remaining)
            raise
        # A process that was suspended meanwhile may not publish what another one has requested.
        await self._confirm_leadership()
        self._count(answer)
        return answer

    def _judge(self, answer: Answer, requested_time: int | None) -> None:
        """Refuse an answer whose time is implausible or not the requested one."""
        self._governor.answered(answer.credits_remaining)
        self._metrics.credits_remaining.set(self._governor.remaining)
        if requested_time is not None:
            check_past(answer.time, requested_time)
        elif answer.clocks is not None:
            self._offset.observe(answer.clocks)
            self._now, self._now_at = check_live(answer.clocks), self._clock.monotonic()
            self._newest_time = answer.time

    def _say_refused(self, error: ImplausibleTimeError) -> None:
        now = self._clock.monotonic()
        if self._refusal_logged_at is None or now - self._refusal_logged_at >= REPEAT_SECONDS:
            self._refusal_logged_at = now
            log.warning("answer_refused", reason=str(error), values=error.values)

    def _count(self, answer: Answer) -> None:
        self._metrics.polls.labels("ok").inc()
        self._metrics.misdated_rows.inc(answer.misdated)
        for name, count in answer.unusable_fields.items():
            self._metrics.repaired_fields.labels(name).inc(count)


def _result(error: OpenSkyError) -> str:
    if isinstance(error, RateLimitedError):
        return "rate_limited"
    if isinstance(error, ImplausibleTimeError):
        return "implausible_time"
    return "refused" if isinstance(error, RefusedError) else "transient"
