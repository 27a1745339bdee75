"""Limit how many of something are in use at once: in all, per principal and per address."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Literal

import msgspec

from processor.access.addresses import network_of
from processor.errors import ProcessorError

Bound = Literal["total", "principal", "address"]
"""A limit on all clients, on one principal, or on one address."""

RETRY_AFTER_SECONDS = 5

REMEDIES: Mapping[Bound, str] = {
    "total": "come back later",
    "principal": "end one first, or come back later",
    "address": "end one first, or come back later; if it is a proxy's, http.trusted_proxies is to"
    " name it",
}


class OverloadedError(ProcessorError):
    """A limit is reached; the client may retry later.

    Attributes:
        bound: The limit that is reached.
        limit: How many slots, or bytes, the limit allows.
        setting: The setting that changes the limit; empty for a constant.
        reason: What happened and what to do, for people.
        retry_after_seconds: How long the client should wait.
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
        """The HTTP status: 503 if all clients together reached the limit, else 429."""
        return 503 if self.bound == "total" else 429


class Client(msgspec.Struct, frozen=True):
    """The holder of a slot.

    Attributes:
        address: Its IP address, as the nearest trusted proxy reported it.
        principal: The name of its principal; empty if access control is off.
    """

    address: str
    principal: str = ""


class SlotLimits(msgspec.Struct, frozen=True):
    """How many slots there are, and how many of them one client may hold."""

    total: int
    per_principal: int
    per_address: int


class Slots:
    """Counts slots of one kind. It must be used in the thread of the event loop.

    A client is counted only while it holds a slot, so the counters have at most `total` entries.

    Args:
        what: What the slots are for, for texts such as "all of the 4 places for exports".
        limits: How many slots there are.
        setting: The setting of the total; empty if it is a constant.
        share_setting: The setting of the limits per client. By default it is the setting of the
            total with `_per_principal` or `_per_address`.
        retry_after_seconds: How long a refused client should wait.
    """

    def __init__(
        self,
        what: str,
        limits: SlotLimits,
        *,
        setting: str = "",
        share_setting: str = "",
        retry_after_seconds: int = RETRY_AFTER_SECONDS,
    ) -> None:
        self.limits = limits
        self._what = what
        self._setting = setting
        self._share_setting = share_setting
        self._retry_after_seconds = retry_after_seconds
        self._total = 0
        self._principals: Counter[str] = Counter()
        self._networks: Counter[str] = Counter()

    def __len__(self) -> int:
        """Return how many slots are held."""
        return self._total

    def held_by(self, principal: str) -> int:
        """Return how many slots a principal holds."""
        return self._principals.get(principal, 0)

    def acquire(self, client: Client) -> None:
        """Take a slot. It must be released with an equal client.

        Raises:
            OverloadedError: A limit is reached; no slot was taken.
        """
        network = network_of(client.address)
        self._check(client.principal, network)
        self._total += 1
        self._networks[network] += 1
        if client.principal:
            self._principals[client.principal] += 1

    def release(self, client: Client) -> None:
        """Give a slot back."""
        self._total -= 1
        _take_one(self._networks, network_of(client.address))
        if client.principal:
            _take_one(self._principals, client.principal)

    @contextmanager
    def held(self, client: Client) -> Iterator[None]:
        """Hold a slot within a block.

        Raises:
            OverloadedError: A limit is reached.
        """
        self.acquire(client)
        try:
            yield
        finally:
            self.release(client)

    def _check(self, principal: str, network: str) -> None:
        # The client's own limits first: they tell the client more than the limit of all.
        limits = self.limits
        if principal and self.held_by(principal) >= limits.per_principal:
            raise self._refusal("principal", limits.per_principal, principal)
        if self._networks.get(network, 0) >= limits.per_address:
            raise self._refusal("address", limits.per_address, network)
        if self._total >= limits.total:
            raise self._refusal("total", limits.total, "")

    def _refusal(self, bound: Bound, limit: int, client: str) -> OverloadedError:
        taken = f"{client} has taken all of its" if client else "clients have taken all of the"
        setting = self._setting_of(bound)
        named = f" ({setting})" if setting else ""
        return OverloadedError(
            f"{taken} {limit} places for {self._what}{named}: {REMEDIES[bound]}",
            bound=bound,
            limit=limit,
            setting=setting,
            retry_after_seconds=self._retry_after_seconds,
        )

    def _setting_of(self, bound: Bound) -> str:
        if bound == "total" or not self._setting:
            return self._setting
        return self._share_setting or f"{self._setting}_per_{bound}"


def _take_one(counter: Counter[str], key: str) -> None:
    """Count down, and remove a count of zero."""
    counter[key] -= 1
    if not counter[key]:
        del counter[key]
