"""Rights that are in use for long: checked again every few seconds, and ended when lost."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec

from processor.access.errors import RightLostError
from processor.access.principal import Principal, Scope

End = Callable[[RightLostError], None]
"""Ends what was begun with a right; called once at the most, and does not wait."""


class Right(msgspec.Struct, frozen=True):
    """Who does something, and the scopes that are needed for it."""

    principal: Principal
    scopes: frozenset[Scope]


class Grants:
    """The rights in use.

    Args:
        check: Raises RightLostError for a right that is gone.
    """

    def __init__(self, check: Callable[[Right], None]) -> None:
        self._check = check
        # Many streams of one principal are checked at once.
        self._held: dict[Right, dict[object, End]] = {}

    def __bool__(self) -> bool:
        """Whether any right is in use."""
        return bool(self._held)

    @contextmanager
    def held(self, right: Right, end: End) -> Iterator[None]:
        """Have `end` called as soon as a review finds that the right is gone."""
        token = object()
        self._held.setdefault(right, {})[token] = end
        try:
            yield
        finally:
            self._let_go(right, token)

    def review(self) -> None:
        """Check every right in use, and end what is done with those that are gone."""
        for right in tuple(self._held):
            try:
                self._check(right)
            except RightLostError as lost:
                for end in self._held.pop(right).values():
                    end(lost)

    def _let_go(self, right: Right, token: object) -> None:
        ends = self._held.get(right)
        if ends is not None:
            ends.pop(token, None)
            if not ends:
                del self._held[right]
