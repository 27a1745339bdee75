"""Which selections of fields are in use: standard ones by all, others by a share of each client."""

from collections import Counter
from collections.abc import Hashable, Iterator
from typing import Any, Literal

import msgspec

from processor.live.overload import OverloadedError
from processor.live.shape import STANDARD, Shape

Bound = Literal["total", "principal", "address"]

_SETTINGS: dict[Bound, str] = {
    "total": "sse.max_field_selections",
    "principal": "sse.max_field_selections_per_principal",
    "address": "sse.max_field_selections_per_address",
}


class SelectionLimits(msgspec.Struct, frozen=True):
    """How many different selections of fields may be in use, in all and by one client."""

    total: int = 32
    per_principal: int = 4
    per_address: int = 4


class FieldSelections:
    """Counts the streams of each shape, for each of those who hold them.

    Each selection costs as much as encoding all changed aircraft once more, however few get it. The
    standard shapes are few and encoded for all in any case, so they are counted against no bound.
    """

    def __init__(self, limits: SelectionLimits) -> None:
        self._limits = limits
        self._streams: Counter[Shape] = Counter()
        self._streams_of: Counter[tuple[Hashable, Shape]] = Counter()
        self._selections = 0
        self._selections_of: Counter[Hashable] = Counter()

    def uses(self, shape: Shape) -> bool:
        """Whether a stream has this shape."""
        return shape in self._streams

    def take(self, address: str, principal: str, shape: Shape) -> None:
        """Count a stream of a shape until it is released.

        Raises:
            OverloadedError: A bound is met; nothing is counted.
        """
        if shape not in STANDARD:
            self._check(address, principal, shape)
        self._count(address, principal, shape, 1)

    def release(self, address: str, principal: str, shape: Shape) -> None:
        """Count a stream of a shape once less."""
        self._count(address, principal, shape, -1)

    def exchange(self, address: str, principal: str, before: Shape, after: Shape) -> None:
        """Count a stream under another shape.

        Raises:
            OverloadedError: A bound is met; it is counted as before.
        """
        self._count(address, principal, before, -1)
        try:
            self.take(address, principal, after)
        except OverloadedError:
            self._count(address, principal, before, 1)
            raise

    def _check(self, address: str, principal: str, shape: Shape) -> None:
        limits = self._limits
        shares = {"principal": limits.per_principal, "address": limits.per_address}
        for bound, name in _holders(address, principal):
            is_another = (bound, name), shape
            if is_another not in self._streams_of and (
                self._selections_of[bound, name] >= shares[bound]
            ):
                raise _refusal(bound, f"{name} has {shares[bound]}")
        if shape not in self._streams and self._selections >= limits.total:
            raise _refusal("total", f"all clients together have {limits.total}")

    def _count(self, address: str, principal: str, shape: Shape, step: int) -> None:
        is_counted = shape not in STANDARD
        before = shape in self._streams
        _add(self._streams, shape, step)
        if not is_counted:
            return
        self._selections += (shape in self._streams) - before
        for holder in _holders(address, principal):
            before = (holder, shape) in self._streams_of
            _add(self._streams_of, (holder, shape), step)
            change = ((holder, shape) in self._streams_of) - before
            if change:
                _add(self._selections_of, holder, change)


def _holders(address: str, principal: str) -> Iterator[tuple[Bound, str]]:
    if principal:
        yield "principal", principal
    yield "address", address


def _refusal(bound: Bound, who: str) -> OverloadedError:
    return OverloadedError(
        f"{who} different selections of fields in use already ({_SETTINGS[bound]}):"
        " take all fields, or a selection that is in use"
    )


def _add(counter: Counter[Any], key: Hashable, step: int) -> None:
    """Count, and forget what has come to nothing."""
    counter[key] += step
    if not counter[key]:
        del counter[key]
