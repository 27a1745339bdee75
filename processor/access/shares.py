"""Count the places that clients hold: a bound in all, and a share per principal and address."""

import ipaddress
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import msgspec

from processor.errors import ProcessorError

Bound = Literal["total", "principal", "address"]

RETRY_AFTER_SECONDS = 5

NETWORK_BITS_V6 = 64
"""What one subscriber line gets of IPv6: a client that has one address there has all of them."""


class OverloadedError(ProcessorError):
    """No place is left for this client: come back later.

    Attributes:
        bound: Which one was met: that of all clients, or a share of this one.
        limit: How many places it allows.
        setting: Which changes it; empty for a constant.
        reason: What happened and what to do, for people.
        retry_after_seconds: When to ask again.
    """

    def __init__(
        self,
        reason: str,
        *,
        bound: Bound,
        limit: int,
        setting: str = "",
        retry_after_seconds: int = RETRY_AFTER_SECONDS,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.bound = bound
        self.limit = limit
        self.setting = setting
        self.retry_after_seconds = retry_after_seconds

    @property
    def status(self) -> Literal[429, 503]:
        """The HTTP status: what all clients together have taken is the server's own lack."""
        return 503 if self.bound == "total" else 429


class Client(msgspec.Struct, frozen=True):
    """Which client holds a place.

    Attributes:
        address: Of the network, as the nearest trusted proxy has seen it.
        principal: Its name; empty where access control is off.
    """

    address: str
    principal: str = ""


class ShareLimits(msgspec.Struct, frozen=True):
    """How many places there are, and how many of them one client may hold."""

    total: int
    per_principal: int
    per_address: int


class Shares:
    """Counts one kind of place; for the event loop's thread only.

    A count is kept for as long as its place is held, so the counters are no larger than `total`.

    Args:
        what: The places, in the plural, for texts such as "4 exports are under way".
        limits: How many there are.
        setting: The setting of the total; those of the shares have its name and `_per_principal`
            or `_per_address`. Empty if they are constants.
        retry_after_seconds: When a refused client is to ask again.
    """

    def __init__(
        self,
        what: str,
        limits: ShareLimits,
        *,
        setting: str = "",
        retry_after_seconds: int = RETRY_AFTER_SECONDS,
    ) -> None:
        self.limits = limits
        self._what = what
        self._setting = setting
        self._retry_after_seconds = retry_after_seconds
        self._total = 0
        self._principals: Counter[str] = Counter()
        self._networks: Counter[str] = Counter()

    def __len__(self) -> int:
        """Return how many places are held."""
        return self._total

    def held_by(self, principal: str) -> int:
        """Return how many places a principal holds."""
        return self._principals.get(principal, 0)

    def acquire(self, client: Client) -> None:
        """Take a place; it must be released with an equal client.

        Raises:
            OverloadedError: A bound is met; nothing was taken.
        """
        network = network_of(client.address)
        self._check(client.principal, network)
        self._total += 1
        self._networks[network] += 1
        if client.principal:
            self._principals[client.principal] += 1

    def release(self, client: Client) -> None:
        """Give a place back."""
        self._total -= 1
        _take_one(self._networks, network_of(client.address))
        if client.principal:
            _take_one(self._principals, client.principal)

    @contextmanager
    def held(self, client: Client) -> Iterator[None]:
        """Hold a place within a block.

        Raises:
            OverloadedError: A bound is met.
        """
        self.acquire(client)
        try:
            yield
        finally:
            self.release(client)

    def _check(self, principal: str, network: str) -> None:
        # A client's own share first: it says more than that there is no place for anyone.
        limits = self.limits
        if principal and self.held_by(principal) >= limits.per_principal:
            raise self._refusal("principal", limits.per_principal, f" of {principal}")
        if self._networks.get(network, 0) >= limits.per_address:
            raise self._refusal("address", limits.per_address, f" of {network}")
        if self._total >= limits.total:
            raise self._refusal("total", limits.total, "")

    def _refusal(self, bound: Bound, limit: int, of_client: str) -> OverloadedError:
        setting = self._setting
        if setting and bound != "total":
            setting = f"{setting}_per_{bound}"
        place = f" ({setting})" if setting else ""
        remedy = "come back later" if bound == "total" else "end one first, or come back later"
        if bound == "address":
            remedy += "; http.trusted_proxies names a proxy that many clients share"
        return OverloadedError(
            f"all {limit} {self._what}{of_client} are in use{place}: {remedy}",
            bound=bound,
            limit=limit,
            setting=setting,
            retry_after_seconds=self._retry_after_seconds,
        )


def network_of(address: str) -> str:
    """Return what is counted as one address: itself, or its /64 where it is IPv6."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv4Address):
        return str(ip)
    if ip.ipv4_mapped is not None:
        return str(ip.ipv4_mapped)
    return str(ipaddress.ip_network((int(ip), NETWORK_BITS_V6), strict=False))


def _take_one(counter: Counter[str], key: str) -> None:
    """Count down, and forget what has come to nothing."""
    counter[key] -= 1
    if not counter[key]:
        del counter[key]
