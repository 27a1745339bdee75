"""Principals: their scopes, their areas and how they were authenticated."""

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
    """How a principal was authenticated, so that its rights can be checked again later.

    Attributes:
        hash: The SHA-256 of an API key, or the thumbprint (RFC 7638) of the key that signed a
            token. It does not grant access.
    """

    kind: Literal["key", "token"]
    hash: str


class Principal(msgspec.Struct, frozen=True):
    """An authenticated client.

    Attributes:
        name: `key:` and the name of an API key, or `sub:` and the subject of a token.
        areas: The areas that it may read; empty for the whole globe.
        expires_at: When its key or token expires, in Unix seconds; None for never.
        credential: How it was authenticated; None if access control is off, and for
            `access.metrics_token`, which is valid as long as the process runs.
    """

    name: str
    scopes: frozenset[Scope]
    areas: tuple[BoundingBox, ...] = ()
    expires_at: float | None = None
    credential: Credential | None = None

    def is_expired(self, now: float) -> bool:
        """Whether the key or token has expired."""
        return self.expires_at is not None and now >= self.expires_at

    def covers_areas(self, areas: Collection[BoundingBox]) -> bool:
        """Whether each of the areas lies in one of the principal's; no areas mean the globe."""
        if not self.areas:
            return True
        return bool(areas) and all(any(own.covers(area) for own in self.areas) for area in areas)


ANONYMOUS = Principal("anonymous", SCOPES)
"""The principal of every request while access control is off."""
