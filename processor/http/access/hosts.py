"""SERVE: the names under which requests may come (against DNS rebinding)."""

import ipaddress
import re
from collections.abc import Sequence

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

THIS_MACHINE = ("localhost", "127.0.0.1", "[::1]")
"""Always welcome: no page of elsewhere can have one of these names."""

PROBES = frozenset({"/health", "/ready"})
"""Answered under every name and under none: HAProxy's httpchk sends no Host, a kubelet the pod's
address. Neither holds data."""

IS_OTHER_HOST = "is_other_host"
"""In the state of a request for a probe that came under another name."""

_HOST = re.compile(r"(?P<name>[a-z0-9._-]+|\[(?P<ip>[0-9a-f:.]+)\])(?::[0-9]{1,5})?", re.IGNORECASE)


def accepted_hosts(configured: Sequence[str], address: str) -> Sequence[str]:
    """Return the names that are welcome; none means all that are names.

    Args:
        configured: `http.allowed_hosts`.
        address: What the socket is bound to.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if not configured and not ip.is_loopback:
        return ()
    return (*THIS_MACHINE, f"[{ip}]" if ip.version == 6 else str(ip), *configured)  # noqa: PLR2004


class HostCheck:
    """Refuses other names before anything else is done; what is sent passes by untouched.

    Starlette's TrustedHostMiddleware lets a malformed Host through wherever all names are welcome,
    and its answer does not say what to do.
    """

    def __init__(self, app: ASGIApp, *, accepted: Sequence[str]) -> None:
        self._app = app
        self._exact = frozenset(name for name in accepted if not name.startswith("*"))
        self._endings = tuple(name[1:] for name in accepted if name.startswith("*"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or answer 400."""
        if scope["type"] not in {"http", "websocket"} or self._is_welcome(scope):
            await self._app(scope, receive, send)
            return
        if scope["type"] == "http" and scope["path"] in PROBES:
            marked = {**scope, "state": {**scope.get("state", {}), IS_OTHER_HOST: True}}
            await self._app(marked, receive, send)
            return
        refusal = {
            "error": "invalid_host",
            "reason": "the Host header names no host that is served here: "
            "add the public name, without port, to http.allowed_hosts",
        }
        await JSONResponse(refusal, status_code=400)(scope, receive, send)

    def _is_welcome(self, scope: Scope) -> bool:
        given = [value for name, value in scope["headers"] if name == b"host"]
        name = _name(given[0].decode("latin-1")) if len(given) == 1 else None
        if name is None:
            return False
        welcomes_all = not self._exact and not self._endings
        return welcomes_all or name in self._exact or name.endswith(self._endings)


def _name(host: str) -> str | None:
    """Return the header without the port, or None where it is malformed."""
    match = _HOST.fullmatch(host)
    if match is None:
        return None
    if match["ip"] is not None:
        try:
            ipaddress.IPv6Address(match["ip"])
        except ValueError:
            return None
    return match["name"].lower()
