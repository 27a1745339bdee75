"""HTTP for uvicorn, with a limit on everything that a client may send.

This file and `websocket_protocol.py` are the adapter to uvicorn: they extend its protocol classes,
which its setting `http` takes. `tests/unit/processor/http/server/test_uvicorn_adapter.py` fails
when a method that they build on changes.
"""

import asyncio
from typing import Any, cast

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.utils import get_remote_addr
from uvicorn.server import ServerState

from processor.http.server.connection import ClientConnection
from processor.http.server.connections import OpenConnections
from processor.http.server.rejections import (
    BODY_TOO_LARGE,
    HEAD_TOO_LARGE,
    MALFORMED,
    MAX_BODY_BYTES,
    MAX_HEAD_BYTES,
    MAX_HEADERS,
    REQUEST_SECONDS,
    TOO_SLOW,
    Rejection,
)

PARSE_BYTES = 1024
"""Input that is parsed at a time: at most 50 requests, each of which takes 3 kB while it waits."""

MAX_WAITING_BYTES = 64 * 1024
"""Input that a client may send ahead while a response is under way."""

GRACE_SECONDS = 1.0
"""Between a deadline and its effect. Input that arrived while this process was suspended is read
before a connection is closed."""

LINGER_SECONDS, LINGER_BYTES = 1.0, 256 * 1024
"""How long, and how much, input is read and discarded after a rejection. Unread input would make
the kernel discard the response before the client reads it."""


class ServerConfig(Config):
    """uvicorn's settings, and the connections among which its protocols are counted."""

    connections: OpenConnections


