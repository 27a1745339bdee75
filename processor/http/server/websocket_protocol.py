"""SERVE: WebSockets as uvicorn speaks them, with a bound on everything that a client may send."""

import asyncio
from typing import Any

from uvicorn._types import ASGIReceiveEvent, ASGISendEvent
from uvicorn.config import Config
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.frames import CloseCode, Frame
from websockets.http11 import Response
from websockets.server import ServerProtocol

from processor.http.server.answer_headers import NO_SNIFFING, NO_STORING
from processor.http.server.connection import connection_in
from processor.http.server.request_refusals import MALFORMED

WEBSOCKET_MESSAGE_BYTES = 64 * 1024
"""A subscription has far less."""

MAX_FRAGMENTS = 128
"""Of one message: empty ones count for nothing in its bytes."""

MAX_WAITING_BYTES = 2 * WEBSOCKET_MESSAGE_BYTES
"""Received and not parsed yet, as a client sends faster than it is served."""

PIECE_BYTES = 1024
"""Parsed at a time: 170 frames at the most, a millisecond."""

BURST_BYTES, BYTES_PER_SECOND, FRAME_BYTES = 16 * 1024, 4 * 1024, 64
"""What a client may send at once, and in the long run; each frame counts as so many bytes more, for
parsing an empty one costs as much. Ten subscriptions a second are 3 KB."""


class _Handshake(ServerProtocol):
    """Refuses with the headers that every answer has."""

    def send_response(self, response: Response) -> None:
        """Complete and send."""
        if response.status_code != 101:  # noqa: PLR2004 - Switching Protocols
            for name, value in (NO_SNIFFING, NO_STORING):
                response.headers.setdefault(name.decode(), value.decode())
        super().send_response(response)


class WebSocket(WebSocketsSansIOProtocol):
    """Lets streams know how their connection has ended, and reads no faster than it can serve.

    The base class answers every ping at once, whether the peer takes the pongs or not, and queues
    all messages of one read.
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
        """Note why."""
        self._connection.lost(exc)
        self._input.clear()
        self._cancel_pump()
        super().connection_lost(exc)

    def keepalive_timeout(self) -> None:
        """Cut the connection off; an orderly end makes the stream fail in what it sends next."""
        self._connection.give_up()

    def data_received(self, data: bytes) -> None:
        """Parse the handshake at once, and what follows as far as the client may send it."""
        if not self.handshake_initiated:
            super().data_received(data)
            if not self.handshake_initiated:
                self._refuse_handshake()
            return
        self._input += data
        self._pump()

    def _refuse_handshake(self) -> None:
        """Send the refusal, which the base class leaves unsent with the connection open."""
        answer = b"".join(self.conn.data_to_send())
        self._connection.place.refuse(MALFORMED.error)
        self.transport.write(answer or MALFORMED.answer(self.default_headers))
        self.close_sent = True
        self.transport.close()

    def _pump(self) -> None:
        """Parse what is waiting, until something has to be waited for."""
        if self._is_pumping:
            return
        self._is_pumping = True
        self._cancel_pump()
        self._refill()
        while self._input and self._allowance > 0 and self._can_serve():
            frame = bytes(self._input[:PIECE_BYTES])
            del self._input[:PIECE_BYTES]
            self._allowance -= len(frame)
            super().data_received(frame)
        self._is_pumping = False
        self._regulate()

    def _can_serve(self) -> bool:
        """Whether messages are taken by the application, and answers by the client."""
        is_open = self.handshake_complete and not self.transport.is_closing()
        return is_open and not self.read_paused and self.writable.is_set()

    def _refill(self) -> None:
        now = self.loop.time()
        grown = self._allowance + (now - self._allowed_at) * BYTES_PER_SECOND
        self._allowance, self._allowed_at = min(grown, BURST_BYTES), now

    def _regulate(self) -> None:
        """Read on only where nothing has to be waited for; end what holds too much."""
        if self.transport.is_closing():
            self._input.clear()
            return
        waiting = len(self._input)
        fits = self._connection.place.hold(waiting)
        if waiting > MAX_WAITING_BYTES or not fits:
            self._connection.place.refuse("input_ahead" if fits else "input_in_all")
            self._connection.give_up()
            return
        if waiting or self.read_paused or not self.writable.is_set():
            self.transport.pause_reading()
        else:
            self.transport.resume_reading()
        if waiting and self._allowance <= 0:
            seconds = (PIECE_BYTES - self._allowance) / BYTES_PER_SECOND
            self._next_pump = self.loop.call_later(seconds, self._pump)

    def _cancel_pump(self) -> None:
        if self._next_pump is not None:
            self._next_pump.cancel()
            self._next_pump = None

    def pause_writing(self) -> None:
        """Stop reading, too: what is read may have to be answered."""
        super().pause_writing()
        self._regulate()

    def resume_writing(self) -> None:
        """Go on with both."""
        super().resume_writing()
        self._pump()

    def handle_events(self) -> None:
        """Charge for each frame."""
        self._allowance -= FRAME_BYTES * len(self.conn.events)
        super().handle_events()

    def handle_cont(self, event: Frame) -> None:
        """Bound the number of fragments."""
        if len(self.frames) < MAX_FRAGMENTS:
            super().handle_cont(event)
            return
        self._connection.place.refuse("fragments")
        self.conn.fail(CloseCode.POLICY_VIOLATION, f"more than {MAX_FRAGMENTS} fragments")
        self.handle_parser_exception()

    async def send(self, message: ASGISendEvent) -> None:
        """Go on with what came before the handshake's answer."""
        await super().send(message)
        if message["type"] == "websocket.send":
            return
        if message["type"] == "websocket.http.response.body" and not message.get("more_body"):
            self.handshake_complete = True  # by a refusal, which the base class logs as an error
        self._pump()

    async def receive(self) -> ASGIReceiveEvent:
        """Go on with what came after the message."""
        message = await super().receive()
        self._pump()
        return message
