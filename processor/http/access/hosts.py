"""Check the Host header, which protects a server on loopback from DNS rebinding."""

import ipaddress
import re
from collections.abc import Sequence

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from processor.http.access.root_path import route_path

THIS_MACHINE = ("localhost", "127.0.0.1", "[::1]")
"""Always accepted: a page of another host cannot have one of these names."""

PROBES = frozenset({"/health", "/ready"})
"""Paths that accept every Host header, and none: HAProxy's httpchk sends none, and a kubelet sends
the pod's address. Their responses hold no flight data."""

IS_OTHER_HOST = "is_other_host"
"""Key in the state of a request for a probe whose Host header is not accepted."""

_HOST = re.compile(r"(?P<name>[a-z0-9._-]+|\[(?P<ip>[0-9a-f:.]+)\])(?::[0-9]{1,5})?", re.IGNORECASE)


def accepted_hosts(configured: Sequence[str], address: str) -> Sequence[str]:
    """Return the accepted names; an empty result accepts every well-formed name.

    Args:
        configured: The setting `http.allowed_hosts`.
        address: The address that the socket is bound to.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if not configured and not ip.is_loopback:
        return ()
    return (*THIS_MACHINE, f"[{ip}]" if ip.version == 6 else str(ip), *configured)  # noqa: PLR2004


class HostCheck:
    """Rejects requests with another Host header before anything else runs.

    Starlette's TrustedHostMiddleware passes a malformed Host header if every name is accepted, and
    its response does not say what to do.
    """

    def __init__(self, app: ASGIApp, *, accepted: Sequence[str]) -> None:
        self._app = app
        self._exact = frozenset(name for name in accepted if not name.startswith("*"))
        self._suffixes = tuple(name[1:] for name in accepted if name.startswith("*"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application, or respond with 400."""
        if scope["type"] not in {"http", "websocket"} or self._is_accepted(scope):
            await self._app(scope, receive, send)
            return
        if scope["type"] == "http" and route_path(scope) in PROBES:
            marked = {**scope, "state": {**scope.get("state", {}), IS_OTHER_HOST: True}}
            await self._app(marked, receive, send)
            return
        body = {
            "error": "invalid_host",
            "reason": "the Host header names a host that is not served here: "
            "add the public name, without port, to http.allowed_hosts",
        }
        await JSONResponse(body, status_code=400)(scope, receive, send)

    def _is_accepted(self, scope: Scope) -> bool:
        given = [value for name, value in scope["headers"] if name == b"host"]
        name = _name(given[0].decode("latin-1")) if len(given) == 1 else None
        if name is None:
            return False
        accepts_all = not self._exact and not self._suffixes
        return accepts_all or name in self._exact or name.endswith(self._suffixes)


def _name(host: str) -> str | None:
    """Return the header without the port, or None if it is malformed."""
    match = _HOST.fullmatch(host)
    if match is None:
        return None
    if match["ip"] is not None:
        try:
            ipaddress.IPv6Address(match["ip"])
        except ValueError:
            return None
    return match["name"].lower()
