"""Credits: what a request costs, what each tier has, and when credits are refilled."""

import math
from enum import Enum
from typing import NamedTuple

DAY = 86_400.0  # seconds


class Tier(Enum):
    """The kind of account; the value is OpenSky's name of the group."""

    ANONYMOUS = "anonymous"
    STANDARD = "standard"
    FEEDER = "feeder"
    LICENSED = "licensed"


class Allowance(NamedTuple):
    """Credits and the share of a day after which they are there again."""

    credits: int
    share_of_day: float


ALLOWANCES = {
    Tier.ANONYMOUS: Allowance(400, 1.0),
    Tier.STANDARD: Allowance(4_000, 1.0),
    Tier.FEEDER: Allowance(8_000, 1.0),
    Tier.LICENSED: Allowance(14_400, 1 / 24),
}
# Square degrees up to which a box costs 1, 2, 3; a larger one or none costs 4. The documents
# leave exactly 25, 100 and 400 open ("<= 25", "25 - 100"); here they cost the lower price.
_AREAS = (25.0, 100.0, 400.0)


def cost_of_area(square_degrees: float | None) -> int:
    """Return the credits that a bounding box costs; None is the whole world."""
    if square_degrees is None:
        return len(_AREAS) + 1
    # A tolerance because 52.1 - 47.1 is 5.000000000000004.
    return 1 + sum(square_degrees > area * (1 + 1e-9) for area in _AREAS)


class Principal(NamedTuple):
    """The account that is charged: a client id, or an IP address for anonymous access."""

    name: str
    tier: Tier


class Charge(NamedTuple):
    """What became of a charge: credits left, or seconds until there are enough again."""

    remaining: int
    retry_after: int | None


class _Account:
    __slots__ = ("refilled", "remaining")

    def __init__(self, remaining: int, refilled: float) -> None:
        self.remaining = remaining
        self.refilled = refilled


class Credits:
    """Accounts per principal, full at first use and again a period later.

    Args:
        budget: Credits of every account, instead of its tier's.
        day: Seconds that a day of credits lasts; less makes a refill testable.
    """

    def __init__(self, *, budget: int | None = None, day: float = DAY) -> None:
        self._budget = budget
        self._day = day
        self._accounts: dict[Principal, _Account] = {}

    def charge(self, principal: Principal, cost: int, now: float) -> Charge:
        """Take the cost from the account, or nothing if it holds less."""
        allowance = ALLOWANCES[principal.tier]
        period = allowance.share_of_day * self._day
        full = allowance.credits if self._budget is None else self._budget
        account = self._accounts.setdefault(principal, _Account(full, now))
        if now >= account.refilled + period:
            account.remaining, account.refilled = full, now
        if account.remaining < cost:
            return Charge(account.remaining, math.ceil(account.refilled + period - now))
        account.remaining -= cost
        return Charge(account.remaining, None)

    def remaining(self) -> dict[str, int]:
        """Return the credits left by the principal's name."""
        return {principal.name: account.remaining for principal, account in self._accounts.items()}
