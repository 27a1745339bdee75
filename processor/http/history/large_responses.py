"""Send JSON documents of many rows: few at a time, since each is in memory until it is read."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias

import structlog
from fastapi import Request, Response
from starlette.types import Receive, Scope, Send

from processor.access.slot_queue import SlotQueue
from processor.access.slots import Client, SlotLimits, Slots
from processor.http.responses import respond_encoded
from processor.http.server.connection import connection_of
from processor.http.server.paced_sender import DeadlineError, PacedSender, SendDeadlines
from processor.stream.encoder import MAX_FRAME_BYTES, choose_encoding, compress

log = structlog.get_logger(__name__)

MAX_RESPONSES = SlotLimits(16, per_principal=3, per_address=3)
"""Documents in memory at once. One of 100,000 rows (`history.max_rows`) has some 20 MB."""

MAX_WAITING = SlotLimits(256, per_principal=32, per_address=32)
PATIENCE_SECONDS = 5.0
"""How long a request waits for its turn before it is refused."""

ENCODER_THREADS = 2
"""Threads that encode and compress. A document takes one for seconds; the event loop's own
threads serve everything else."""

Write: TypeAlias = Callable[[], bytes]
"""Encodes the rows of a document; runs in a thread."""


class LargeResponses:
    """Gives a response a slot before its rows are read, and until its client has read it.

    Args:
        deadlines: When a response is aborted.
    """

    def __init__(self, deadlines: SendDeadlines) -> None:
        self._deadlines = deadlines
        self._threads = ThreadPoolExecutor(ENCODER_THREADS, thread_name_prefix="large responses")
        self._slots = SlotQueue(
            Slots("large responses", MAX_RESPONSES),
            waiting=MAX_WAITING,
            patience_seconds=PATIENCE_SECONDS,
        )

    def respond(
        self,
        request: Request,
        client: Client,
        read: Callable[[], Awaitable[Write]],
        media_type: str = "application/json",
    ) -> Response:
        """Return a response that reads its rows when it is sent, and encodes them in a thread.

        If no slot gets free for the client in time, sending it raises OverloadedError.

        Args:
            request: Names the encodings that the client accepts.
            client: Whose slot is taken.
            read: Reads the rows, and returns the function that encodes them.
            media_type: The media type of the document.
        """
        encoding = choose_encoding(request.headers.get("accept-encoding", ""))

        async def make() -> Response:
            write = await read()
            # The event loop serves subscribers meanwhile.
            body = await asyncio.get_running_loop().run_in_executor(
                self._threads, lambda: compress(write(), encoding)
            )
            response = respond_encoded(body, media_type)
            response.headers["Vary"] = "Accept-Encoding"
            if encoding != "identity":
                response.headers["Content-Encoding"] = encoding
            return response

        return _LargeResponse(self._slots, client, make, self._deadlines)


class _LargeResponse(Response):
    """Makes its body when it is sent, so that it holds its slot from the first row on."""

    def __init__(
        self,
        slots: SlotQueue,
        client: Client,
        make: Callable[[], Awaitable[Response]],
        deadlines: SendDeadlines,
    ) -> None:
        super().__init__()
        self._slots = slots
        self._client = client
        self._make = make
        self._deadlines = deadlines

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del receive
        async with self._slots.held(self._client):
            response = await self._make()
            try:
                await self._send_within_deadlines(response, send)
            except DeadlineError as error:
                log.warning("response_aborted", reason=str(error))
                connection_of(scope).give_up()

    async def _send_within_deadlines(self, response: Response, send: Send) -> None:
        seconds = self._deadlines.total_seconds
        end = asyncio.timeout(seconds)
        try:
            async with end:
                await _send(response, PacedSender(send, self._deadlines))
        except TimeoutError:
            if not end.expired():
                raise
            reason = f"the client took longer than {seconds:g} s (history.max_export_seconds)"
            raise DeadlineError("late", reason) from None


async def _send(response: Response, sender: PacedSender) -> None:
    body = bytes(response.body)
    await sender.start(response.status_code, response.raw_headers)
    for at in range(0, len(body), MAX_FRAME_BYTES):
        await sender.send_chunk(body[at : at + MAX_FRAME_BYTES])
    await sender.send_chunk(b"", more=False)
