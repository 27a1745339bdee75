"""Run uvicorn on a socket of this process, without uvicorn's signal handlers."""

import contextlib
import socket
from collections.abc import Iterator, Sequence

import uvicorn
from starlette.types import ASGIApp

from processor.errors import FatalError
from processor.http.access.proxies import TrustedProxies
from processor.http.server.connections import OpenConnections
from processor.http.server.http_protocol import BoundedHttpProtocol, ServerConfig
from processor.http.server.server_log import throttle_uvicorn_log
from processor.http.server.websocket_protocol import (
    WEBSOCKET_MESSAGE_BYTES,
    BoundedWebSocketProtocol,
)

BACKLOG = 16_384
"""Connections that the kernel queues: after a restart all subscribers return at once, and one that
finds the queue full waits for a second. The kernel lowers it to net.core.somaxconn, 4,096 unless it
was raised."""

KEEP_ALIVE = (("TCP_KEEPIDLE", 10), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 3))
"""Notices within 25 s that a peer has vanished, which would otherwise hold its slot for minutes."""

SEND_BUFFER_BYTES = 256 * 1024
"""What the kernel holds for a subscriber that does not read (Linux doubles it). By default it grows
to 4 MB."""


class Server(uvicorn.Server):
    """Leaves signals to the service, which stops its parts in its own order."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def create_server(
    app: ASGIApp,
    *,
    trusted_proxies: Sequence[str] = (),
    connections: OpenConnections | None = None,
) -> Server:
    """Create a server, which listens on the sockets that its `serve` is given.

    Args:
        app: The application.
        trusted_proxies: Addresses and networks of proxies whose X-Forwarded-For is used.
        connections: Counts and limits the connections.
    """
    throttle_uvicorn_log()
    config = ServerConfig(
        TrustedProxies(app, trusted=trusted_proxies),
        loop="none",
        http=BoundedHttpProtocol,
        ws=BoundedWebSocketProtocol,
        ws_max_size=WEBSOCKET_MESSAGE_BYTES,
        # Subscribers share messages. Compressing each one per subscriber would take all CPU time.
        ws_per_message_deflate=False,
        # TrustedProxies does this; uvicorn's own would read FORWARDED_ALLOW_IPS.
        proxy_headers=False,
        log_config=None,
        access_log=False,
        lifespan="off",
        # uvicorn makes the socket listen again, by default with a shorter queue.
        backlog=BACKLOG,
        server_header=False,
        timeout_graceful_shutdown=2,
    )
    config.connections = connections or OpenConnections(proxies=trusted_proxies)
    return Server(config)


def listen(host: str, port: int, *, write_deadline_seconds: float) -> socket.socket:
    """Bind the socket; accepted connections inherit its options.

    Raises:
        FatalError: The address is in use or is not one of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
    for name, value in KEEP_ALIVE:
        _set_tcp(listener, name, value)
    # The kernel itself ends a connection whose peer acknowledges nothing, and frees its buffers.
    _set_tcp(listener, "TCP_USER_TIMEOUT", int(write_deadline_seconds * 1000))
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise FatalError(
            f"cannot listen on {host}:{port}: {error.strerror}. Set http.host and http.port"
        ) from error
    listener.listen(BACKLOG)
    listener.setblocking(False)  # noqa: FBT003 - positional only
    return listener


def _set_tcp(listener: socket.socket, name: str, value: int) -> None:
    """Set an option if the operating system has it."""
    if (option := getattr(socket, name, None)) is not None:
        listener.setsockopt(socket.IPPROTO_TCP, option, value)
