"""Who is watching: how many in all, from one address, and by one principal."""

from collections import Counter
from collections.abc import Hashable
from typing import Any

import msgspec

from processor.access.shares import Client, OverloadedError, ShareLimits, Shares
from processor.live.metrics import LiveMetrics
from processor.live.shape import Shape

MAX_SHAPES = 32
"""Each costs as much as encoding the fleet anew, however few watch it."""


class Visitor(Client, frozen=True):
    """Who wants to watch.

    Attributes:
        expires_at: When its token ends, and with it the stream (Unix seconds).
    """

    expires_at: float | None = None


class Limits(msgspec.Struct, frozen=True):
    """How many streams may be open."""

    viewers: int
    per_address: int
    per_principal: int


class Audience:
    """Counts open streams and refuses those above a limit."""

    def __init__(self, limits: Limits, metrics: LiveMetrics) -> None:
        self._metrics = metrics
        self._streams = Shares(
            "streams",
            ShareLimits(
                total=limits.viewers,
                per_principal=limits.per_principal,
                per_address=limits.per_address,
            ),
            setting="sse.max_viewers",
        )
        self._shapes: Counter[Shape] = Counter()

    def enter(self, visitor: Visitor) -> None:
        """Count a visitor until it leaves.

        Raises:
            OverloadedError: Saying which limit is reached, and the setting that raises it.
        """
        self._streams.acquire(visitor)
        self._metrics.viewers.set(len(self._streams))

    def leave(self, visitor: Visitor) -> None:
        """Count a visitor no longer."""
        self._streams.release(visitor)
        self._metrics.viewers.set(len(self._streams))

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
                " or the same as others do",
                bound="total",
                limit=MAX_SHAPES,
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
