"""Slots are limited in all, and for each principal and address."""

import pytest

from processor.access.addresses import network_of
from processor.access.slots import Client, OverloadedError, SlotLimits, Slots

TOWER = Client("192.0.2.1", "tower")


def make_shares(total: int = 10, per_principal: int = 2, per_address: int = 3) -> Slots:
    limits = SlotLimits(total, per_principal=per_principal, per_address=per_address)
    return Slots("exports", limits, setting="history.max_exports", retry_after_seconds=7)


def refusal(shares: Slots, client: Client) -> OverloadedError:
    with pytest.raises(OverloadedError) as caught:
        shares.acquire(client)
    return caught.value


def test_one_principal_gets_its_share_from_however_many_addresses() -> None:
    shares = make_shares()
    for last in (1, 2):
        shares.acquire(Client(f"192.0.2.{last}", "tower"))
    error = refusal(shares, Client("192.0.2.3", "tower"))
    assert (error.bound, error.limit, error.status) == ("principal", 2, 429)
    assert error.setting == "history.max_exports_per_principal"
    assert error.retry_after_seconds == 7
    assert str(error) == (
        "tower has taken all of its 2 places for exports"
        " (history.max_exports_per_principal): end one first, or come back later"
    )
    shares.acquire(Client("192.0.2.1", "other"))


def test_one_address_gets_its_share_under_however_many_names() -> None:
    shares = make_shares()
    for name in ("a", "b", ""):
        shares.acquire(Client("192.0.2.1", name))
    error = refusal(shares, Client("192.0.2.1", "d"))
    assert (error.bound, error.status) == ("address", 429)
    assert "history.max_exports_per_address" in str(error)
    shares.acquire(Client("192.0.2.2", "d"))


def test_what_all_clients_have_taken_is_the_server_s_own_lack() -> None:
    shares = make_shares(total=2)
    shares.acquire(Client("192.0.2.1"))
    shares.acquire(Client("192.0.2.2"))
    error = refusal(shares, Client("192.0.2.3"))
    assert (error.bound, error.limit, error.status) == ("total", 2, 503)
    assert "(history.max_exports): come back later" in str(error)


def test_a_client_without_a_name_is_counted_by_its_address_alone() -> None:
    shares = make_shares(per_principal=1)
    for last in range(5):
        shares.acquire(Client(f"192.0.2.{last}"))
    assert len(shares) == 5


def test_a_refusal_takes_nothing_and_a_released_place_is_free_again() -> None:
    shares = make_shares(per_principal=1)
    for _ in range(100):
        with shares.held(TOWER):
            refusal(shares, TOWER)
            assert len(shares) == shares.held_by("tower") == 1
    assert len(shares) == shares.held_by("tower") == 0


def test_a_place_is_released_by_an_error_in_its_block() -> None:
    shares = make_shares()
    with pytest.raises(ZeroDivisionError), shares.held(TOWER):
        raise ZeroDivisionError
    assert len(shares) == 0


def test_clients_that_have_gone_or_were_refused_are_not_remembered() -> None:
    shares = make_shares(total=1)
    with shares.held(TOWER):
        for last in range(200):
            refusal(shares, Client(f"198.51.100.{last}", f"name {last}"))
    assert not shares._principals
    assert not shares._networks


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::ffff", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::1"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_an_address_of_ipv6_is_counted_with_its_64(address: str, network: str) -> None:
    assert network_of(address) == network
