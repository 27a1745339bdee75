"""Who is watching: how many in all, from one address, and by one principal."""

from collections import Counter
from collections.abc import Hashable
from typing import Any

import msgspec

from processor.live.metrics import LiveMetrics
from processor.live.shape import Shape

MAX_SHAPES = 32
"""Each costs as much as encoding the fleet anew, however few watch it."""


class OverloadedError(Exception):
    """One viewer too many: tell it why, and to come back later."""


class Visitor(msgspec.Struct, frozen=True):
    """Who wants to watch.

    Attributes:
        address: Of the network.
        principal: Its name; empty where nobody needs one.
        expires_at: When its token ends, and with it the stream (Unix seconds).
    """

    address: str
    principal: str = ""
    expires_at: float | None = None


class Limits(msgspec.Struct, frozen=True):
    """How many streams may be open."""

    viewers: int
    per_address: int
    per_principal: int


class Audience:
    """Counts open streams and refuses those above a limit."""

    def __init__(self, limits: Limits, metrics: LiveMetrics) -> None:
        self._limits = limits
        self._metrics = metrics
        self._viewers = 0
        self._addresses: Counter[str] = Counter()
        self._principals: Counter[str] = Counter()
        self._shapes: Counter[Shape] = Counter()

    def enter(self, visitor: Visitor) -> None:
        """Count a visitor until it leaves.

        Raises:
            OverloadedError: Saying which limit is reached, and the setting that raises it.
        """
        limits, address, principal = self._limits, visitor.address, visitor.principal
        if self._viewers >= limits.viewers:
            raise OverloadedError(f"{limits.viewers} viewers are here already (sse.max_viewers)")
        if self._addresses[address] >= limits.per_address:
            raise OverloadedError(
                f"{limits.per_address} streams are open from {address} already"
                " (sse.max_viewers_per_address; http.trusted_proxies names a proxy in between)"
            )
        if principal and self._principals[principal] >= limits.per_principal:
            raise OverloadedError(
                f"{principal} has {limits.per_principal} streams open already"
                " (sse.max_viewers_per_principal)"
            )
        self._count(visitor, 1)

    def leave(self, visitor: Visitor) -> None:
        """Count a visitor no longer."""
        self._count(visitor, -1)

    def _count(self, visitor: Visitor, step: int) -> None:
        self._viewers += step
        _add(self._addresses, visitor.address, step)
        _add(self._principals, visitor.principal, step)
        self._metrics.viewers.set(self._viewers)

    def uses(self, shape: Shape) -> bool:
        """Whether somebody gets this shape."""
        return shape in self._shapes

    def take(self, shape: Shape) -> None:
        """Count a shape until it is released.

        Raises:
            OverloadedError: Too many different ones are in use.
        """
        if shape not in self._shapes and len(self._shapes) >= MAX_SHAPES:
            raise OverloadedError(
                f"{MAX_SHAPES} selections of fields are in use already: take all fields,"
                " or the same as others do"
            )
        _add(self._shapes, shape, 1)

    def release(self, shape: Shape) -> None:
        """Count a shape once less."""
        _add(self._shapes, shape, -1)


def _add(counter: Counter[Any], key: Hashable, step: int) -> None:
    """Count, and forget what is counted down to none."""
    counter[key] += step
    if not counter[key]:
        del counter[key]
