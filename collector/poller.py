"""The poll loop: request state vectors at the governor's pace and publish the new ones."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import structlog

from collector.answer import MAX_LATER_SECONDS
from collector.back_fill import BackFill
from collector.back_fill_plan import Planner, source_of
from collector.clock import Clock
from collector.coverage import Coverage, Gap, PolledMoment
from collector.credits import GLOBE_COST, Governor, cost_of
from collector.errors import OpenSkyError, RateLimitedError
from collector.metrics import Metrics
from collector.opensky import OpenSky
from collector.poll_log import PollLog, origin_of
from collector.published import Published
from collector.publisher import Publisher
from collector.settings import Area, OpenSkySettings
from collector.stale_polls import StalePolls
from collector.state_requests import StateRequests
from configuration.tracing import NO_TRACING, Tracing
from telemetry.state_vector import StateVector

WIDEN_AFTER_FAILURES = 5
MAX_WIDENING = 8
MAX_WIDENED_SECONDS = 900.0

MAX_REASONS = 20
"""Different reasons that are logged during one outage; a text that differs each time would
otherwise fill the log."""


log = structlog.stdlib.get_logger()


@dataclass
class _Sweep:
    """What one poll of all areas brought."""

    before: Published
    new: list[StateVector] = field(default_factory=list)
    gaps: list[tuple[Area | None, Gap]] = field(default_factory=list)


class Poller:
    """Polls until the clock stops. A failing OpenSky never ends it; wrong credentials do.

    Args:
        covered: For each source, the time of the last answer that an earlier process published.
        last_published_at: When that process published last, by its own clock; None if unknown.
        confirm_leadership: Called before each request and before its answer is published; raises
            NotLeadingError if this process may do neither.
    """

    def __init__(
        self,
        *,
        settings: OpenSkySettings,
        opensky: OpenSky,
        publisher: Publisher,
        governor: Governor,
        published: Published,
        covered: dict[str, int],
        metrics: Metrics,
        clock: Clock,
        is_authenticated: bool,
        confirm_leadership: Callable[[], Awaitable[None]],
        last_published_at: float | None = None,
        tracing: Tracing = NO_TRACING,
    ) -> None:
        self._requests = StateRequests(
            opensky=opensky,
            governor=governor,
            metrics=metrics,
            clock=clock,
            max_attempts=settings.max_attempts,
            confirm_leadership=confirm_leadership,
        )
        self._publisher = publisher
        self._tracing = tracing
        self._governor = governor
        self._published = published
        self._last_published_at = last_published_at
        self._metrics = metrics
        self._clock = clock
        self._areas: tuple[Area | None, ...] = settings.areas or (None,)
        self._stale_polls = {area: StalePolls(source_of(area)) for area in self._areas}
        names = [source_of(area) for area in self._areas]
        self._coverage = {name: Coverage(covered.get(name)) for name in names}
        self._cost = sum(cost_of(area) for area in self._areas)
        self._interval = governor.even_interval(self._cost)
        self._poll_log = PollLog(governor=governor, metrics=metrics, clock=clock)
        self._back_fill = BackFill(
            requests=self._requests,
            publisher=publisher,
            published=published,
            governor=governor,
            planner=Planner(
                governor=governor,
                areas=self._areas,
                max_seconds=settings.max_back_fill_seconds if is_authenticated else 0,
            ),
            poll_log=self._poll_log,
            metrics=metrics,
            clock=clock,
            tracing=tracing,
        )
        self._failed_polls = 0
        self._reasons: set[str] = set()
        self._is_rate_limited = False
        self._is_at_reserve = False
        self._failing_since = clock.monotonic()

    async def run(self) -> None:
        """Poll until the clock stops.

        Raises:
            FinalError: Continuing is useless.
            NotLeadingError: Another collector may lead.
        """
        self._warn_of_expensive_areas()
        await self._wait_at_start()
        while not self._clock.is_stopping:
            started = self._clock.monotonic()
            await self._poll()
            next_at = self._schedule(started)
            await self._fill_back(next_at)
            await self._clock.pause(next_at - self._clock.monotonic())

    def _warn_of_expensive_areas(self) -> None:
        if self._areas != (None,) and self._cost >= GLOBE_COST:
            log.warning(
                "areas_cost_as_much_as_the_globe",
                credits_per_poll=self._cost,
                credits_of_the_globe=GLOBE_COST,
                hint="remove opensky.areas to get the whole globe for that, or make them smaller",
            )

    async def _wait_at_start(self) -> None:
        """Keep the pace of an earlier process, so that restarts in a row do not use up the day.

        Its answers' times are OpenSky's, those of its messages the same host's: with a clock that
        is wrong, or was, the nearer of the two is right.
        """
        times = [coverage.until for coverage in self._coverage.values()]
        known = [time for time in (*times, self._last_published_at) if time is not None]
        ages = [self._clock.now() - time for time in known]
        age = min((age for age in ages if age >= 0), default=0.0) if known else None
        wait = self._governor.first_wait(self._cost, age)
        if wait > 0:
            log.info("first_poll_waits", seconds=round(wait), reason="pace of the last process")
            await self._clock.pause(wait)

    def _schedule(self, started: float) -> float:
        """Return when the next live poll is due, in the clock's monotonic seconds."""
        seconds = self._governor.interval(self._cost)
        if not self._governor.held_seconds:
            self._interval = seconds
        if self._failed_polls >= WIDEN_AFTER_FAILURES:
            factor = min(MAX_WIDENING, 2 ** (self._failed_polls - WIDEN_AFTER_FAILURES + 1))
            seconds = max(seconds, min(seconds * factor, MAX_WIDENED_SECONDS))
        now = self._clock.monotonic()
        next_at = max(started + seconds, now + self._governor.held_seconds)
        self._metrics.poll_interval_seconds.set(next_at - started)
        self._note_reserve(next_at - started)
        return next_at

    async def _poll(self) -> None:
        """Request each area once, and plan which gaps are filled in."""
        sweep = _Sweep(before=self._published.copy())
        try:
            failure = await self._poll_areas(sweep)
        except RateLimitedError as error:
            self._note_rate_limit(error)
        else:
            self._note_outcome(failure)
        self._back_fill.plan(sweep.gaps, sweep.new, self._interval)

    async def _fill_back(self, next_at: float) -> None:
        """Request past moments while OpenSky answers and time is left before the next poll."""
        if self._failed_polls:
            return
        try:
            await self._back_fill.run(until=next_at, interval=self._interval)
        except RateLimitedError as error:
            self._note_rate_limit(error)

    async def _poll_areas(self, sweep: _Sweep) -> OpenSkyError | None:
        """Request all areas even if one fails; return the last error, None if there was none."""
        failure = None
        for area in self._areas:
            if self._clock.is_stopping:
                break
            try:
                with self._tracing.span("poll", {"source": source_of(area)}):
                    await self._poll_area(area, sweep)
            except RateLimitedError:
                raise
            except OpenSkyError as error:
                failure = error
        return failure

    async def _poll_area(self, area: Area | None, sweep: _Sweep) -> None:
        """Publish the new state vectors of one area, and find the gaps before them."""
        started = self._clock.monotonic()
        with self._tracing.span("request"):
            answer = await self._requests.live(area)
        self._forget_future(sweep, max(answer.time, self._requests.now()) + MAX_LATER_SECONDS)
        is_all_older = self._published.are_all_older(answer.state_vectors)
        new = self._published.take_new(answer.state_vectors)
        sweep.new += new
        moment = PolledMoment(answer.time, sweep.before, new, outstanding=len(new))
        sweep.gaps += [(area, gap) for gap in self._find_gaps(area, moment)]
        self._back_fill.note_live(new)
        rejected = self._published.take_new_rejected(answer.rejected, answer.time)
        with self._tracing.span("publish", self._publisher.span_attributes(len(new))):
            await self._publisher.publish(
                new,
                rejected,
                origin=origin_of(area, answer, self._tracing.traceparent()),
                settle=partial(self._settle_live, moment),
            )
        self._published.prune(answer.time)
        self._metrics.aircraft_known.set(len(self._published))
        self._poll_log.polled(area, answer, n_new=len(new), started=started)
        self._stale_polls[area].note(
            is_all_older=is_all_older, rows=answer.row_count, time=answer.time
        )

    def _forget_future(self, sweep: _Sweep, latest: float) -> None:
        sweep.before.forget_later_than(latest)
        if forgotten := self._published.forget_later_than(latest):
            log.warning("future_contacts_forgotten", aircraft=forgotten, latest=round(latest))

    def _settle_live(
        self,
        moment: PolledMoment,
        state_vectors: Sequence[StateVector],
        is_delivered: bool,  # noqa: FBT001 - see deliveries.Settle
    ) -> None:
        self._published.settle(state_vectors, is_delivered=is_delivered)
        moment.settle(len(state_vectors), is_delivered=is_delivered)

    def _find_gaps(self, area: Area | None, moment: PolledMoment) -> list[Gap]:
        """Return what OpenSky did not send, or Kafka did not take, before this moment."""
        coverage = self._coverage[source_of(area)]
        coverage.begin(moment, self._interval)
        if self._publisher.is_failing:
            return []
        return coverage.take_gaps(self._interval)

    def _note_outcome(self, failure: OpenSkyError | None) -> None:
        """Log the begin and the end of an outage and each new reason, not each failed poll."""
        if failure is not None:
            self._failed_polls += 1
            if self._failed_polls == 1:
                self._failing_since = self._clock.monotonic()
            reason = str(failure)
            if reason not in self._reasons and len(self._reasons) < MAX_REASONS:
                self._reasons.add(reason)
                log.warning("opensky_failing", reason=reason, hint="polling continues")
            return
        if self._failed_polls or self._is_rate_limited:
            seconds = round(self._clock.monotonic() - self._failing_since)
            log.info("opensky_recovered", after_seconds=seconds, failed_polls=self._failed_polls)
        self._failed_polls = 0
        self._reasons.clear()
        self._is_rate_limited = False

    def _note_rate_limit(self, error: RateLimitedError) -> None:
        if not self._is_rate_limited:
            self._is_rate_limited = True
            self._failing_since = self._clock.monotonic()
            log.warning("credits_used_up", wait_seconds=round(error.retry_after), reason=str(error))

    def _note_reserve(self, wait_seconds: float) -> None:
        """Log once that only the reserve is left, which makes polls rare without an error."""
        is_at_reserve = self._governor.spendable < self._cost
        if is_at_reserve and not self._is_at_reserve and not self._is_rate_limited:
            log.warning(
                "credits_at_reserve",
                credits_remaining=self._governor.remaining,
                budget_per_day=self._governor.budget_per_day,
                wait_seconds=round(wait_seconds),
                hint="only the reserve (opensky.credit_reserve) is left until OpenSky gives "
                "credits again; if this is so every day, opensky.credits_per_day is higher than "
                "what the account has, or another program uses the same account",
            )
        self._is_at_reserve = is_at_reserve
