"""WebSockets for uvicorn, with a limit on everything that a client may send.

Together with `http_protocol.py` this file is the adapter to uvicorn; see there.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, cast

from uvicorn.config import Config
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.frames import CloseCode, Frame
from websockets.http11 import Response
from websockets.server import ServerProtocol

from processor.http.server.connection import connection_in
from processor.http.server.default_headers import NO_SNIFFING, NO_STORING
from processor.http.server.rejections import MALFORMED

WEBSOCKET_MESSAGE_BYTES = 64 * 1024
"""The largest message; a subscription is far smaller."""

MAX_FRAGMENTS = 128
"""Fragments of one message. Empty fragments do not count towards its bytes."""

MAX_WAITING_BYTES = 2 * WEBSOCKET_MESSAGE_BYTES
"""Input received and not parsed yet, because the client sends faster than it is served."""

PARSE_BYTES = 1024
"""Input that is parsed at a time: at most 170 frames, which take a millisecond."""

BURST_BYTES, BYTES_PER_SECOND, FRAME_BYTES = 16 * 1024, 4 * 1024, 64
"""What a client may send at once, and in the long run. Each frame counts as 64 bytes more, since
parsing an empty frame costs as much. Ten subscriptions a second are 3 kB."""

SWITCHING_PROTOCOLS = 101


class _Handshake(ServerProtocol):
    """Adds the default headers to the response of a handshake that fails."""

    def send_response(self, response: Response) -> None:
        """Add the headers and send the response."""
        if response.status_code != SWITCHING_PROTOCOLS:
            for name, value in (NO_SNIFFING, NO_STORING):
                response.headers.setdefault(name.decode(), value.decode())
        super().send_response(response)


class BoundedWebSocketProtocol(WebSocketsSansIOProtocol):
    """Reads no faster than messages are served and than the client reads the responses.

    uvicorn's own class answers every ping at once, whether or not the client reads the pongs, and
    queues all messages of one read.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.conn = _Handshake(max_size=config.ws_max_size, logger=self.logger)
        self._connection = connection_in(app_state)
        self._input = bytearray()
        self._is_pumping = False
        self._allowance: float = BURST_BYTES
        self._allowed_at = self.loop.time()
        self._next_pump: asyncio.TimerHandle | None = None

    def connection_lost(self, exc: Exception | None) -> None:
        """Note why the connection ended."""
        self._connection.lost(exc)
        self._input.clear()
        self._cancel_pump()
        super().connection_lost(exc)

    def keepalive_timeout(self) -> None:
        """Abort the connection: after an orderly end the stream would fail at its next message."""
        self._connection.give_up()

    def data_received(self, data: bytes) -> None:
        """Parse the handshake at once, and what follows at the rate that the client is allowed."""
        if not self.handshake_initiated:
            super().data_received(data)
            if not self.handshake_initiated:
                self._reject_handshake()
            return
        self._input += data
        self._pump()

    def _reject_handshake(self) -> None:
        """Send the rejection, which the base class leaves unsent with the connection open."""
        response = b"".join(self.conn.data_to_send())
        self._connection.slot.refuse(MALFORMED.error)
        self.transport.write(response or MALFORMED.encode(self.default_headers))
        self.close_sent = True
        self.transport.close()

    def _pump(self) -> None:
        """Parse waiting input until the client, the application or the allowance stops it."""
        if self._is_pumping:
            return
        self._is_pumping = True
        self._cancel_pump()
        self._refill()
        while self._input and self._allowance > 0 and self._can_serve():
            part = bytes(self._input[:PARSE_BYTES])
            del self._input[:PARSE_BYTES]
            self._allowance -= len(part)
            super().data_received(part)
        self._is_pumping = False
        self._regulate()

    def _can_serve(self) -> bool:
        """Whether the application takes messages, and the client reads responses."""
        is_open = self.handshake_complete and not self.transport.is_closing()
        return is_open and not self.read_paused and self.writable.is_set()

    def _refill(self) -> None:
        now = self.loop.time()
        grown = self._allowance + (now - self._allowed_at) * BYTES_PER_SECOND
        self._allowance, self._allowed_at = min(grown, BURST_BYTES), now

    def _regulate(self) -> None:
        """Pause or resume reading; abort a connection that holds too much input."""
        if self.transport.is_closing():
            self._input.clear()
            return
        waiting = len(self._input)
        fits = self._connection.slot.hold(waiting)
        if waiting > MAX_WAITING_BYTES or not fits:
            self._connection.slot.refuse("input_ahead" if fits else "input_in_all")
            self._connection.give_up()
            return
        if waiting or self.read_paused or not self.writable.is_set():
            self.transport.pause_reading()
        else:
            self.transport.resume_reading()
        if waiting and self._allowance <= 0:
            seconds = (PARSE_BYTES - self._allowance) / BYTES_PER_SECOND
            self._next_pump = self.loop.call_later(seconds, self._pump)

    def _cancel_pump(self) -> None:
        if self._next_pump is not None:
            self._next_pump.cancel()
            self._next_pump = None

    def pause_writing(self) -> None:
        """Pause reading as well: what is read may need a response."""
        super().pause_writing()
        self._regulate()

    def resume_writing(self) -> None:
        """Resume both."""
        super().resume_writing()
        self._pump()

    def handle_events(self) -> None:
        """Charge the allowance for each frame."""
        self._allowance -= FRAME_BYTES * len(self.conn.events)
        super().handle_events()

    def handle_cont(self, event: Frame) -> None:
        """Limit the number of fragments."""
        if len(self.frames) < MAX_FRAGMENTS:
            super().handle_cont(event)
            return
        self._connection.slot.refuse("fragments")
        self.conn.fail(CloseCode.POLICY_VIOLATION, f"more than {MAX_FRAGMENTS} fragments")
        self.handle_parser_exception()

    async def send(self, message: Mapping[str, Any]) -> None:
        """Send, and after the response to the handshake parse what the client sent meanwhile."""
        await super().send(cast("Any", message))
        if message["type"] == "websocket.send":
            return
        if message["type"] == "websocket.http.response.body" and not message.get("more_body"):
            # The handshake was refused; otherwise the base class would log an error.
            self.handshake_complete = True
        self._pump()

    async def receive(self) -> Any:  # noqa: ANN401 - uvicorn's type of messages is private
        """Return a message, and parse the input behind it."""
        message = await super().receive()
        self._pump()
        return message
