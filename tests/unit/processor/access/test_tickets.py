"""Tickets: once, soon, for one, and not too many."""

import pytest

from processor.access.errors import AccessError
from processor.access.principal import Principal
from processor.access.tickets import MAX_TICKETS, Tickets
from tests.unit.processor.access.issuer import NOW, Clock

TTL_S = 30
ALICE = Principal("key:alice", frozenset({"flights:live"}))


def _refuse(tickets: Tickets, text: str) -> None:
    with pytest.raises(AccessError) as raised:
        tickets.redeem(text)
    assert (raised.value.status, raised.value.code) == (401, "invalid_token")
    assert text not in raised.value.reason


def test_a_ticket_admits_whom_it_was_made_for_once() -> None:
    """A replay is refused, as is one that was never made."""
    tickets = Tickets(ttl_seconds=TTL_S, clock=Clock())
    ticket = tickets.issue(ALICE)
    assert len(ticket) == 43
    assert tickets.redeem(ticket) == ALICE
    _refuse(tickets, ticket)
    _refuse(tickets, "A" * 43)


def test_a_ticket_expires_whatever_is_done_with_others() -> None:
    """Its time is absolute."""
    clock = Clock()
    tickets = Tickets(ttl_seconds=TTL_S, clock=clock)
    early, late = tickets.issue(ALICE), tickets.issue(ALICE)
    clock.now += TTL_S - 1
    assert tickets.redeem(early) == ALICE
    clock.now += 1
    _refuse(tickets, late)


def test_a_ticket_does_not_outlive_its_principal() -> None:
    """Otherwise it would prolong a token by half a minute."""
    clock = Clock()
    tickets = Tickets(ttl_seconds=TTL_S, clock=clock)
    short = Principal("sub:bob", frozenset({"flights:live"}), expires_at=NOW + 5)
    in_time, too_late = tickets.issue(short), tickets.issue(short)
    clock.now += 4
    assert tickets.redeem(in_time) == short
    clock.now += 1
    _refuse(tickets, too_late)


def test_a_full_store_refuses_and_recovers() -> None:
    """Expired tickets make room first; those that hold are never pushed out."""
    clock = Clock()
    tickets = Tickets(ttl_seconds=TTL_S, clock=clock)
    first = tickets.issue(ALICE)
    clock.now += 1
    held = [tickets.issue(ALICE) for _ in range(MAX_TICKETS - 1)]
    with pytest.raises(AccessError, match="come back in 30 s") as raised:
        tickets.issue(ALICE)
    assert (raised.value.status, raised.value.code) == (503, "temporarily_unavailable")
    clock.now += TTL_S - 1
    assert tickets.redeem(tickets.issue(ALICE)) == ALICE
    assert tickets.redeem(held[0]) == ALICE
    _refuse(tickets, first)


def test_tickets_are_kept_as_hashes() -> None:
    """A dump of the memory's dictionary opens nothing."""
    tickets = Tickets(ttl_seconds=TTL_S, clock=Clock())
    ticket = tickets.issue(ALICE)
    assert ticket not in repr(tickets._tickets)
    assert ticket.encode() not in tickets._tickets
