"""X-Forwarded-For is used only from trusted proxies, and only for addresses."""

import asyncio
import socket

import httpx2
import pytest
from fastapi import FastAPI, Request
from starlette.types import Receive, Scope, Send
from structlog.testing import capture_logs

from configuration.shared_sections import HttpSettings
from processor.http.access.proxies import TrustedProxies
from processor.http.server.server import create_server, listen
from processor.settings import ProcessorSettings

PROXY, INNER_PROXY, CLIENT = "10.0.0.1", "10.0.0.2", "203.0.113.7"


async def seen_by_the_app(
    peer: str, *forwarded: str, trusted: tuple[str, ...] = ("10.0.0.0/8",), proto: str | None = None
) -> Scope:
    """Return the scope of a request that came from a peer with these headers."""
    seen: list[Scope] = []

    async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
        seen.append(scope)

    headers = [(b"x-forwarded-for", value.encode("latin-1")) for value in forwarded]
    if proto is not None:
        headers.append((b"x-forwarded-proto", proto.encode()))
    scope: Scope = {"type": "http", "client": (peer, 5), "scheme": "http", "headers": headers}
    unused: Receive | Send | None = None
    await TrustedProxies(app, trusted=trusted)(scope, unused, unused)  # type: ignore[arg-type]
    return seen[0]


async def client(peer: str, *forwarded: str, trusted: tuple[str, ...] = ("10.0.0.0/8",)) -> str:
    """Return the address of the client that the application sees."""
    scope = await seen_by_the_app(peer, *forwarded, trusted=trusted)
    return str(scope["client"][0])


async def test_by_default_no_header_is_trusted() -> None:
    """Without trusted proxies the peer is the client."""
    assert HttpSettings().trusted_proxies == ()
    assert await client("127.0.0.1", CLIENT, trusted=()) == "127.0.0.1"
    assert await client("::1", CLIENT, trusted=()) == "::1"
    scope = await seen_by_the_app("127.0.0.1", trusted=(), proto="https")
    assert scope["scheme"] == "http"


async def test_the_rightmost_address_that_is_not_a_proxys_counts() -> None:
    """The client itself may have written what stands to the left of it."""
    assert await client(PROXY, CLIENT) == CLIENT
    assert await client(PROXY, f"198.51.100.1, {CLIENT}") == CLIENT
    assert await client(PROXY, f"198.51.100.1, {CLIENT}, {INNER_PROXY}") == CLIENT
    assert await client(PROXY, "198.51.100.1", f"{CLIENT}, {INNER_PROXY}") == CLIENT
    assert await client(CLIENT, "198.51.100.1") == CLIENT


async def test_a_chain_of_proxies_alone_is_the_outermost_of_them() -> None:
    """The proxy itself may send a request, such as a probe."""
    assert await client(PROXY, "10.0.0.3, 10.0.0.2") == "10.0.0.3"


@pytest.mark.parametrize(
    "garbage",
    [
        "",
        ",",
        "unknown",
        "_hidden",
        "203.0.113.7.9",
        "203.0.113.7\x00",
        "fe80::1%" + "x" * 60_000,
        "[2001:db8::1",
        "2001:db8::1]:5",
        "203.0.113.7:port",
        "\xff\xfe",
        "a" * 60_000,
        ", ".join(["unknown"] * 10_000),
    ],
)
async def test_what_is_no_address_is_the_peers(garbage: str) -> None:
    """Text that is not an address neither fails nor counts as a client of its own."""
    assert await client(PROXY, garbage) == PROXY
    assert await client(PROXY, f"{CLIENT}, {garbage}") == PROXY


async def test_long_chains_of_proxies_are_not_followed() -> None:
    """The work for one header is bounded."""
    assert (await client(PROXY, ", ".join([CLIENT, *[INNER_PROXY] * 10_000]))).startswith("10.")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (f"{CLIENT}:4711", CLIENT),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("[2001:DB8:0::1]", "2001:db8::1"),
        (f"::ffff:{CLIENT}", CLIENT),
        (f'"{CLIENT}"', PROXY),
    ],
)
async def test_one_address_is_one_client_however_it_is_written(written: str, meant: str) -> None:
    """Otherwise each spelling of an address would have limits of its own."""
    assert await client(PROXY, written) == meant


async def test_a_proxy_is_known_also_on_a_socket_for_both_protocols() -> None:
    """On such a socket IPv4 addresses appear as IPv6."""
    assert await client(f"::ffff:{PROXY}", CLIENT) == CLIENT
    assert await client(f"::ffff:{CLIENT}") == CLIENT


@pytest.mark.parametrize(
    ("proto", "scheme"),
    [
        ("https", "https"),
        ("HTTPS", "https"),
        ("ftp", "http"),
        ("https, http", "http"),
        ("", "http"),
    ],
)
async def test_the_scheme_is_the_proxys(proto: str, scheme: str) -> None:
    """The header of the nearest proxy counts, if it is http or https."""
    assert (await seen_by_the_app(PROXY, proto=proto))["scheme"] == scheme
    assert (await seen_by_the_app(CLIENT, proto=proto))["scheme"] == "http"


async def test_a_header_that_is_not_believed_is_said_once() -> None:
    """The log names the setting once, and a flood cannot fill it."""

    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        pass

    proxies = TrustedProxies(app, trusted=())
    headers = [(b"x-forwarded-for", CLIENT.encode())]
    scope: Scope = {"type": "http", "client": (PROXY, 5), "scheme": "http", "headers": headers}
    with capture_logs() as logs:
        for _ in range(3):
            await proxies(scope, None, None)  # type: ignore[arg-type]
    [line] = logs
    assert line["event"] == "forwarded_header_ignored"
    assert line["peer"] == PROXY
    assert "http.trusted_proxies" in line["remedy"]


@pytest.mark.parametrize("wrong", ["*", "proxy.example", "10.0.0.1/8", "10.0.0.0/33", "unix:"])
def test_a_proxy_is_an_address_or_a_network(wrong: str) -> None:
    """A proxy given by a name or a wrong address would never be recognised."""
    with pytest.raises(ValueError, match="an address or a network"):
        HttpSettings(trusted_proxies=(wrong,))


async def test_the_server_trusts_what_the_settings_say_and_no_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The variable FORWARDED_ALLOW_IPS of uvicorn is not read."""
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
    app = FastAPI()

    @app.get("/who")
    async def who(request: Request) -> list[str]:
        assert request.client is not None
        return [request.client.host, request.url.scheme]

    headers = {"X-Forwarded-For": CLIENT, "X-Forwarded-Proto": "https"}
    for trusted, expected in (
        (ProcessorSettings().http.trusted_proxies, ["127.0.0.1", "http"]),
        (("127.0.0.1",), [CLIENT, "https"]),
    ):
        listener: socket.socket = listen("127.0.0.1", 0, write_deadline_seconds=5)
        server = create_server(app, trusted_proxies=trusted)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        async with httpx2.AsyncClient() as asker:
            port = listener.getsockname()[1]
            answer = await asker.get(f"http://127.0.0.1:{port}/who", headers=headers)
        server.should_exit = True
        await serving
        assert answer.json() == expected