class BoundedHttpProtocol(HttpToolsProtocol):
    """Limits the size, the number and the duration of requests.

    uvicorn's own class collects a head of any size, parses as many pipelined requests as one read
    brings, and waits without limit for the rest of a request.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._connections = cast("ServerConfig", config).connections
        self._connection: ClientConnection | None = None
        self._input = bytearray()
        self._head_bytes = 0
        self._body_bytes = 0
        self._is_in_head = False
        self._is_in_body = False
        self._rejection: Rejection | None = None
        self._running: RequestResponseCycle | None = None
        self._is_over = False
        self._discarded_bytes = 0
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a slot, or close the connection; let requests find their connection."""
        peer = get_remote_addr(transport)
        slot = self._connections.admit(peer[0] if peer else "", transport.abort)
        if slot is None:
            self._is_over = True
            transport.abort()
            return
        self._connection = ClientConnection(transport, slot)
        self.app_state = self.app_state | self._connection.state()
        super().connection_made(transport)
        self._expect_request()

    def connection_lost(self, exc: Exception | None) -> None:
        """Note why, and drop all references to this object, so that it is freed at once."""
        self._is_over = True
        self._cancel_deadline()
        self._input.clear()
        self._end_responses()
        if self._connection is None:
            self.parser = None  # type: ignore[assignment]
            return
        self._connection.lost(exc)
        super().connection_lost(exc)

    def _end_responses(self) -> None:
        """End the response that is under way; the base class knows only the newest request."""
        if self._running is not None and not self._running.response_complete:
            self._running.disconnected = True
            self._running.message_event.set()
        for cycle, _app in self.pipeline:
            cycle.on_response = _nothing
        self.pipeline.clear()

    def data_received(self, data: bytes) -> None:
        """Parse input up to the first request that has to wait for a response."""
        if self._is_over:
            self._discard(len(data))
            return
        self._input += data
        self._parse()

    def _parse(self) -> None:
        if self._input:
            self._cancel_keep_alive()
        while self._input and not self.pipeline and not self._is_over:
            part = bytes(self._input[:PARSE_BYTES])
            del self._input[:PARSE_BYTES]
            self._feed(part)
        if not self._is_over:
            self._account()

    def _feed(self, part: bytes) -> None:
        self._count(len(part))
        is_upgrade = False
        try:
            self.parser.feed_data(part)
        except httptools.HttpParserUpgrade as upgrade:
            self._input[:0] = part[upgrade.args[0] :]
            # An offer to upgrade to another protocol, such as h2c, is ignored, and the next request
            # follows.
            is_upgrade = self._is_websocket_upgrade()
        except httptools.HttpParserError:
            self._reject(self._rejection or MALFORMED)
        else:
            self._check_size()
        if is_upgrade:  # not in the handler: errors below would keep its frames, and this object
            self.handle_websocket_upgrade()

    def _is_websocket_upgrade(self) -> bool:
        """Whether the request offers an upgrade to a WebSocket, as the base class decides it."""
        connection = [value for name, value in self.headers if name == b"connection"]
        upgrade = [value for name, value in self.headers if name == b"upgrade"]
        tokens = (
            [token.lower().strip() for token in connection[-1].split(b",")] if connection else []
        )
        return b"upgrade" in tokens and bool(upgrade) and upgrade[-1].lower() == b"websocket"

    def _check_size(self) -> None:
        if self._head_bytes > MAX_HEAD_BYTES:
            self._reject(HEAD_TOO_LARGE)
        elif self._body_bytes > MAX_BODY_BYTES:
            self._reject(BODY_TOO_LARGE)

    def _count(self, size: int) -> None:
        if self._is_in_body:
            self._body_bytes += size
        else:
            self._head_bytes += size

    def _account(self) -> None:
        """Report how much input is held; close a connection that holds too much."""
        if self._connection is None:
            return
        waiting = len(self._input)
        if waiting:
            self.flow.pause_reading()
        fits = self._connection.slot.hold(waiting + self._head_bytes)
        if waiting > MAX_WAITING_BYTES or not fits:
            self._connection.slot.refuse("input_ahead" if fits else "input_in_all")
            self._abort()

    # Callbacks of the parser

    def on_message_begin(self) -> None:
        """Note that a request has begun."""
        self._is_in_head = True
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header. Ignore a trailer: it would change a request that is being answered."""
        if self._is_in_body:
            return
        if len(self.headers) >= MAX_HEADERS:
            self._stop_parsing(HEAD_TOO_LARGE)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Start the response, unless the headers announce a body that is too large."""
        self._head_bytes = 0
        body_bytes = self._announced_body_bytes()
        if body_bytes and self.parser.should_upgrade():
            # The parser would take such a body for the next request.
            self._stop_parsing(MALFORMED)
        if body_bytes > MAX_BODY_BYTES:
            self._stop_parsing(BODY_TOO_LARGE)
        super().on_headers_complete()
        if not self.pipeline:
            self._running = self.cycle
        self._is_in_head, self._is_in_body = False, True
        if self._connection is not None:
            self._connection.slot.set_busy()

    def _announced_body_bytes(self) -> int:
        """Return the size of the body that the headers announce; 1 if it is not known."""
        lengths = [int(value) for name, value in self.headers if name == b"content-length"]
        chunked = [1 for name, _ in self.headers if name == b"transfer-encoding"]
        return max(lengths + chunked, default=0)

    def on_message_complete(self) -> None:
        """Note that the request is complete."""
        self._is_in_body = False
        self._body_bytes = 0
        super().on_message_complete()
        if self._is_responding():
            self._cancel_deadline()

    def _stop_parsing(self, rejection: Rejection) -> None:
        self._rejection = rejection
        raise ValueError(rejection.error)  # the parser turns it into an error of its own

    def on_response_complete(self) -> None:
        """Continue with the input that was sent ahead, or wait for the next request."""
        if self.pipeline:
            self._running, _app = self.pipeline[-1]
        super().on_response_complete()
        if self._is_over or self.transport.is_closing():
            return
        if not self._is_responding():
            self._expect_request()
        self._parse()

    def _is_responding(self) -> bool:
        """Whether the response to the newest request is incomplete."""
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and not cycle.response_complete

    # Deadlines

    def _expect_request(self) -> None:
        if self._connection is not None:
            self._connection.slot.set_idle()
        self._cancel_deadline()
        self._deadline = self.loop.call_later(REQUEST_SECONDS, self._start_grace)

    def _start_grace(self) -> None:
        self._deadline = self.loop.call_later(GRACE_SECONDS, self._on_deadline)

    def _on_deadline(self) -> None:
        self._deadline = None
        if self.transport.is_closing() or not (self._is_in_head or self._is_in_body):
            self._abort()  # idle, such as a connection that a browser opened in advance
        else:
            self._reject(TOO_SLOW)

    def _cancel_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _cancel_keep_alive(self) -> None:
        """Cancel uvicorn's own deadline for the next request."""
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()
            self.timeout_keep_alive_task = None

    # Ends

    def _reject(self, rejection: Rejection) -> None:
        """Send the rejection if the client can still relate it to its request, and close."""
        if self._connection is not None:
            self._connection.slot.refuse(rejection.error)
        is_of_newest = self._is_in_body and not self.pipeline
        if self._is_responding():
            if self.cycle.response_started or not is_of_newest:
                self._abort()
                return
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        elif is_of_newest:
            self._abort()  # the response is complete, its request is not
            return
        self.transport.write(rejection.encode(self.server_state.default_headers))
        self._linger()

    def _linger(self) -> None:
        self._end_parsing()
        self.transport.write_eof()
        self.flow.resume_reading()
        self._deadline = self.loop.call_later(LINGER_SECONDS, self.transport.abort)

    def _discard(self, size: int) -> None:
        self._discarded_bytes += size
        if self._discarded_bytes > LINGER_BYTES:
            self.transport.abort()

    def _abort(self) -> None:
        self._end_parsing()
        self.transport.abort()

    def _end_parsing(self) -> None:
        self._is_over = True
        self._input.clear()
        if self._connection is not None:
            self._connection.slot.hold(0)
        self._cancel_deadline()
        self._cancel_keep_alive()

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection over to the WebSocket protocol.

        If a response is under way, the request is rejected: the hand-over would lose that response.
        """
        if self._is_responding():
            self._reject(MALFORMED)
            return
        rest = bytes(self._input)
        self._end_parsing()
        super().handle_websocket_upgrade()
        if rest and not self.transport.is_closing():
            protocol = cast("asyncio.Protocol", self.transport.get_protocol())
            protocol.data_received(rest)
        self.parser = None  # type: ignore[assignment] # it refers to this object


def _nothing() -> None:
    """Stand in for the callback of a connection that is closed."""
