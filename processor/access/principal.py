"""Who asks, and what they may have."""

from typing import Final, Literal, get_args

import msgspec

from processor.box import Box

Scope = Literal["flights:live", "flights:history", "metrics"]

LIVE: Final = "flights:live"
HISTORY: Final = "flights:history"
METRICS: Final = "metrics"
SCOPES: frozenset[Scope] = frozenset(get_args(Scope))


class Principal(msgspec.Struct, frozen=True):
    """Somebody who was recognised; without areas the whole globe is theirs."""

    name: str
    scopes: frozenset[Scope]
    areas: tuple[Box, ...] = ()
    expires_at: float | None = None
    """Unix seconds from which on they are a stranger again."""

    def is_expired(self, now: float) -> bool:
        """Whether their time is over."""
        return self.expires_at is not None and now >= self.expires_at


ANYBODY = Principal("anybody", SCOPES)
