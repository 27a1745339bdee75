"""SERVE: how many connections are open, whose they are, and what they let the server hold."""

import ipaddress
import resource
from collections.abc import Callable, Sequence

import msgspec
import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge

from configuration.log_throttle import Throttle
from configuration.shared_sections import HttpSettings
from processor.access.addresses import network_of
from processor.http.access.proxies import read_address
from processor.settings import SseSettings

log = structlog.get_logger()

MAX_INPUT_BYTES = 64 * 1024 * 1024
"""Of all clients together: heads that are not complete, and what a client sends too fast."""

OTHER_FILES = 512
"""Descriptors for everything else: databases, Kafka, the page's files."""


class Bounds(msgspec.Struct, frozen=True):
    """How many connections may be open, in all and from one address."""

    in_all: int = 10_000
    per_address: int = 10_000


def bounds_of(http: HttpSettings, sse: SseSettings) -> Bounds:
    """Return what the settings allow; by default what the streams need, and as much again."""
    return Bounds(
        in_all=http.max_connections or 2 * sse.max_viewers,
        per_address=http.max_connections_per_address or 4 * sse.max_viewers_per_address,
    )


def fit_open_files(bounds: Bounds) -> Bounds:
    """Raise this process's limit on open files to what the bounds need, or lower the bounds.

    A server without a descriptor left can neither refuse a connection nor reach its database.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = bounds.in_all + OTHER_FILES
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return bounds
    allowed = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    if allowed == needed:
        return bounds
    in_all = max(1, allowed - OTHER_FILES)
    log.warning("fewer_connections", asked=bounds.in_all, allowed=in_all, remedy="ulimit -Hn")
    return msgspec.structs.replace(bounds, in_all=in_all)


class _Share:
    """The connections of one address."""

    def __init__(self) -> None:
        self.count = 0
        self.waiting: dict[Place, None] = {}


class Place:
    """What one connection takes of the bounds, from accept to its end."""

    def __init__(
        self, connections: "Connections", address: str, share: _Share, close: Callable[[], None]
    ) -> None:
        self.address = address
        self.close = close
        self.share = share
        self.held_bytes = 0
        self.is_open = True
        self._connections = connections

    def waits(self) -> None:
        """Count as idle: no request of it is being answered, so it can give way to another."""
        self._connections.waits(self)

    def serves(self) -> None:
        """Count as busy until `waits`."""
        self._connections.serves(self)

    def hold(self, held_bytes: int) -> bool:
        """Account for input that waits in memory; return whether all of it still fits."""
        return self._connections.hold(self, held_bytes)

    def leave(self) -> None:
        """Give everything back; may be called again."""
        self._connections.leave(self)

    def refuse(self, reason: str) -> None:
        """Count a refusal, and log the first of its kind in a minute."""
        self._connections.refuse(reason, self.address)


class Connections:
    """Bounds the connections of one server, in all and per address.

    At a bound the idle connection that has waited longest for a request, of that address or of all,
    is closed in favour of the new one; if all are busy, the new one is closed.

    Args:
        bounds: How many.
        proxies: Addresses and networks whose connections are others': no share is counted for them.
        registry: Where the metrics go.
    """

    def __init__(
        self,
        bounds: Bounds | None = None,
        *,
        proxies: Sequence[str] = (),
        registry: CollectorRegistry | None = None,
    ) -> None:
        self._bounds = bounds or Bounds()
        self._proxies = [ipaddress.ip_network(proxy) for proxy in proxies]
        self._shares: dict[str, _Share] = {}
        self._waiting: dict[Place, None] = {}
        self._count = 0
        self._held_bytes = 0
        self._throttle = Throttle()
        registry = registry or CollectorRegistry()
        self._refused = Counter(
            "http_refused",
            "Connections and requests that were refused before any route saw them, by reason.",
            ["reason"],
            registry=registry,
        )
        open_now = Gauge("http_connections", "Open connections.", registry=registry)
        open_now.set_function(lambda: self._count)
        held = Gauge("http_waiting_input_bytes", "Received and not parsed yet.", registry=registry)
        held.set_function(lambda: self._held_bytes)

    def admit(self, address: str, close: Callable[[], None]) -> Place | None:
        """Count a new connection, or return None where it is one too many.

        Args:
            address: Of its peer.
            close: Ends it at once.
        """
        client, is_proxy = self._client_of(address)
        share = self._shares.get(client) or _Share()
        if not is_proxy and share.count >= self._bounds.per_address:
            self.refuse("connections_of_address", address)
            if not self._end_oldest(share.waiting):
                return None
        if self._count >= self._bounds.in_all:
            self.refuse("connections_in_all", address)
            if not self._end_oldest(self._waiting):
                return None
        place = Place(self, client, share, close)
        self._shares[client] = share
        share.count += 1
        self._count += 1
        self.waits(place)
        return place

    def _end_oldest(self, waiting: dict[Place, None]) -> bool:
        if not waiting:
            return False
        oldest = next(iter(waiting))
        close = oldest.close
        self.leave(oldest)
        close()
        return True

    def waits(self, place: Place) -> None:
        """Put it behind all that wait already."""
        if not place.is_open:
            return
        place.share.waiting[place] = None
        self._waiting[place] = None

    def serves(self, place: Place) -> None:
        """Keep it from giving way."""
        place.share.waiting.pop(place, None)
        self._waiting.pop(place, None)

    def hold(self, place: Place, held_bytes: int) -> bool:
        """Account for its waiting input; return whether all input fits."""
        if not place.is_open:
            return False
        self._held_bytes += held_bytes - place.held_bytes
        place.held_bytes = held_bytes
        return not held_bytes or self._held_bytes <= MAX_INPUT_BYTES

    def leave(self, place: Place) -> None:
        """Forget it, if that has not been done."""
        if not place.is_open:
            return
        self.serves(place)
        self.hold(place, 0)
        place.is_open = False
        place.close = _nothing  # the connection refers to its place, and would keep itself alive
        self._count -= 1
        place.share.count -= 1
        if not place.share.count:
            del self._shares[place.address]

    def refuse(self, reason: str, address: str) -> None:
        """Count, and log the first of its kind in a minute."""
        self._refused.labels(reason).inc()
        left_out = self._throttle.admit(reason)
        if left_out is not None:
            log.warning("http_refused", reason=reason, address=address, left_out=left_out)

    def _client_of(self, address: str) -> tuple[str, bool]:
        """Return whose share counts, and whether it is a proxy, which has none."""
        peer = read_address(address)
        is_proxy = peer is not None and any(peer in network for network in self._proxies)
        return network_of(address), is_proxy


def _nothing() -> None:
    """Close what is closed."""
