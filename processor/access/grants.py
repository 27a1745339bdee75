"""Review the rights that streams and files run by, and end those that lost their right."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec

from processor.access.errors import RightLostError
from processor.access.principal import Principal, Scope

OnLost = Callable[[RightLostError], None]
"""Ends what was started with a right. It is called at most once, and does not wait."""


class Right(msgspec.Struct, frozen=True):
    """A principal, and the scopes that it needs for what it does."""

    principal: Principal
    scopes: frozenset[Scope]


class Grants:
    """The rights in use.

    Args:
        check: Raises RightLostError for a right that is lost.
    """

    def __init__(self, check: Callable[[Right], None]) -> None:
        self._check = check
        # One check serves all streams of a principal.
        self._held: dict[Right, dict[object, OnLost]] = {}

    def __bool__(self) -> bool:
        """Whether any right is in use."""
        return bool(self._held)

    @contextmanager
    def held(self, right: Right, on_lost: OnLost) -> Iterator[None]:
        """Within the block, call `on_lost` if a review finds that the right is lost."""
        token = object()
        self._held.setdefault(right, {})[token] = on_lost
        try:
            yield
        finally:
            self._remove(right, token)

    def review(self) -> None:
        """Check every right in use, and end what runs by a right that is lost."""
        for right in tuple(self._held):
            try:
                self._check(right)
            except RightLostError as lost:
                for on_lost in self._held.pop(right).values():
                    on_lost(lost)

    def _remove(self, right: Right, token: object) -> None:
        callbacks = self._held.get(right)
        if callbacks is not None:
            callbacks.pop(token, None)
            if not callbacks:
                del self._held[right]
