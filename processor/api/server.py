"""SERVE: uvicorn on a socket of ours, without its own idea of signals."""

import contextlib
import logging
import socket
from collections.abc import Iterator

import uvicorn
from fastapi import FastAPI

from processor.errors import FatalError

BACKLOG = 4096
"""Viewers that return at the same moment after a restart."""

KEEP_ALIVE = (("TCP_KEEPIDLE", 10), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 3))
"""A vanished peer is noticed within 25 s; without, it would hold its place for minutes."""


class Server(uvicorn.Server):
    """Leaves signals to the service, which has an order of its own to stop things in."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def create_server(app: FastAPI) -> Server:
    """Make a server; it listens on the sockets that its `serve` is given."""
    logging.getLogger("uvicorn.error").addFilter(_is_worth_a_line)
    return Server(
        uvicorn.Config(
            app,
            loop="none",
            http="httptools",
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=2,
        )
    )


def _is_worth_a_line(record: logging.LogRecord) -> bool:
    # A viewer that takes nothing is cut off in the middle of its answer, on purpose.
    return "returned without completing response" not in record.getMessage()


def listen(host: str, port: int, *, write_deadline_seconds: float) -> socket.socket:
    """Bind the socket; accepted connections take over its options.

    Raises:
        FatalError: The address is taken or not ours.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
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
