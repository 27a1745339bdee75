"""SERVE: uvicorn on a socket of ours, without its own idea of signals."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Iterator, Sequence
from typing import cast

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from processor.api.connection import Connection
from processor.api.proxies import TrustedProxies
from processor.errors import FatalError

BACKLOG = 4096
"""Viewers that return at the same moment after a restart."""

KEEP_ALIVE = (("TCP_KEEPIDLE", 10), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 3))
"""A vanished peer is noticed within 25 s; without, it would hold its place for minutes."""


WEBSOCKET_MESSAGE_BYTES = 64 * 1024
"""A subscription has far less."""

SEND_BUFFER_BYTES = 256 * 1024
"""What the kernel holds for a viewer that stalls (it doubles this); else it grows to 4 MB."""


class _Http(HttpToolsProtocol):
    """Tells streams how their connection has ended, which ASGI does not."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Let every request know its connection."""
        self._connection = Connection(transport)
        self.app_state = self.app_state | self._connection.state()
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Note why."""
        self._connection.lost(exc)
        super().connection_lost(exc)


class _WebSocket(WebSocketsSansIOProtocol):
    """The same for WebSockets, whose peers must also answer pings."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let the request know its connection."""
        self._connection = Connection(cast("asyncio.Transport", transport))
        self.app_state = self.app_state | self._connection.state()
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Note why."""
        self._connection.lost(exc)
        super().connection_lost(exc)

    def keepalive_timeout(self) -> None:
        """Cut the connection off; an orderly end makes the stream fail in what it sends next."""
        self._connection.give_up()


class Server(uvicorn.Server):
    """Leaves signals to the service, which has an order of its own to stop things in."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def create_server(app: FastAPI, *, trusted_proxies: Sequence[str] = ()) -> Server:
    """Make a server; it listens on the sockets that its `serve` is given."""
    logging.getLogger("uvicorn.error").addFilter(_is_worth_a_line)
    return Server(
        uvicorn.Config(
            TrustedProxies(app, trusted=trusted_proxies),
            loop="none",
            http=_Http,
            ws=_WebSocket,
            ws_max_size=WEBSOCKET_MESSAGE_BYTES,
            # Messages are shared by all viewers; compressing each for each would be all we do.
            ws_per_message_deflate=False,
            # Ours stands above; this one would read FORWARDED_ALLOW_IPS.
            proxy_headers=False,
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=2,
        )
    )


def _is_worth_a_line(record: logging.LogRecord) -> bool:
    # A viewer that takes nothing is cut off in the middle of its answer, on purpose; and tickets
    # in the addresses of WebSockets are nobody's business.
    message = record.getMessage()
    return "returned without completing response" not in message and '"WebSocket ' not in message


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
