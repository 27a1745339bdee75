"""The address that a service listens on, and the URL under which it can be opened."""

import ipaddress
import re

_ANY_NAMED = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - to name it, not to bind it
_NAME = re.compile(r"[a-zA-Z0-9_-]+(\.[a-zA-Z0-9_-]+)*\.?")


def read_host(text: str) -> str:
    """Return an address or name to bind; the brackets of IPv6, as URLs have them, are taken off.

    Raises:
        ValueError: It is neither, or has a port or a scheme.
    """
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    if _is_ipv6(bare) or (bare == text and _NAME.fullmatch(text)):
        return bare
    raise ValueError("an address or a name is needed, without port or scheme: 127.0.0.1, ::1")


def is_loopback(host: str) -> bool:
    """Whether a name or address, without brackets, can be none but this machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def url_of(host: str, port: int) -> str:
    """Return a URL that opens what listens there, on this machine where that is everywhere."""
    host = _ANY_NAMED.get(host, host)
    # RFC 6874: the % before the zone of a link-local address is itself escaped.
    return f"http://[{host.replace('%', '%25')}]:{port}" if ":" in host else f"http://{host}:{port}"


def _is_ipv6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True
