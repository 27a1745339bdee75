"""Parse IP addresses, and group those that count as one client."""

import ipaddress
from typing import TypeAlias

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

NETWORK_BITS_V6 = 64
"""The network that a provider assigns to one customer (RFC 6177), who can use all its addresses."""


def parse_address(text: str) -> Address | None:
    """Return an address, or None if the text is not one. An IPv4-mapped IPv6 address becomes IPv4.

    The zone of a link-local address is dropped, since a client can put any text there.
    """
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def network_of(text: str) -> str:
    """Return what counts as one address: an IPv4 address itself, and the /64 of an IPv6 address."""
    address = parse_address(text)
    if address is None:
        return text
    if isinstance(address, ipaddress.IPv4Address) or address.is_loopback:
        return str(address)
    return str(ipaddress.ip_network((address, NETWORK_BITS_V6), strict=False))
