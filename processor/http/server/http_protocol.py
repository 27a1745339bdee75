"""SERVE: HTTP as uvicorn speaks it, with a bound on everything that a client may send."""

import asyncio
from typing import Any, cast

import httptools
from uvicorn._types import ASGI3Application
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.utils import get_remote_addr
from uvicorn.server import ServerState

from processor.http.server.connection import Connection
from processor.http.server.connections import Connections
from processor.http.server.request_refusals import (
    BODY_TOO_LARGE,
    HEAD_TOO_LARGE,
    MALFORMED,
    MAX_BODY_BYTES,
    MAX_HEAD_BYTES,
    MAX_HEADERS,
    REQUEST_SECONDS,
    TOO_SLOW,
    Refusal,
)

PIECE_BYTES = 1024
"""Parsed at a time: 50 requests at the most, each of which takes 3 KB while it waits."""

MAX_WAITING_BYTES = 64 * 1024
"""Sent ahead while an answer is under way."""

SECOND_LOOK_SECONDS = 1.0
"""After a deadline: what came while this process stood still is read before anything is closed."""

LINGER_SECONDS, LINGER_BYTES = 1.0, 256 * 1024
"""Read and thrown away after a refusal: data that are never read make the kernel throw the refusal
away that the client has not read yet."""


class GuardedConfig(Config):
    """uvicorn's settings, and the connections that its protocols count themselves among."""

    connections: Connections


