"""Read addresses of the network, and say which of them count as one client."""

import ipaddress
from typing import TypeAlias

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

NETWORK_BITS_V6 = 64
"""What providers give to one customer (RFC 6177): a client that has one address has all of them."""


def parse_address(text: str) -> Address | None:
    """Return an address, one of IPv4 also where it is written as IPv6; None if it is none.

    The zone of a link-local address is left out: it names an interface, or is any text at all.
    """
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def network_of(text: str) -> str:
    """Return what is counted as one address: itself, or its /64 where it is IPv6."""
    address = parse_address(text)
    if address is None:
        return text
    if isinstance(address, ipaddress.IPv4Address) or address.is_loopback:
        return str(address)
    return str(ipaddress.ip_network((address, NETWORK_BITS_V6), strict=False))
