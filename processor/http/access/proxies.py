"""Take the client's address and scheme from the headers of trusted proxies."""

import ipaddress
import re
from collections.abc import Sequence

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from processor.access.addresses import Address, parse_address

log = structlog.get_logger()

MAX_HOPS = 16
"""Addresses of X-Forwarded-For that are read, from the right: the longest chain of proxies."""

MAX_ADDRESS_CHARACTERS = 64
"""More than any address with a port has."""

_SCHEMES = {"http": ("http", "ws"), "https": ("https", "wss")}
_WITH_PORT = re.compile(r"\[(?P<ipv6>[^\]]+)\](:[0-9]{1,5})?|(?P<ipv4>[0-9.]+):[0-9]{1,5}")

REMEDY = (
    "if this peer is your proxy, add its address to http.trusted_proxies; until then all its"
    " clients count as one"
)


class TrustedProxies:
    """Replaces the address of a trusted proxy by the address of its client.

    uvicorn's own middleware does not check that the header holds addresses, trusts 127.0.0.1 by
    default, and reads the environment variable FORWARDED_ALLOW_IPS.
    """

    def __init__(self, app: ASGIApp, *, trusted: Sequence[str]) -> None:
        self._app = app
        self._trusted = [ipaddress.ip_network(each) for each in trusted]
        self._has_warned = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application with the client's address and the scheme that the client used."""
        if scope["type"] in {"http", "websocket"} and scope.get("client"):
            scope = {**scope, **self._corrected(scope)}
        await self._app(scope, receive, send)

    def _corrected(self, scope: Scope) -> dict[str, object]:
        host, port = scope["client"]
        peer = read_address(host)
        if peer is None:
            return {}
        forwarded = _values(scope, b"x-forwarded-for")
        if not self._trusts(peer):
            if forwarded:
                self._warn_once(peer)
            return {"client": (str(peer), port)}
        client = self._client(peer, forwarded)
        return {
            "client": (str(client), port if client == peer else 0),
            "scheme": _scheme(scope, _values(scope, b"x-forwarded-proto")),
        }

    def _client(self, peer: Address, forwarded: Sequence[str]) -> Address:
        """Return the rightmost address that is not a trusted proxy's.

        Each proxy appends the address of its peer. If one appended no valid address, the proxy
        itself is the client.
        """
        client = peer
        for hop in reversed(",".join(forwarded).rsplit(",", MAX_HOPS)):
            address = read_address(hop.strip())
            if address is None or not self._trusts(client):
                break
            client = address
        return client

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self._trusted)

    def _warn_once(self, peer: Address) -> None:
        if not self._has_warned:
            self._has_warned = True
            log.warning("forwarded_header_ignored", peer=str(peer), remedy=REMEDY)


def read_address(text: str) -> Address | None:
    """Parse an address with or without a port. An IPv4-mapped IPv6 address becomes IPv4."""
    if len(text) > MAX_ADDRESS_CHARACTERS:
        return None
    with_port = _WITH_PORT.fullmatch(text)
    return parse_address((with_port["ipv6"] or with_port["ipv4"]) if with_port else text)


def _scheme(scope: Scope, values: Sequence[str]) -> str:
    reported = values[-1].strip().lower() if values else ""
    of_http, of_websocket = _SCHEMES.get(reported, (scope["scheme"], scope["scheme"]))
    return of_websocket if scope["type"] == "websocket" else of_http


def _values(scope: Scope, wanted: bytes) -> list[str]:
    return [value.decode("latin-1") for name, value in scope["headers"] if name == wanted]
