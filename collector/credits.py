"""The governor: how often requests may be sent, so that a day's credits are never used up."""

import structlog

from collector.clock import Clock
from collector.settings import Area

DAY_SECONDS = 86_400.0
HOUR_SECONDS = 3_600.0

ANONYMOUS_CREDITS = 400
STANDARD_CREDITS = 4_000
FEEDER_CREDITS = 8_000
LICENSED_CREDITS_PER_HOUR = 14_400

HOURLY_BUDGET_PER_DAY = 100_000
"""A configured budget from here on can only be a licensed account's, which refills each hour."""

GLOBE_COST = 4
_COST_UP_TO_SQUARE_DEGREES = ((25, 1), (100, 2), (400, 3))
AREA_TOLERANCE = 1e-6

RESET_JUMP = 0.05
"""Share of the budget by which the remaining credits must rise to count as the daily refill; a
budget that is refilled gradually rises by less than this between two polls."""

SMALL_RISES_TO_BELIEVE = 3
"""So many small rises in a row mean a gradual refill; one may be the daily refill of a budget that
was nearly full."""

log = structlog.stdlib.get_logger()


def cost_of(area: Area | None) -> int:
    """Return what OpenSky charges for one request of `/states/all`; None is the globe."""
    if area is None:
        return GLOBE_COST
    square_degrees = (area.lamax - area.lamin) * (area.lomax - area.lomin)
    for limit, cost in _COST_UP_TO_SQUARE_DEGREES:
        # 57.3 - 47.3 is 10.000000000000007, and requests carry six decimals.
        if square_degrees <= limit * (1 + AREA_TOLERANCE):
            return cost
    return GLOBE_COST


class Governor:
    """Spreads the remaining credits evenly over the time until they are refilled.

    `X-Rate-Limit-Remaining` is the authority, since other programs may share the account; counting
    here only fills in between two answers. OpenSky does not document when a day begins: until a
    refill is seen or a 429 states it, the latest possible moment is assumed.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        is_authenticated: bool,
        credits_per_day: int | None,
        reserve_share: float,
        floor_seconds: float,
    ) -> None:
        self._clock = clock
        self._is_authenticated = is_authenticated
        self._is_configured = credits_per_day is not None
        self._reserve_share = reserve_share
        self._floor = floor_seconds
        self._period = DAY_SECONDS
        self._budget = credits_per_day or (
            STANDARD_CREDITS if is_authenticated else ANONYMOUS_CREDITS
        )
        if self._budget >= HOURLY_BUDGET_PER_DAY:
            self._period = HOUR_SECONDS
            self._budget = round(self._budget / 24)
        self._remaining = self._budget
        self._is_known = False
        self._reset_at = clock.monotonic() + self._period
        self._is_reset_known = False
        self._small_rises = 0
        self._held_until = clock.monotonic()

    @property
    def remaining(self) -> int:
        """Credits left, as far as known."""
        return self._remaining

    @property
    def budget_per_day(self) -> int:
        """Credits of a day, of the account or as configured."""
        return round(self._budget * DAY_SECONDS / self._period)

    @property
    def spendable(self) -> float:
        """Credits above the reserve for restarts and retries."""
        return self._remaining - self._reserve_share * self._budget

    @property
    def held_seconds(self) -> float:
        """Seconds for which nothing may be sent, because OpenSky said so."""
        return max(0.0, self._held_until - self._clock.monotonic())

    def even_interval(self, cost: int) -> float:
        """Return the seconds between polls that spend a full budget evenly."""
        usable = max(self._budget * (1 - self._reserve_share), cost)
        return max(self._floor, self._period * cost / usable)

    def interval(self, cost: int) -> float:
        """Return the seconds until the next poll of this cost."""
        to_reset = max(0.0, self._reset_at - self._clock.monotonic())
        seconds = max(self._floor, to_reset * cost / max(self.spendable, cost))
        if self.spendable < cost and not self._is_reset_known:
            # The credits may be back long before the latest possible moment: look once an hour.
            seconds = min(seconds, max(HOUR_SECONDS, self.even_interval(cost)))
        return seconds

    def first_wait(self, cost: int, seconds_since_last_poll: float | None) -> float:
        """Return the seconds to wait at start, so that restarts in a row do not use up the day."""
        if seconds_since_last_poll is None:
            return 0.0
        return max(0.0, self.even_interval(cost) - max(0.0, seconds_since_last_poll))

    def can_spend(self, cost: int) -> bool:
        """Whether requests besides the live polls may be sent now."""
        return self.held_seconds == 0 and self.spendable >= cost

    def spent(self, cost: int) -> None:
        """Count a request that is being sent; failed ones may be charged too."""
        self._remaining = max(0, self._remaining - cost)

    def answered(self, remaining: int | None) -> None:
        """Record the credits that an answer says are left; None if it does not say."""
        now = self._clock.monotonic()
        if remaining is not None:
            self._learn_budget(remaining)
            if self._is_known:
                self._learn_refill(remaining - self._remaining, now)
            self._warn_of_anonymous_tier(remaining)
            self._remaining = remaining
            self._is_known = True
        if now >= self._reset_at:
            self._begin_period(now)

    def rate_limited(self, retry_after_seconds: float) -> None:
        """Send nothing until the time that OpenSky asked to wait is over."""
        now = self._clock.monotonic()
        self._held_until = max(self._held_until, now + retry_after_seconds)
        if retry_after_seconds >= min(HOUR_SECONDS, self._period / 2):
            # Shorter waits come from a limit on bursts and say nothing of the day.
            self._remaining = 0
            self._is_known = True
            self._reset_at = now + retry_after_seconds
            self._is_reset_known = True

    def _learn_refill(self, rise: int, now: float) -> None:
        """Distinguish a daily refill from a gradual one; other programs only lower the figure."""
        if rise >= RESET_JUMP * self._budget:
            self._reset_at = now + self._period
            self._is_reset_known = True
            self._small_rises = 0
        elif rise > 0:
            self._small_rises += 1
        if self._small_rises >= SMALL_RISES_TO_BELIEVE:
            # There is no moment before which all has to be spent: plan for the whole period.
            self._reset_at = now + self._period

    def _begin_period(self, now: float) -> None:
        """No refill was seen although its latest moment is past: it is unknown again."""
        self._reset_at = now + self._period
        self._is_reset_known = False
        if not self._is_known:
            self._remaining = self._budget

    def _learn_budget(self, remaining: int) -> None:
        if remaining <= self._budget or self._is_configured:
            return
        if remaining > FEEDER_CREDITS:
            self._budget, self._period = LICENSED_CREDITS_PER_HOUR, HOUR_SECONDS
            self._reset_at = self._clock.monotonic() + self._period
        else:
            self._budget = FEEDER_CREDITS if remaining > STANDARD_CREDITS else STANDARD_CREDITS
        self._is_known = False

    def _warn_of_anonymous_tier(self, remaining: int) -> None:
        """Warn once, at the first answer: later, a low figure only means that credits were used."""
        if self._is_known or not self._is_authenticated or self._is_configured:
            return
        if remaining <= ANONYMOUS_CREDITS:
            log.warning(
                "credits_look_anonymous",
                credits_remaining=remaining,
                hint="credentials are used, yet no more is left than anonymous access gives "
                f"({ANONYMOUS_CREDITS} a day); unless today's credits are nearly used up, check "
                "the API client on OpenSky's account page",
            )
