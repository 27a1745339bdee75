"""SERVE: answers of many rows in one piece: few at a time, for each is held until it is taken."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias

import structlog
from fastapi import Request, Response
from starlette.types import Receive, Scope, Send

from processor.access.shares import Client, ShareLimits, Shares
from processor.access.waiting import WaitingShares
from processor.http.answers import json_response
from processor.http.server.connection import connection_of
from processor.http.server.sending import DeadlineError, Deadlines, Sending
from processor.stream.encoder import MAX_FRAME_BYTES, choose_encoding, compress

log = structlog.get_logger(__name__)

MAX_ANSWERS = ShareLimits(16, per_principal=3, per_address=3)
"""Each may be some 20 MB, with the 100,000 rows of `history.max_rows`."""

MAX_WAITING = ShareLimits(256, per_principal=32, per_address=32)
PATIENCE_SECONDS = 5.0

WRITERS = 2
"""Threads of their own: an answer takes seconds of one, and the loop's few serve all else."""

Write: TypeAlias = Callable[[], bytes]


class LargeAnswers:
    """Gives an answer a place before its rows are read, and until its client has taken it.

    Args:
        deadlines: When one is broken off.
    """

    def __init__(self, deadlines: Deadlines) -> None:
        self._deadlines = deadlines
        self._threads = ThreadPoolExecutor(WRITERS, thread_name_prefix="large answers")
        self._places = WaitingShares(
            Shares("large answers", MAX_ANSWERS),
            waiting=MAX_WAITING,
            patience_seconds=PATIENCE_SECONDS,
        )

    def answer(
        self,
        request: Request,
        client: Client,
        read: Callable[[], Awaitable[Write]],
        media_type: str = "application/json",
    ) -> Response:
        """Read, write and compress as the client takes it, the latter two in a thread.

        Args:
            request: Says what the client takes.
            client: Whose place it is; the answer is a refusal if there is none in time.
            read: Reads the rows, and returns what writes them.
            media_type: Of the answer.
        """
        encoding = choose_encoding(request.headers.get("accept-encoding", ""))

        async def make() -> Response:
            write = await read()
            # The event loop has subscribers to serve meanwhile.
            body = await asyncio.get_running_loop().run_in_executor(
                self._threads, lambda: compress(write(), encoding)
            )
            answer = json_response(body, media_type)
            answer.headers["Vary"] = "Accept-Encoding"
            if encoding != "identity":
                answer.headers["Content-Encoding"] = encoding
            return answer

        return _LargeAnswer(self._places, client, make, self._deadlines)


class _LargeAnswer(Response):
    """Is made when it is sent, so that its place lasts from the first row to the last byte."""

    def __init__(
        self,
        places: WaitingShares,
        client: Client,
        make: Callable[[], Awaitable[Response]],
        deadlines: Deadlines,
    ) -> None:
        super().__init__()
        self._places = places
        self._client = client
        self._make = make
        self._deadlines = deadlines

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del receive
        async with self._places.held(self._client):
            answer = await self._make()
            try:
                await self._send_within_deadlines(answer, send)
            except DeadlineError as error:
                log.warning("answer broken off", reason=str(error))
                connection_of(scope).give_up()

    async def _send_within_deadlines(self, answer: Response, send: Send) -> None:
        seconds = self._deadlines.total_seconds
        end = asyncio.timeout(seconds)
        try:
            async with end:
                await _send(answer, Sending(send, self._deadlines))
        except TimeoutError:
            if not end.expired():
                raise
            reason = f"the client took longer than {seconds:g} s (history.max_export_seconds)"
            raise DeadlineError("late", reason) from None


async def _send(answer: Response, sending: Sending) -> None:
    body = bytes(answer.body)
    await sending.start(answer.status_code, answer.raw_headers)
    for at in range(0, len(body), MAX_FRAME_BYTES):
        await sending.frame(body[at : at + MAX_FRAME_BYTES])
    await sending.frame(b"", more=False)
