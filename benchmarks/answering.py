"""A minimal substitute for OpenSky: every request gets the next response, which is in memory."""

import socket
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import NamedTuple, Self

_END_OF_HEAD = b"\r\n\r\n"
_HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"


class Sent(NamedTuple):
    """When a response was sent (monotonic seconds), and the number of its new states."""

    started: float
    ended: float
    changed: int


Next = Callable[[], tuple[bytes, int]]
"""Returns the body of the next response and the number of its new states."""


class Answering(threading.Thread):
    """Serves one client after another on a free port, during the block."""

    def __init__(self, next_answer: Next) -> None:
        super().__init__(daemon=True)
        self._next_answer = next_answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.sent: list[Sent] = []

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def run(self) -> None:
        """Accept connections until the listener is closed."""
        self._prepared = self._next_answer()
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                self._serve(connection)

    def _serve(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while _read_head(connection):
            # A client may close an idle connection: the next one gets what was prepared in this.
            body, changed = self._prepared
            head = _HEAD.format(length=len(body)).encode()
            started = time.monotonic()
            try:
                connection.sendall(head + body)
            except OSError:
                return
            self.sent.append(Sent(started, time.monotonic(), changed))
            self._prepared = self._next_answer()


def get(port: int, path: str) -> bytes:
    """Send a minimal request, and return head and body of the response."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        head, _, body = _read_until_head(connection).partition(_END_OF_HEAD)
        length = int(head.decode().partition("Content-Length: ")[2].split()[0])
        parts, left = [body], length - len(body)
        while left > 0 and (part := connection.recv(1 << 20)):
            parts.append(part)
            left -= len(part)
    return b"".join(parts)


def _read_head(connection: socket.socket) -> bool:
    try:
        return _END_OF_HEAD in _read_until_head(connection)
    except OSError:
        return False


def _read_until_head(connection: socket.socket) -> bytes:
    received = b""
    while _END_OF_HEAD not in received and (part := connection.recv(1 << 16)):
        received += part
    return received
