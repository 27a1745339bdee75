"""Limits on open connections, in all and from one address."""

import asyncio
import contextlib
import resource
from collections.abc import AsyncIterator

import pytest
from prometheus_client import CollectorRegistry

from configuration.shared_sections import HttpSettings
from processor.http.server.connections import (
    MAX_INPUT_BYTES,
    ConnectionSlot,
    OpenConnections,
    SocketLimits,
    fit_open_files,
    socket_limits,
)
from processor.settings import SseSettings
from testkit.application import Application


class _Door:
    """The connections of a server, and the names of those that were closed."""

    def __init__(self, *, in_all: int = 100, per_address: int = 100, proxies: str = "") -> None:
        self.registry = CollectorRegistry()
        self.closed: list[str] = []
        self.connections = OpenConnections(
            SocketLimits(total=in_all, per_address=per_address),
            proxies=proxies.split(),
            registry=self.registry,
        )

    def enter(self, name: str, address: str = "192.0.2.1") -> ConnectionSlot | None:
        return self.connections.admit(address, lambda: self.closed.append(name))

    def enter_busy(self, name: str, address: str = "192.0.2.1") -> None:
        place = self.enter(name, address)
        assert place is not None
        place.set_busy()

    @property
    def open(self) -> float | None:
        return self.registry.get_sample_value("flightmonitor_http_connections")


def test_an_address_has_a_share() -> None:
    """Other addresses have their own limit."""
    door = _Door(per_address=2)
    for name in ("first", "second"):
        door.enter_busy(name)
    assert door.enter("third") is None
    assert door.enter("of another address", "192.0.2.2") is not None
    refused = {"reason": "connections_of_address"}
    assert door.registry.get_sample_value("flightmonitor_http_refused_total", refused) == 1
    assert (door.closed, door.open) == ([], 3)


def test_the_one_that_has_waited_longest_gives_way() -> None:
    """A busy connection does not give way, nor one of another address."""
    door = _Door(per_address=3)
    door.enter("of another address", "192.0.2.2")
    door.enter_busy("busy")
    waits_again = door.enter("answered")
    door.enter("idle")
    assert waits_again is not None
    waits_again.set_busy()
    waits_again.set_idle()
    assert door.enter("new") is not None
    assert (door.closed, door.open) == (["idle"], 4)
    assert door.enter("newer") is not None
    assert door.closed == ["idle", "answered"]


def test_there_is_a_bound_in_all() -> None:
    """The connection that is idle for longest is closed; if all are busy, the new one is."""
    door = _Door(in_all=2)
    door.enter_busy("busy")
    door.enter("idle", "192.0.2.2")
    assert door.enter("new", "192.0.2.3") is not None
    assert (door.closed, door.open) == (["idle"], 2)
    door = _Door(in_all=1)
    door.enter_busy("busy")
    assert door.enter("new", "192.0.2.3") is None
    assert (door.closed, door.open) == ([], 1)


def test_a_place_is_given_back_once() -> None:
    """The first event that ends the connection releases its slot."""
    door = _Door(per_address=1)
    first = door.enter("first")
    door.enter("second")
    assert (door.closed, door.open) == (["first"], 1)
    assert first is not None
    first.set_idle()
    first.set_busy()
    first.release()
    assert door.open == 1
    assert not first.hold(1)


@pytest.mark.parametrize(
    ("address", "proxies"),
    [
        ("10.1.2.3", "10.0.0.0/8"),
        ("::ffff:10.1.2.3", "10.1.2.3"),
        ("fd00::1", "fd00::1"),
    ],
)
def test_a_trusted_proxy_has_no_share(address: str, proxies: str) -> None:
    """It has many clients; only the total limit applies."""
    door = _Door(per_address=1, in_all=3, proxies=proxies)
    for number in range(3):
        door.enter_busy(str(number), address)
    assert door.enter("one too many", address) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2001:db8::1", "2001:db8::ffff:1"),
        ("192.0.2.1", "::ffff:192.0.2.1"),
        ("fe80::1%eth0", "fe80::2%eth0"),
    ],
)
def test_addresses_of_one_client_share(one: str, other: str) -> None:
    """A provider gives each customer a whole /64 of IPv6."""
    door = _Door(per_address=1)
    door.enter_busy("one", one)
    assert door.enter("other", other) is None
    assert door.enter("elsewhere", "2001:db8:0:1::1") is not None


def test_input_of_all_clients_is_bounded() -> None:
    """A client without input is never refused for the input of others."""
    door = _Door()
    greedy, modest = door.enter("greedy"), door.enter("modest")
    assert greedy is not None
    assert modest is not None
    assert greedy.hold(MAX_INPUT_BYTES)
    assert not modest.hold(1)
    assert modest.hold(0)
    greedy.release()
    assert modest.hold(1)


def test_shares_follow_those_of_streams_unless_set() -> None:
    """An operator who allows more streams need not change the connections."""
    streams = SseSettings(max_viewers=300, max_viewers_per_address=20)
    assert socket_limits(HttpSettings(), streams) == SocketLimits(total=600, per_address=80)
    http = HttpSettings(max_connections=7, max_connections_per_address=3)
    assert socket_limits(http, streams) == SocketLimits(total=7, per_address=3)


def test_no_more_connections_than_descriptors(monkeypatch: pytest.MonkeyPatch) -> None:
    """The soft limit is raised; if the hard limit is too low, fewer connections are allowed."""
    raised: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, 4096))
    monkeypatch.setattr(resource, "setrlimit", lambda _, both: raised.append(both))
    assert fit_open_files(SocketLimits(total=2_000)).total == 2_000
    assert fit_open_files(SocketLimits(total=10_000)).total == 4096 - 512
    assert fit_open_files(SocketLimits(total=100)).total == 100
    assert raised == [(2_512, 4096), (4096, 4096)]


@pytest.fixture
async def small_door() -> AsyncIterator[tuple[int, CollectorRegistry]]:
    """A real server with room for two connections of an address."""
    registry = CollectorRegistry()
    application = Application()
    async with application.serving(OpenConnections(SocketLimits(per_address=2), registry=registry)):
        yield application.port, registry


async def test_a_connection_too_many_is_closed_at_once(
    small_door: tuple[int, CollectorRegistry],
) -> None:
    """Streams hold the slots, and a slot is free as soon as one ends."""
    port, registry = small_door
    async with asyncio.timeout(20):
        stream = b"GET /sse/flights HTTP/1.1\r\nHost: localhost\r\n\r\n"
        upgrade = (
            b"GET /ws/flights HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
            b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        writers = []
        for request in (stream, upgrade):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(request)
            await reader.readuntil(b"\r\n\r\n")
            writers.append(writer)
        assert registry.get_sample_value("flightmonitor_http_connections") == 2
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        with contextlib.suppress(ConnectionError):
            assert await reader.read() == b""
        writer.close()
        for writer in writers:
            writer.transport.abort()
        while registry.get_sample_value("flightmonitor_http_connections"):  # noqa: ASYNC110 - the server's
            await asyncio.sleep(0.01)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 404")
        writer.close()
