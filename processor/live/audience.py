"""Who is watching: how many in all, from one address, and by one principal."""

from collections import Counter
from collections.abc import Hashable
from typing import Any

import msgspec

from processor.live.field_selections import FieldSelections, SelectionLimits
from processor.live.metrics import LiveMetrics
from processor.live.overload import OverloadedError
from processor.live.shape import Shape

__all__ = ["Audience", "Limits", "OverloadedError", "Visitor"]


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
    """How many streams may be open, and how many selections of fields they may have."""

    viewers: int
    per_address: int
    per_principal: int
    selections: SelectionLimits = SelectionLimits()


class Audience:
    """Counts open streams and refuses those above a limit."""

    def __init__(self, limits: Limits, metrics: LiveMetrics) -> None:
        self._limits = limits
        self._metrics = metrics
        self._viewers = 0
        self._addresses: Counter[str] = Counter()
        self._principals: Counter[str] = Counter()
        self._selections = FieldSelections(limits.selections)

    def enter(self, visitor: Visitor, shape: Shape) -> None:
        """Count a visitor and what it gets until it leaves.

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
        self._selections.take(address, principal, shape)
        self._count(visitor, 1)

    def leave(self, visitor: Visitor, shape: Shape) -> None:
        """Count a visitor no longer, nor what it gets."""
        self._selections.release(visitor.address, visitor.principal, shape)
        self._count(visitor, -1)

    def _count(self, visitor: Visitor, step: int) -> None:
        self._viewers += step
        _add(self._addresses, visitor.address, step)
        _add(self._principals, visitor.principal, step)
        self._metrics.viewers.set(self._viewers)

    def uses(self, shape: Shape) -> bool:
        """Whether somebody gets this shape."""
        return self._selections.uses(shape)

    def exchange(self, visitor: Visitor, before: Shape, after: Shape) -> None:
        """Count what a visitor gets from now on in the place of what it got.

        Raises:
            OverloadedError: It has too many selections of fields; nothing is changed.
        """
        self._selections.exchange(visitor.address, visitor.principal, before, after)


def _add(counter: Counter[Any], key: Hashable, step: int) -> None:
    """Count, and forget what is counted down to none."""
    counter[key] += step
    if not counter[key]:
        del counter[key]
