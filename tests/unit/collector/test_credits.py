"""The governor: no 429 that could be foreseen, and no credits left to waste."""

import math
from dataclasses import dataclass, field

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from collector.credits import DAY_SECONDS, HOUR_SECONDS, Governor, cost_of
from collector.settings import Area
from tests.unit.collector.conftest import FakeClock


def governor(clock: FakeClock, **changes: object) -> Governor:
    """Return a governor of a standard account, with the changes."""
    defaults: dict[str, object] = {
        "is_authenticated": True,
        "credits_per_day": None,
        "reserve_share": 0.05,
        "floor_seconds": 10.0,
    }
    return Governor(clock=clock, **{**defaults, **changes})  # type: ignore[arg-type]


@dataclass
class Bucket:
    """OpenSky's credits, refilled at once at some second of the period, or drop by drop."""

    budget: int
    period: float
    phase: float
    is_continuous: bool
    left: float = field(init=False)
    at: float = 0.0
    used: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.left = self.budget

    def request(self, cost: int, now: float) -> int | None:
        """Return what remains, or None for a 429."""
        if self.is_continuous:
            self.left = min(self.budget, self.left + (now - self.at) * self.budget / self.period)
        elif self._window(now) > self._window(self.at):
            self.left = self.budget
        self.at = now
        if self.left < cost:
            return None
        self.left -= cost
        self.used += [now] * cost
        return int(self.left)

    def _window(self, now: float) -> int:
        return math.floor((now - self.phase) / self.period)


def simulate(
    bucket: Bucket, cost: int, days: float, restarts: list[float], *, is_authenticated: bool = True
) -> int:
    """Poll as the poller does; return how many 429 were met."""
    with capture_logs():
        return _simulate(bucket, cost, days, restarts, is_authenticated=is_authenticated)


def _simulate(
    bucket: Bucket, cost: int, days: float, restarts: list[float], *, is_authenticated: bool
) -> int:
    clock, refused = FakeClock(0), 0
    rules = governor(clock, is_authenticated=is_authenticated)
    pending = sorted(restarts)
    last_poll: float | None = None
    while clock.time < days * DAY_SECONDS:
        rules.spent(cost)
        remaining = bucket.request(cost, clock.time)
        if remaining is None:
            refused += 1
            rules.rate_limited(HOUR_SECONDS)
        else:
            rules.answered(remaining)
        last_poll = clock.time
        next_at = last_poll + max(rules.interval(cost), rules.held_seconds)
        while pending and pending[0] < next_at:
            clock.time = max(pending.pop(0), clock.time)
            rules = governor(clock, is_authenticated=is_authenticated)
            next_at = clock.time + rules.first_wait(cost, clock.time - last_poll)
        clock.time = next_at
    return refused


TIERS = {
    "anonymous": (400, DAY_SECONDS),
    "standard": (4_000, DAY_SECONDS),
    "feeder": (8_000, DAY_SECONDS),
    "licensed": (14_400, HOUR_SECONDS),
}


@settings(max_examples=40, deadline=None)
@given(
    tier=st.sampled_from(sorted(TIERS)),
    cost=st.sampled_from([1, 2, 3, 4, 8]),
    phase=st.floats(0, DAY_SECONDS),
    is_continuous=st.booleans(),
    restarts=st.lists(st.floats(0, 1.6 * DAY_SECONDS), max_size=60),
)
@example(
    tier="standard",
    cost=4,
    phase=40_000.0,
    is_continuous=False,
    restarts=[60.0 * n for n in range(2_000)],
)
@example(
    tier="anonymous",
    cost=4,
    phase=40_000.0,
    is_continuous=False,
    restarts=[60.0 * n for n in range(2_000)],
)
@example(
    tier="standard",
    cost=4,
    phase=86_000.0,
    is_continuous=False,
    restarts=[80_000 + 30.0 * n for n in range(3_000)],
)
def test_never_meets_a_429_it_could_foresee(
    *, tier: str, cost: int, phase: float, is_continuous: bool, restarts: list[float]
) -> None:
    """On any tier, with any moment of refill, however often the process starts again."""
    budget, period = TIERS[tier]
    bucket = Bucket(budget, period, phase % period, is_continuous)
    refused = simulate(bucket, cost, 1.6, restarts, is_authenticated=tier != "anonymous")
    assert refused == 0


@pytest.mark.parametrize("tier", ["anonymous", "standard", "feeder"])
@pytest.mark.parametrize("cost", [1, 4])
@pytest.mark.parametrize("phase", [0.0, 30_000.0, 86_000.0])
def test_uses_most_of_the_budget(tier: str, cost: int, phase: float) -> None:
    """Once the refill was seen, nine tenths of each day's credits are used."""
    budget, period = TIERS[tier]
    bucket = Bucket(budget, period, phase, is_continuous=False)
    simulate(bucket, cost, 4, [], is_authenticated=tier != "anonymous")
    third_day = phase + 2 * DAY_SECONDS
    used = sum(third_day <= time < third_day + DAY_SECONDS for time in bucket.used)
    assert used >= min(0.9 * budget, 0.9 * cost * DAY_SECONDS / 10)


