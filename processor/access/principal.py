"""Who asks, and what they may have."""

from collections.abc import Collection
from typing import Final, Literal, get_args

import msgspec

from processor.bounding_box import BoundingBox

Scope = Literal["flights:live", "flights:history", "metrics"]

LIVE: Final = "flights:live"
HISTORY: Final = "flights:history"
METRICS: Final = "metrics"
SCOPES: frozenset[Scope] = frozenset(get_args(Scope))


class Credential(msgspec.Struct, frozen=True):
    """What a principal was recognised by, so that its rights can be checked again later.

    Attributes:
        hash: The SHA-256 of an API key, or the thumbprint (RFC 7638) of the key that has signed a
            token. It opens nothing.
    """

    kind: Literal["key", "token"]
    hash: str


class Principal(msgspec.Struct, frozen=True):
    """Somebody who was recognised; without areas the whole globe is theirs."""

    name: str
    scopes: frozenset[Scope]
    areas: tuple[BoundingBox, ...] = ()
    expires_at: float | None = None
    """Unix seconds from which on they are a stranger again."""
    credential: Credential | None = None

    def is_expired(self, now: float) -> bool:
        """Whether their time is over."""
        return self.expires_at is not None and now >= self.expires_at

    def covers_areas(self, areas: Collection[BoundingBox]) -> bool:
        """Whether each of the areas lies in one of the principal's own; none is the globe."""
        if not self.areas:
            return True
        return bool(areas) and all(any(own.covers(area) for own in self.areas) for area in areas)


ANONYMOUS = Principal("anybody", SCOPES)
