"""Back-fill: request the past moments of outages between live polls and publish what is new."""

from collections import deque
from collections.abc import Iterable, Sequence

import structlog

from collector.back_fill_plan import Planner, source_of
from collector.clock import Clock
from collector.coverage import Gap
from collector.credits import Governor
from collector.errors import OpenSkyError, RateLimitedError, RefusedError
from collector.metrics import Metrics
from collector.outage import Outage, PastMoment
from collector.poll_log import PollLog, origin_of
from collector.published import Published
from collector.publisher import Publisher
from collector.settings import Area
from collector.state_requests import StateRequests
from configuration.tracing import Tracing
from telemetry.state_vector import StateVector

MAX_SPACING_SECONDS = 2.0
"""Pause before each request of the past, or a quarter of the poll interval if that is shorter: the
requests spread over the time between two live polls instead of coming at once."""

log = structlog.stdlib.get_logger()


class BackFill:
    """Plans outages and fills them in, the earliest first. Live polls always come first."""

    def __init__(
        self,
        *,
        requests: StateRequests,
        publisher: Publisher,
        published: Published,
        governor: Governor,
        planner: Planner,
        poll_log: PollLog,
        metrics: Metrics,
        clock: Clock,
        tracing: Tracing,
    ) -> None:
        self._tracing = tracing
        self._requests = requests
        self._publisher = publisher
        self._published = published
        self._governor = governor
        self._planner = planner
        self._poll_log = poll_log
        self._metrics = metrics
        self._clock = clock
        self._outages: deque[Outage] = deque()

    def plan(
        self,
        gaps: Iterable[tuple[Area | None, Gap]],
        published_since: list[StateVector],
        interval: float,
    ) -> None:
        """Plan how gaps are filled in.

        Args:
            gaps: Each with its area; None for the globe.
            published_since: The state vectors that the poll which found the gaps has published.
            interval: Seconds from one live poll to the next.
        """
        for outage in self._planner.plan(gaps, interval):
            outage.note_live(published_since)
            self._outages.append(outage)
        self._show_pending()

    def note_live(self, state_vectors: list[StateVector]) -> None:
        """Record what a live poll publishes, so that it is not published again."""
        for outage in self._outages:
            outage.note_live(state_vectors)

    async def run(self, *, until: float, interval: float) -> None:
        """Request past moments until the time is over or OpenSky should be left alone.

        Args:
            until: When the next live poll is due, in the clock's monotonic seconds.
            interval: Seconds from one live poll to the next.

        Raises:
            RateLimitedError: The credits are used up; the moment is kept for later.
            FinalError: Continuing is useless.
        """
        spacing = min(MAX_SPACING_SECONDS, interval / 4)
        while self._outages:
            await self._clock.pause(spacing)
            if until - self._clock.monotonic() < spacing or not self._can_request():
                return
            if not await self._fill_next(self._outages[0]):
                return

    def _can_request(self) -> bool:
        is_busy = self._clock.is_stopping or self._publisher.is_failing
        return not is_busy and self._governor.can_spend(self._planner.cost)

    async def _fill_next(self, outage: Outage) -> bool:
        """Request the oldest moment; return False if OpenSky failed and should be left alone."""
        moment = outage.pop(self._requests.now())
        if moment is None:
            self._outages.remove(outage)
            log.info("back_fill_done")
        else:
            try:
                with self._tracing.span("back_fill", {"source": source_of(moment.area)}):
                    await self._fill(outage, moment)
            except RateLimitedError:
                outage.push_back(moment)
                raise
            except RefusedError as error:
                self._note_refused(outage, moment, error)
            except OpenSkyError:
                outage.push_back(moment)
                return False
        self._show_pending()
        return True

    async def _fill(self, outage: Outage, moment: PastMoment) -> None:
        started = self._clock.monotonic()
        with self._tracing.span("request"):
            answer = await self._requests.past(moment.area, moment.time)
        outage.note_granted()
        new = outage.take_new(answer.state_vectors)

        def settle(state_vectors: Sequence[StateVector], is_delivered: bool) -> None:  # noqa: FBT001 - see deliveries.Settle
            outage.settle(state_vectors, is_delivered=is_delivered)
            if not is_delivered:
                self._fill_again(outage, moment)

        rejected = self._published.take_new_rejected(answer.rejected, answer.time)
        with self._tracing.span("publish", self._publisher.span_attributes(len(new))):
            await self._publisher.publish(
                new,
                rejected,
                origin=origin_of(moment.area, answer, self._tracing.traceparent()),
                settle=settle,
            )
        self._published.remember(new)
        self._poll_log.back_filled(moment.area, answer, n_new=len(new), started=started)

    def _note_refused(self, outage: Outage, moment: PastMoment, error: RefusedError) -> None:
        """Skip a moment; give up the outage when history is evidently not granted."""
        log.info("back_fill_refused", time=moment.time, reason=str(error))
        if outage.note_refused() and outage in self._outages:
            self._outages.remove(outage)
            log.warning(
                "back_fill_given_up",
                moments_left=len(outage),
                reason=str(error),
                hint="OpenSky does not grant this account its history, or not that far back; the "
                "outage stays a gap. Set opensky.max_back_fill_seconds to 0 to stop the requests",
            )

    def _fill_again(self, outage: Outage, moment: PastMoment) -> None:
        outage.push_back(moment)
        if outage not in self._outages:
            self._outages.appendleft(outage)

    def _show_pending(self) -> None:
        self._metrics.back_fill_pending.set(sum(len(each) for each in self._outages))
