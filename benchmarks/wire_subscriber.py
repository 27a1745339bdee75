"""A subscriber that calls the application without a socket, and counts the bytes."""

import asyncio
from typing import Any

from starlette.types import ASGIApp, Message

from processor.http.server.connection import ClientConnection
from processor.http.server.connections import OpenConnections, SocketLimits

PATH = "/sse/flights"

_CONNECTIONS = OpenConnections(SocketLimits(total=1_000_000, per_address=1_000_000))


class _Sink(asyncio.Transport):
    """A transport that accepts all bytes at once."""

    def get_write_buffer_size(self) -> int:
        """Return 0: no bytes wait."""
        return 0


class WireSubscriber:
    """A subscriber with one format and one encoding."""

    def __init__(self, app: ASGIApp, query: str, encoding: str) -> None:
        self._app = app
        self._scope = _scope(query, encoding)
        self._leaving = asyncio.Event()
        self._is_asked = False
        self.encoding = "identity"
        self.taken = 0

    def enter(self) -> None:
        """Open the stream."""
        self._viewing = asyncio.create_task(self._run())

    async def leave(self) -> None:
        """End the connection."""
        self._leaving.set()
        self._viewing.cancel()
        await asyncio.wait([self._viewing])

    def check(self) -> None:
        """Raise the error of the application, if it has failed."""
        if self._viewing.done():
            self._viewing.result()

    def take(self) -> int:
        """Return the number of bytes since the last call."""
        taken, self.taken = self.taken, 0
        return taken

    async def _run(self) -> None:
        await self._app(self._scope, self._receive, self._send)

    async def _receive(self) -> Message:
        if not self._is_asked:
            self._is_asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._leaving.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = {name.decode().lower(): value.decode() for name, value in message["headers"]}
            self.encoding = headers.get("content-encoding", "identity")
        self.taken += len(message.get("body", b""))


def _connection() -> ClientConnection:
    sink = _Sink()
    place = _CONNECTIONS.admit("127.0.0.1", sink.abort)
    if place is None:
        raise RuntimeError("a viewer more than there may be connections")
    return ClientConnection(sink, place)


def _scope(query: str, encoding: str) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": PATH,
        "raw_path": PATH.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(b"host", b"127.0.0.1"), (b"accept-encoding", encoding.encode())],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "state": _connection().state(),
    }
