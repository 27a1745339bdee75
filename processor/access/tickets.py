"""Single-use tickets, which stand in a URL for what may not stand there."""

import hashlib
import secrets
import time
from collections.abc import Callable

import msgspec

from processor.access.errors import AccessError, invalid_token
from processor.access.principal import Principal

MAX_TICKETS = 10_000


class _Ticket(msgspec.Struct, frozen=True):
    principal: Principal
    expires_at: float


class Tickets:
    """Remembers the tickets that nobody has used yet, by their hashes."""

    def __init__(self, *, ttl_seconds: int, clock: Callable[[], float] = time.time) -> None:
        self.ttl_seconds = ttl_seconds
        self._clock = clock
        # All live equally long, so the oldest end first.
        self._tickets: dict[bytes, _Ticket] = {}

    def issue(self, principal: Principal) -> str:
        """Make a ticket that admits this principal once.

        Raises:
            AccessError: As many are unused as there may be.
        """
        now = self._clock()
        self._drop_expired(now)
        if len(self._tickets) >= MAX_TICKETS:
            raise AccessError(
                503,
                "temporarily_unavailable",
                f"{MAX_TICKETS} tickets are unused: come back in {self.ttl_seconds} s",
            )
        text = secrets.token_urlsafe(32)
        self._tickets[_hash(text)] = _Ticket(principal, now + self.ttl_seconds)
        return text

    def redeem(self, text: str) -> Principal:
        """Take a ticket away and return whom it admits.

        Raises:
            AccessError: There is no such ticket, or no more.
        """
        ticket = self._tickets.pop(_hash(text), None)
        now = self._clock()
        if ticket is None or now >= ticket.expires_at or ticket.principal.is_expired(now):
            raise invalid_token(
                "the ticket is unknown here, used or expired: "
                "ask POST /sse/ticket for another with each connection"
            )
        return ticket.principal

    def _drop_expired(self, now: float) -> None:
        while self._tickets:
            oldest = next(iter(self._tickets))
            if self._tickets[oldest].expires_at > now:
                return
            del self._tickets[oldest]


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
