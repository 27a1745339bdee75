"""What requests cost, and what happens when nothing is left."""

import pytest

from simulator.credits import Credits, Principal, Tier, cost_of_area
from simulator.server import Rules
from tests.unit.simulator.conftest import Build, Clock


@pytest.mark.parametrize(
    ("area", "cost"),
    [
        (0, 1), (25, 1), (25.1, 2), (100, 2), (100.1, 3), (400, 3), (400.1, 4), (64_800, 4),
        (None, 4),
    ],
)  # fmt: skip
def test_cost_by_square_degrees(area: float | None, cost: int) -> None:
    assert cost_of_area(area) == cost


@pytest.mark.parametrize(
    ("box", "cost"),
    [
        ((47.1, 5.1, 52.1, 10.1), 1),
        ((47, 5, 52.1, 10), 2),
        ((0, 0, 20, 20), 3),
        ((0, 0, 21, 20), 4),
    ],
)
async def test_a_box_is_charged_by_its_area(
    build: Build, box: tuple[float, ...], cost: int
) -> None:
    sides = dict(zip(("lamin", "lomin", "lamax", "lomax"), box, strict=True))
    answer = await build().states(**sides)
    assert int(answer.headers["X-Rate-Limit-Remaining"]) == 400 - cost


@pytest.mark.parametrize(
    ("tier", "credits"), [(Tier.STANDARD, 4000), (Tier.FEEDER, 8000), (Tier.LICENSED, 14_400)]
)
async def test_each_tier_has_its_budget(build: Build, tier: Tier, credits: int) -> None:  # noqa: A002
    client = build(rules=Rules(tier=tier))
    answer = await client.states(await client.token())
    assert int(answer.headers["X-Rate-Limit-Remaining"]) == credits - 4


async def test_exhausted_is_429_with_the_seconds_to_wait(build: Build, clock: Clock) -> None:
    client = build(budget=9)
    assert [(await client.states()).status_code for _ in range(3)] == [200, 200, 429]
    clock.now += 86_000
    refused = await client.states()
    assert refused.headers["X-Rate-Limit-Retry-After-Seconds"] == "400"
    assert "X-Rate-Limit-Remaining" not in refused.headers
    clock.now += 400
    assert (await client.states()).headers["X-Rate-Limit-Remaining"] == "5"


async def test_header_of_429_can_be_left_out(build: Build) -> None:
    refused = await build(budget=0, rules=Rules(has_retry_after=False)).states()
    assert refused.status_code == 429
    assert "X-Rate-Limit-Retry-After-Seconds" not in refused.headers


async def test_anonymous_and_client_have_separate_accounts(build: Build) -> None:
    client = build(budget=4)
    token = await client.token()
    assert (await client.states()).status_code == 200
    assert (await client.states(token)).status_code == 200
    assert (await client.states()).status_code == 429


async def test_refused_requests_cost_nothing(build: Build) -> None:
    client = build(budget=4)
    assert (await client.states(lamin=1)).status_code == 400
    assert (await client.states("made-up")).status_code == 401
    assert (await client.states()).status_code == 200


def test_licensed_credits_return_after_an_hour() -> None:
    account, licensed = Credits(budget=4), Principal("x", Tier.LICENSED)
    assert account.charge(licensed, 4, 0.0).retry_after is None
    assert account.charge(licensed, 4, 1.0).retry_after == 3599
    assert account.charge(licensed, 4, 3600.0).remaining == 0
