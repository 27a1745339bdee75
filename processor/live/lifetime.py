"""How long streams last, why they end, and when clients reconnect."""

import random

import msgspec

from processor.live.connection_limits import StreamClient
from processor.live.subscriber import CloseReason

EXPIRED = CloseReason("expired", "the key or token has expired")
MAX_AGE = CloseReason("age", "streams end after a while; resume from the last id")


class Lifetime(msgspec.Struct, frozen=True):
    """How streams end.

    Attributes:
        retry_ms: Clients are asked to reconnect after a random time of one to two times this.
        max_age_seconds: A stream ends at a random age of 80 to 100 % of this.
        drain_seconds: At shutdown streams end at random times within this.
    """

    retry_ms: int
    max_age_seconds: float
    drain_seconds: float

    def random_retry_ms(self) -> int:
        """Return a random time after which a client may reconnect (milliseconds)."""
        return int(self.retry_ms * random.uniform(1, 2))  # noqa: S311 - a spread

    def end_of(self, client: StreamClient, now: float) -> tuple[float, CloseReason]:
        """Return after how many seconds a client's stream ends, and for which reason.

        Args:
            client: The client.
            now: Unix time in seconds, as tokens have it.
        """
        age = self.max_age_seconds * random.uniform(0.8, 1)  # noqa: S311 - a spread
        if client.expires_at is not None and client.expires_at - now < age:
            return client.expires_at - now, EXPIRED
        return age, MAX_AGE