class Http(HttpToolsProtocol):
    """Lets streams know how their connection has ended, and refuses what is too much.

    The base class gathers a head of any size, parses as many requests ahead as come in one read,
    and waits without end for a request that was begun.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._connections = cast("GuardedConfig", config).connections
        self._connection: Connection | None = None
        self._input = bytearray()
        self._head_bytes = 0
        self._body_bytes = 0
        self._is_in_head = False
        self._is_in_body = False
        self._refusal: Refusal | None = None
        self._running: RequestResponseCycle | None = None
        self._is_over = False
        self._discarded_bytes = 0
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a place, or close at once; let every request know its connection."""
        peer = get_remote_addr(transport)
        place = self._connections.admit(peer[0] if peer else "", transport.abort)
        if place is None:
            self._is_over = True
            transport.abort()
            return
        self._connection = Connection(transport, place)
        self.app_state = self.app_state | self._connection.state()
        super().connection_made(transport)
        self._expect_request()

    def connection_lost(self, exc: Exception | None) -> None:
        """Note why, and let go of all that refers to this object, so that it is freed at once."""
        self._is_over = True
        self._cancel_deadline()
        self._input.clear()
        self._leave_cycles()
        if self._connection is None:
            self.parser = None  # type: ignore[assignment]
            return
        self._connection.lost(exc)
        super().connection_lost(exc)

    def _leave_cycles(self) -> None:
        """End the answer that is under way; the base class knows only the newest request."""
        if self._running is not None and not self._running.response_complete:
            self._running.disconnected = True
            self._running.message_event.set()
        for cycle, _app in self.pipeline:
            cycle.on_response = _nothing
        self.pipeline.clear()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def data_received(self, data: bytes) -> None:
        """Parse, but no further than the first request that has to wait for an answer."""
        if self._is_over:
            self._discard(len(data))
            return
        self._input += data
        self._parse()

    def _parse(self) -> None:
        if self._input:
            self._unset_keepalive_if_required()
        while self._input and not self.pipeline and not self._is_over:
            frame = bytes(self._input[:PIECE_BYTES])
            del self._input[:PIECE_BYTES]
            self._feed(frame)
        if not self._is_over:
            self._account()

    def _feed(self, frame: bytes) -> None:
        self._count(len(frame))
        is_upgrade = False
        try:
            self.parser.feed_data(frame)
        except httptools.HttpParserUpgrade as upgrade:
            self._input[:0] = frame[upgrade.args[0] :]
            # An offer that is not taken up, such as h2c, is followed by the next request.
            is_upgrade = self._should_upgrade()
        except httptools.HttpParserError:
            self._refuse(self._refusal or MALFORMED)
        else:
            self._check_size()
        if is_upgrade:  # not in the handler: errors below would keep its frames, and this object
            self.handle_websocket_upgrade()

    def _check_size(self) -> None:
        if self._head_bytes > MAX_HEAD_BYTES:
            self._refuse(HEAD_TOO_LARGE)
        elif self._body_bytes > MAX_BODY_BYTES:
            self._refuse(BODY_TOO_LARGE)

    def _count(self, size: int) -> None:
        if self._is_in_body:
            self._body_bytes += size
        else:
            self._head_bytes += size

    def _account(self) -> None:
        """Pass on how much input is held; end the connection that holds too much."""
        if self._connection is None:
            return
        waiting = len(self._input)
        if waiting:
            self.flow.pause_reading()
        fits = self._connection.place.hold(waiting + self._head_bytes)
        if waiting > MAX_WAITING_BYTES or not fits:
            self._connection.place.refuse("input_ahead" if fits else "input_in_all")
            self._abort()

    # What the parser reports

    def on_message_begin(self) -> None:
        """Note that a request has begun."""
        self._is_in_head = True
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; those after a body would change a request that is being answered."""
        if self._is_in_body:
            return
        if len(self.headers) >= MAX_HEADERS:
            self._stop_parsing(HEAD_TOO_LARGE)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Begin to answer, unless the request says that it is too large."""
        self._head_bytes = 0
        body_bytes = self._announced_body_bytes()
        if body_bytes and self.parser.should_upgrade():
            # The parser takes such a body for the next request.
            self._stop_parsing(MALFORMED)
        if body_bytes > MAX_BODY_BYTES:
            self._stop_parsing(BODY_TOO_LARGE)
        super().on_headers_complete()
        self._is_in_head, self._is_in_body = False, True
        if self._connection is not None:
            self._connection.place.serves()

    def _announced_body_bytes(self) -> int:
        """Return what the headers say; 1 where they do not say how much."""
        lengths = [int(value) for name, value in self.headers if name == b"content-length"]
        chunked = [1 for name, _ in self.headers if name == b"transfer-encoding"]
        return max(lengths + chunked, default=0)

    def on_message_complete(self) -> None:
        """Wait for no more of this request."""
        self._is_in_body = False
        self._body_bytes = 0
        super().on_message_complete()
        if self._is_answering():
            self._cancel_deadline()

    def _stop_parsing(self, refusal: Refusal) -> None:
        self._refusal = refusal
        raise ValueError(refusal.error)  # the parser turns it into an error of its own

    def on_response_complete(self) -> None:
        """Go on with what was sent ahead, or wait for the next request."""
        super().on_response_complete()
        if self._is_over or self.transport.is_closing():
            return
        if not self._is_answering():
            self._expect_request()
        self._parse()

    def _is_answering(self) -> bool:
        """Whether the answer to the newest request is not complete yet."""
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and not cycle.response_complete

    # Deadlines

    def _expect_request(self) -> None:
        if self._connection is not None:
            self._connection.place.waits()
        self._cancel_deadline()
        self._deadline = self.loop.call_later(REQUEST_SECONDS, self._look_again)

    def _look_again(self) -> None:
        self._deadline = self.loop.call_later(SECOND_LOOK_SECONDS, self._give_up)

    def _give_up(self) -> None:
        self._deadline = None
        if self.transport.is_closing() or not (self._is_in_head or self._is_in_body):
            self._abort()  # idle, such as a connection that a browser opened in advance
        else:
            self._refuse(TOO_SLOW)

    def _cancel_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    # Ends

    def _refuse(self, refusal: Refusal) -> None:
        """Answer where an answer can still be understood, and close."""
        if self._connection is not None:
            self._connection.place.refuse(refusal.error)
        is_of_the_answered = self._is_in_body and not self.pipeline
        if self._is_answering():
            if self.cycle.response_started or not is_of_the_answered:
                self._abort()
                return
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        elif is_of_the_answered:
            self._abort()  # the answer is complete, its request is not
            return
        self.transport.write(refusal.answer(self.server_state.default_headers))
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
            self._connection.place.hold(0)
        self._cancel_deadline()
        self._unset_keepalive_if_required()

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection over, unless an answer is under way that would lose it unseen."""
        if self._is_answering():
            self._refuse(MALFORMED)
            return
        rest = bytes(self._input)
        self._end_parsing()
        super().handle_websocket_upgrade()
        if rest and not self.transport.is_closing():
            protocol = cast("asyncio.Protocol", self.transport.get_protocol())
            protocol.data_received(rest)
        self.parser = None  # type: ignore[assignment] # it refers to this object


def _nothing() -> None:
    """Stand in for the method of a connection that is over."""
