"""Limit the open connections, in all and per address, and the unparsed input that they hold."""

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
"""Unparsed input of all clients together: incomplete heads, and what clients send too fast."""

OTHER_FILES = 512
"""File descriptors for everything else: databases, Kafka, the files of the page."""


class SocketLimits(msgspec.Struct, frozen=True):
    """How many connections may be open, in all and from one address."""

    total: int = 10_000
    per_address: int = 10_000


def socket_limits(http: HttpSettings, sse: SseSettings) -> SocketLimits:
    """Return the limits that the settings give.

    By default there are twice as many connections as streams, and four times as many per address.
    """
    return SocketLimits(
        total=http.max_connections or 2 * sse.max_viewers,
        per_address=http.max_connections_per_address or 4 * sse.max_viewers_per_address,
    )


def fit_open_files(limits: SocketLimits) -> SocketLimits:
    """Raise this process's limit on open files to what the connections need, or lower their limit.

    A server without a free file descriptor can neither refuse a connection nor reach its database.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = limits.total + OTHER_FILES
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return limits
    allowed = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    if allowed == needed:
        return limits
    total = max(1, allowed - OTHER_FILES)
    log.warning("connection_limit_lowered", wanted=limits.total, allowed=total, remedy="ulimit -Hn")
    return msgspec.structs.replace(limits, total=total)


class _AddressConnections:
    """The connections of one address: how many, and the idle ones, longest idle first."""

    def __init__(self) -> None:
        self.count = 0
        self.idle: dict[ConnectionSlot, None] = {}


class ConnectionSlot:
    """What one connection counts for, from accept to close."""

    def __init__(
        self,
        connections: "OpenConnections",
        address: str,
        of_address: _AddressConnections,
        close: Callable[[], None],
    ) -> None:
        self.address = address
        self.close = close
        self.of_address = of_address
        self.input_bytes = 0
        self.is_open = True
        self._connections = connections

    def set_idle(self) -> None:
        """Count as idle: no request is being answered, so another connection may replace it."""
        self._connections.set_idle(self)

    def set_busy(self) -> None:
        """Count as busy until `set_idle`."""
        self._connections.set_busy(self)

    def hold(self, input_bytes: int) -> bool:
        """Account for unparsed input; return whether the input of all connections still fits."""
        return self._connections.hold(self, input_bytes)

    def release(self) -> None:
        """Give the slot back; a second call has no effect."""
        self._connections.release(self)

    def refuse(self, reason: str) -> None:
        """Count a refusal, and log the first of its kind in a minute."""
        self._connections.refuse(reason, self.address)


REFUSALS = (
    *("connections_of_address", "connections_in_all"),
    *("input_ahead", "input_in_all", "fragments"),
)
"""Labels of `flightmonitor_http_refused_total`: the bounds of connections and of their input."""


class OpenConnections:
    """Limits the connections of one server, in all and per address.

    At a limit the connection that has been idle for longest, of that address or of all, is closed
    in favour of the new one. If all are busy, the new one is closed.

    Args:
        limits: How many connections may be open.
        proxies: Addresses and networks that have no limit per address: their connections belong to
            many clients.
        registry: Where the metrics are registered.
    """

    def __init__(
        self,
        limits: SocketLimits | None = None,
        *,
        proxies: Sequence[str] = (),
        registry: CollectorRegistry | None = None,
    ) -> None:
        self._limits = limits or SocketLimits()
        self._proxies = [ipaddress.ip_network(proxy) for proxy in proxies]
        self._addresses: dict[str, _AddressConnections] = {}
        self._idle: dict[ConnectionSlot, None] = {}
        self._count = 0
        self._input_bytes = 0
        self._throttle = Throttle()
        registry = registry or CollectorRegistry()
        self._refused = Counter(
            "flightmonitor_http_refused",
            "Connections and requests that were refused before any route saw them, by reason.",
            ["reason"],
            registry=registry,
        )
        for reason in REFUSALS:
            self._refused.labels(reason)
        open_now = Gauge("flightmonitor_http_connections", "Open connections.", registry=registry)
        open_now.set_function(lambda: self._count)
        held = Gauge(
            "flightmonitor_http_waiting_input_bytes",
            "Bytes received and not parsed yet.",
            registry=registry,
        )
        held.set_function(lambda: self._input_bytes)

    def admit(self, address: str, close: Callable[[], None]) -> ConnectionSlot | None:
        """Count a new connection, or return None if it is one too many.

        Args:
            address: The address of its peer.
            close: Closes it at once.
        """
        client, is_proxy = self._client_of(address)
        of_address = self._addresses.get(client) or _AddressConnections()
        if not is_proxy and of_address.count >= self._limits.per_address:
            self.refuse("connections_of_address", address)
            if not self._close_longest_idle(of_address.idle):
                return None
        if self._count >= self._limits.total:
            self.refuse("connections_in_all", address)
            if not self._close_longest_idle(self._idle):
                return None
        slot = ConnectionSlot(self, client, of_address, close)
        self._addresses[client] = of_address
        of_address.count += 1
        self._count += 1
        self.set_idle(slot)
        return slot

    def _close_longest_idle(self, idle: dict[ConnectionSlot, None]) -> bool:
        if not idle:
            return False
        oldest = next(iter(idle))
        close = oldest.close
        self.release(oldest)
        close()
        return True

    def set_idle(self, slot: ConnectionSlot) -> None:
        """Put a connection behind all that are idle already."""
        if not slot.is_open:
            return
        slot.of_address.idle[slot] = None
        self._idle[slot] = None

    def set_busy(self, slot: ConnectionSlot) -> None:
        """Keep a connection from being replaced."""
        slot.of_address.idle.pop(slot, None)
        self._idle.pop(slot, None)

    def hold(self, slot: ConnectionSlot, input_bytes: int) -> bool:
        """Account for a connection's unparsed input; return whether all input fits."""
        if not slot.is_open:
            return False
        self._input_bytes += input_bytes - slot.input_bytes
        slot.input_bytes = input_bytes
        return not input_bytes or self._input_bytes <= MAX_INPUT_BYTES

    def release(self, slot: ConnectionSlot) -> None:
        """Remove a connection; a second call has no effect."""
        if not slot.is_open:
            return
        self.set_busy(slot)
        self.hold(slot, 0)
        slot.is_open = False
        # A connection refers to its slot: without this the two would keep each other in memory.
        slot.close = _nothing
        self._count -= 1
        slot.of_address.count -= 1
        if not slot.of_address.count:
            del self._addresses[slot.address]

    def refuse(self, reason: str, address: str) -> None:
        """Count a refusal, and log the first of its kind in a minute."""
        self._refused.labels(reason).inc()
        left_out = self._throttle.admit(reason)
        if left_out is not None:
            log.warning("http_refused", reason=reason, address=address, left_out=left_out)

    def _client_of(self, address: str) -> tuple[str, bool]:
        """Return the address or network that a connection counts for, and whether it is a proxy."""
        peer = read_address(address)
        is_proxy = peer is not None and any(peer in network for network in self._proxies)
        return network_of(address), is_proxy


def _nothing() -> None:
    """Stand in for `close` of a closed connection."""
