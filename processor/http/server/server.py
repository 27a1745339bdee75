"""SERVE: uvicorn on a socket of ours, without its own idea of signals."""

import contextlib
import socket
from collections.abc import Iterator, Sequence

import uvicorn
from fastapi import FastAPI

from processor.errors import FatalError
from processor.http.access.proxies import TrustedProxies
from processor.http.server.connections import Connections
from processor.http.server.http_protocol import GuardedConfig, Http
from processor.http.server.server_log import quieten
from processor.http.server.websocket_protocol import WEBSOCKET_MESSAGE_BYTES, WebSocket

BACKLOG = 4096
"""Viewers that return at the same moment after a restart."""

KEEP_ALIVE = (("TCP_KEEPIDLE", 10), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 3))
"""A vanished peer is noticed within 25 s; without, it would hold its place for minutes."""


SEND_BUFFER_BYTES = 256 * 1024
"""What the kernel holds for a viewer that stalls (it doubles this); else it grows to 4 MB."""


class Server(uvicorn.Server):
    """Leaves signals to the service, which has an order of its own to stop things in."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def create_server(
    app: FastAPI,
    *,
    trusted_proxies: Sequence[str] = (),
    connections: Connections | None = None,
) -> Server:
    """Make a server; it listens on the sockets that its `serve` is given.

    Args:
        app: What it serves.
        trusted_proxies: Whose X-Forwarded-For is believed.
        connections: Counts and bounds its connections.
    """
    quieten()
    config = GuardedConfig(
        TrustedProxies(app, trusted=trusted_proxies),
        loop="none",
        http=Http,
        ws=WebSocket,
        ws_max_size=WEBSOCKET_MESSAGE_BYTES,
        # Messages are shared by all viewers; compressing each for each would be all we do.
        ws_per_message_deflate=False,
        # Ours stands above; this one would read FORWARDED_ALLOW_IPS.
        proxy_headers=False,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=2,
    )
    config.connections = connections or Connections(proxies=trusted_proxies)
    return Server(config)


def listen(host: str, port: int, *, write_deadline_seconds: float) -> socket.socket:
    """Bind the socket; accepted connections take over its options.

    Raises:
        FatalError: The address is taken or not ours.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
    for name, value in KEEP_ALIVE:
        _set_tcp(listener, name, value)
    # The kernel itself ends a connection whose peer takes nothing, and frees what it holds.
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
    """Set an option where the system has it."""
    if (option := getattr(socket, name, None)) is not None:
        listener.setsockopt(socket.IPPROTO_TCP, option, value)
