"""Tickets: single use, short life, one principal, and a limited number."""

import pytest

from processor.access.errors import AccessError
from processor.access.principal import Principal
from processor.access.slots import OverloadedError
from processor.access.tickets import MAX_TICKETS, Tickets
from tests.unit.processor.access.issuer import NOW, Clock

TTL_S = 30
HERE = "192.0.2.1"


def named(name: str) -> Principal:
    return Principal(name, frozenset({"flights:live"}))


ALICE, BOB = named("key:alice"), named("sub:bob")


def _refuse(tickets: Tickets, text: str) -> None:
    with pytest.raises(AccessError) as raised:
        tickets.redeem(text)
    assert (raised.value.status, raised.value.code) == (401, "invalid_token")
    assert text not in raised.value.reason


def test_a_ticket_admits_whom_it_was_made_for_once() -> None:
    """A second use is refused, and so is an unknown ticket."""
    tickets = Tickets(ttl_seconds=TTL_S, clock=Clock())
    ticket = tickets.issue(ALICE, HERE)
    assert len(ticket) == 43
    assert tickets.redeem(ticket) == ALICE
    _refuse(tickets, ticket)
    _refuse(tickets, "A" * 43)


def test_a_ticket_expires_whatever_is_done_with_others() -> None:
    """Its lifetime is absolute."""
    clock = Clock()
    tickets = Tickets(ttl_seconds=TTL_S, clock=clock)
    early, late = tickets.issue(ALICE, HERE), tickets.issue(ALICE, HERE)
    clock.now += TTL_S - 1
    assert tickets.redeem(early) == ALICE
    clock.now += 1
    _refuse(tickets, late)


def test_a_ticket_does_not_outlive_its_principal() -> None:
    """Otherwise it would prolong a token by half a minute."""
    clock = Clock()
    tickets = Tickets(ttl_seconds=TTL_S, clock=clock)
    short = Principal("sub:bob", frozenset({"flights:live"}), expires_at=NOW + 5)
    in_time, too_late = tickets.issue(short, HERE), tickets.issue(short, HERE)
    clock.now += 4
    assert tickets.redeem(in_time) == short
    clock.now += 1
    _refuse(tickets, too_late)


def test_one_principal_cannot_take_the_tickets_of_others() -> None:
    """A principal at its limit is refused from every address; others are not."""
    tickets = Tickets(ttl_seconds=TTL_S, clock=Clock())
    for number in range(MAX_TICKETS.per_principal):
        tickets.issue(ALICE, f"192.0.2.{number}")
    with pytest.raises(OverloadedError) as caught:
        tickets.issue(ALICE, "198.51.100.1")
    assert (caught.value.status, caught.value.bound) == (429, "principal")
    assert caught.value.retry_after_seconds == TTL_S
    assert tickets.redeem(tickets.issue(BOB, HERE)) == BOB


def test_one_address_cannot_take_the_tickets_of_others() -> None:
    """An issuer may give one person any number of names."""
    tickets = Tickets(ttl_seconds=TTL_S, clock=Clock())
    for number in range(MAX_TICKETS.per_address):
        tickets.issue(named(f"sub:{number}"), HERE)
    with pytest.raises(OverloadedError) as caught:
        tickets.issue(BOB, HERE)
    assert (caught.value.status, caught.value.bound) == (429, "address")
    assert tickets.redeem(tickets.issue(BOB, "192.0.2.2")) == BOB


def test_a_full_store_refuses_and_recovers() -> None:
    """Expired tickets make room; valid ones are never dropped."""
    clock = Clock()
    tickets = Tickets(ttl_seconds=TTL_S, clock=clock)
    first = tickets.issue(ALICE, HERE)
    clock.now += 1
    held = [
        tickets.issue(named(f"sub:{number}"), f"10.0.{number // 250}.{number % 250}")
        for number in range(MAX_TICKETS.total - 1)
    ]
    with pytest.raises(OverloadedError, match="all of the 10000 places for unused") as caught:
        tickets.issue(BOB, HERE)
    assert (caught.value.status, caught.value.retry_after_seconds) == (503, TTL_S)
    clock.now += TTL_S - 1
    assert tickets.redeem(tickets.issue(ALICE, HERE)) == ALICE
    assert tickets.redeem(held[0]) == named("sub:0")
    _refuse(tickets, first)


def test_a_used_or_expired_ticket_gives_its_place_back() -> None:
    """Only stored tickets count."""
    clock = Clock()
    tickets = Tickets(ttl_seconds=TTL_S, clock=clock)
    for _ in range(3 * MAX_TICKETS.per_address):
        tickets.redeem(tickets.issue(ALICE, HERE))
    tickets.issue(ALICE, HERE)
    clock.now += TTL_S
    tickets.redeem(tickets.issue(BOB, HERE))
    assert not tickets._tickets
    assert len(tickets._slots) == 0


def test_tickets_are_kept_as_hashes() -> None:
    """A dump of the store grants no access."""
    tickets = Tickets(ttl_seconds=TTL_S, clock=Clock())
    ticket = tickets.issue(ALICE, HERE)
    assert ticket not in repr(tickets._tickets)
    assert ticket.encode() not in tickets._tickets
