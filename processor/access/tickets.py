"""Issue and redeem single-use tickets, which replace credentials in a URL."""

import hashlib
import secrets
import time
from collections.abc import Callable

import msgspec

from processor.access.errors import invalid_token
from processor.access.principal import Principal
from processor.access.slots import Client, SlotLimits, Slots

MAX_TICKETS = SlotLimits(10_000, per_principal=100, per_address=500)
"""Unused tickets. A page uses its ticket within a second; a whole office may share an address."""


class _Ticket(msgspec.Struct, frozen=True):
    principal: Principal
    client: Client
    expires_at: float


class Tickets:
    """Stores unused tickets by their hashes."""

    def __init__(self, *, ttl_seconds: int, clock: Callable[[], float] = time.time) -> None:
        self.ttl_seconds = ttl_seconds
        self._clock = clock
        # All tickets are valid for the same time, so the oldest expire first.
        self._tickets: dict[bytes, _Ticket] = {}
        self._slots = Slots("unused tickets", MAX_TICKETS, retry_after_seconds=ttl_seconds)

    def issue(self, principal: Principal, address: str) -> str:
        """Return a new ticket that admits this principal once.

        Args:
            principal: The principal that the ticket admits.
            address: The address that requested it; the ticket may be used from any address.

        Raises:
            OverloadedError: Too many tickets are unused, in all or of this principal or address.
                An unused ticket counts until it expires.
        """
        now = self._clock()
        self._drop_expired(now)
        client = Client(address, principal.name)
        self._slots.acquire(client)
        text = secrets.token_urlsafe(32)
        self._tickets[_hash(text)] = _Ticket(principal, client, now + self.ttl_seconds)
        return text

    def redeem(self, text: str) -> Principal:
        """Return the principal of a ticket, which is used up by this.

        Raises:
            AccessError: The ticket is unknown, used or expired.
        """
        ticket = self._take(_hash(text))
        now = self._clock()
        if ticket is None or now >= ticket.expires_at or ticket.principal.is_expired(now):
            raise invalid_token(
                "the ticket is unknown here, used or expired: "
                "get a new one from POST /sse/ticket for each connection"
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
            self._slots.release(ticket.client)
        return ticket


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