@pytest.mark.parametrize("cost", [1, 4])
def test_a_bucket_that_drips_is_spent_as_it_fills(cost: int) -> None:
    """No day of plenty followed by a day of want."""
    bucket = Bucket(4_000, DAY_SECONDS, 0, is_continuous=True)
    simulate(bucket, cost, 3, [])
    for day in (1, 2):
        used = sum(day * DAY_SECONDS <= time < (day + 1) * DAY_SECONDS for time in bucket.used)
        assert 0.85 * 4_000 <= used <= 1.05 * 4_000


def test_restarts_each_hour_still_use_most_of_the_budget() -> None:
    """Though each start forgets when the refill is."""
    bucket = Bucket(4_000, DAY_SECONDS, 0, is_continuous=False)
    simulate(bucket, 4, 2, [HOUR_SECONDS * n for n in range(48)])
    assert len(bucket.used) > 2 * 0.55 * 4_000


@pytest.mark.parametrize(
    ("box", "cost"),
    [
        ((0, 0, 5, 5), 1),
        ((0, 0, 5.1, 5), 2),
        ((0, 0, 10, 10), 2),
        ((0, 0, 20, 20), 3),
        ((0, 0, 20, 20.1), 4),
        ((-90, -180, 90, 180), 4),
    ],
)
def test_costs_what_opensky_charges(box: tuple[float, float, float, float], cost: int) -> None:
    """The table of OpenSky's documentation, by square degrees."""
    lamin, lomin, lamax, lomax = box
    area = Area(name="box", lamin=lamin, lomin=lomin, lamax=lamax, lomax=lomax)
    assert cost_of(area) == cost
    assert cost_of(None) == 4


@given(
    st.integers(-900_000, 700_000),
    st.integers(-1_800_000, 1_600_000),
    st.sampled_from([(5, 1), (10, 2), (20, 3)]),
)
def test_a_box_at_the_edge_of_a_price_costs_what_it_is_worth_wherever_it_lies(
    south: int, west: int, side_and_cost: tuple[int, int]
) -> None:
    """57.3 - 47.3 is 10.000000000000007 in floats, and not a credit more for that."""
    side, cost = side_and_cost
    lamin, lomin = south / 10_000, west / 10_000
    lamax, lomax = (south + side * 10_000) / 10_000, (west + side * 10_000) / 10_000
    area = Area(name="a", lamin=lamin, lomin=lomin, lamax=lamax, lomax=lomax)
    assert cost_of(area) == cost


def test_a_box_beyond_the_edge_of_a_price_costs_more() -> None:
    """The tolerance is for floats, not for credits."""
    assert cost_of(Area(name="a", lamin=0, lomin=0, lamax=10.001, lomax=10)) == 3


def test_is_held_for_as_long_as_opensky_says(clock: FakeClock) -> None:
    """A shorter wish later does not shorten a longer one."""
    rules = governor(clock)
    rules.rate_limited(22_688)
    rules.rate_limited(60)
    assert rules.held_seconds == 22_688
    assert not rules.can_spend(1)
    clock.time += 22_688
    assert rules.held_seconds == 0


def test_paces_itself_by_the_header_not_by_its_own_count(clock: FakeClock) -> None:
    """Another program has used half of the account's credits."""
    rules = governor(clock)
    rules.answered(3_996)
    unhurried = rules.interval(4)
    rules.spent(4)
    rules.answered(2_000)
    assert rules.remaining == 2_000
    assert rules.interval(4) == pytest.approx(unhurried * 3_796 / 1_800, rel=0.01)


def test_without_the_header_it_counts_itself(clock: FakeClock) -> None:
    """What was sent is taken off a full budget, until the day is over."""
    rules = governor(clock)
    for _ in range(100):
        rules.spent(4)
        rules.answered(None)
    assert rules.remaining == 3_600
    clock.time += DAY_SECONDS
    rules.answered(None)
    assert rules.remaining == 4_000


def test_without_credits_it_looks_once_an_hour(clock: FakeClock) -> None:
    """They may be back long before the latest possible moment."""
    rules = governor(clock)
    rules.answered(3)
    assert rules.interval(4) == HOUR_SECONDS


def test_a_429_of_hours_tells_when_the_day_begins(clock: FakeClock) -> None:
    """After it everything is there again and is spread over the day that follows."""
    rules = governor(clock)
    rules.rate_limited(20_000)
    clock.time += 20_000
    assert rules.interval(4) == 10
    rules.answered(3_996)
    assert rules.interval(4) == pytest.approx(86_400 * 4 / 3_796)


def test_a_budget_of_a_licensed_account_refills_each_hour(clock: FakeClock) -> None:
    """Whether it is configured or shows in the answers."""
    configured = governor(clock, credits_per_day=345_600, floor_seconds=1)
    learnt = governor(clock, floor_seconds=1)
    learnt.answered(14_396)
    assert configured.interval(4) == pytest.approx(3_600 * 4 / (14_400 * 0.95))
    assert learnt.interval(4) == pytest.approx(3_600 * 4 / (14_396 - 720))


@pytest.mark.parametrize(
    ("is_authenticated", "remaining", "warnings"),
    [(True, 396, 1), (True, 3_996, 0), (False, 396, 0)],
)
def test_warns_when_credentials_bring_no_more_than_anonymous_access(
    clock: FakeClock, *, is_authenticated: bool, remaining: int, warnings: int
) -> None:
    """Once, at the first answer."""
    with capture_logs() as logs:
        rules = governor(clock, is_authenticated=is_authenticated)
        rules.answered(remaining)
        rules.answered(remaining - 4)
    assert [each["event"] for each in logs] == ["credits_look_anonymous"] * warnings
