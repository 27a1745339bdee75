"""Single-use tickets, which stand in a URL for what may not stand there."""

import hashlib
import secrets
import time
from collections.abc import Callable

import msgspec

from processor.access.errors import invalid_token
from processor.access.principal import Principal
from processor.access.slots import Client, SlotLimits, Slots

MAX_TICKETS = SlotLimits(10_000, per_principal=100, per_address=500)
"""Unused ones; a page uses its own within a second. An address may be that of a whole office."""


class _Ticket(msgspec.Struct, frozen=True):
    principal: Principal
    client: Client
    expires_at: float


class Tickets:
    """Remembers the tickets that nobody has used yet, by their hashes."""

    def __init__(self, *, ttl_seconds: int, clock: Callable[[], float] = time.time) -> None:
        self.ttl_seconds = ttl_seconds
        self._clock = clock
        # All live equally long, so the oldest end first.
        self._tickets: dict[bytes, _Ticket] = {}
        self._places = Slots("unused tickets", MAX_TICKETS, retry_after_seconds=ttl_seconds)

    def issue(self, principal: Principal, address: str) -> str:
        """Make a ticket that admits this principal once.

        Args:
            principal: Whom it admits.
            address: From which it is asked for; any may use it.

        Raises:
            OverloadedError: As many are unused as there may be, in all, of the principal or for
                the address. None makes room before it is used or expires.
        """
        now = self._clock()
        self._drop_expired(now)
        client = Client(address, principal.name)
        self._places.acquire(client)
        text = secrets.token_urlsafe(32)
        self._tickets[_hash(text)] = _Ticket(principal, client, now + self.ttl_seconds)
        return text

    def redeem(self, text: str) -> Principal:
        """Take a ticket away and return whom it admits.

        Raises:
            AccessError: There is no such ticket, or no more.
        """
        ticket = self._take(_hash(text))
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
            self._take(oldest)

    def _take(self, key: bytes) -> _Ticket | None:
        ticket = self._tickets.pop(key, None)
        if ticket is not None:
            self._places.release(ticket.client)
        return ticket


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
