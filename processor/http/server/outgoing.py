"""SERVE: the bytes of answers that clients have not taken yet, bounded in all and for each."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from processor.access.addresses import network_of
from processor.access.principal import ANYBODY
from processor.access.shares import Bound, Client, OverloadedError
from processor.http.access.gate_middleware import admission_of, client_of, refuse_overloaded
from processor.http.server.connection import connection_of
from processor.stream.encoder import MAX_FRAME_BYTES

MEGABYTE = 1024 * 1024

TOTAL_BYTES, SHARE_BYTES = 128 * MEGABYTE, 32 * MEGABYTE
"""Of answers under way; the largest, all aircraft with all fields, has 4 MB."""

STREAMS = "/sse/"
"""Streams send pieces that all share, and have deadlines of their own."""


class OutgoingBytes:
    """Counts the bytes of answers under way; a client that has none may have one of any size."""

    def __init__(self, *, total: int = TOTAL_BYTES, share: int = SHARE_BYTES) -> None:
        self._limits: dict[Bound, int] = {"total": total, "principal": share, "address": share}
        self._held: Counter[tuple[Bound, str]] = Counter()

    def held_by_all(self) -> int:
        """Return how many bytes are under way."""
        return self._held.get(("total", ""), 0)

    @contextmanager
    def held(self, client: Client, size: int) -> Iterator[None]:
        """Count an answer within a block.

        Raises:
            OverloadedError: It would be more than a bound allows.
        """
        holders = _holders(client)
        for holder in holders:
            self._check(holder, size)
        for holder in holders:
            self._held[holder] += size
        try:
            yield
        finally:
            for holder in holders:
                self._held[holder] -= size
                if not self._held[holder]:
                    del self._held[holder]

    def _check(self, holder: tuple[Bound, str], size: int) -> None:
        bound, name = holder
        held, limit = self._held.get(holder, 0), self._limits[bound]
        if held and held + size > limit:
            of_client = f" of {name}" if name else ""
            raise OverloadedError(
                f"answers{of_client} under way have more than {limit // MEGABYTE} MB:"
                " read those first, or ask for less",
                bound=bound,
                limit=limit,
            )


def _holders(client: Client) -> list[tuple[Bound, str]]:
    holders: list[tuple[Bound, str]] = [("address", network_of(client.address)), ("total", "")]
    if client.principal:
        holders.insert(0, ("principal", client.principal))
    return holders


class Outgoing:
    """Sends large answers in pieces, each once the one before is taken; refuses those too many.

    Args:
        app: What answers.
        deadline_seconds: In which a client must take each piece, or is cut off.
        outgoing: What counts.
    """

    def __init__(
        self, app: ASGIApp, *, deadline_seconds: float, outgoing: OutgoingBytes | None = None
    ) -> None:
        self._app = app
        self._deadline_seconds = deadline_seconds
        self._outgoing = outgoing or OutgoingBytes()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and watch over what is answered."""
        if scope["type"] != "http" or scope["path"].startswith(STREAMS):
            await self._app(scope, receive, send)
            return
        start: Message | None = None

        async def send_bounded(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                return
            head, start = start, None
            body = message.get("body", b"")
            if head is None:  # a part of a file, which is made while it is read
                await self._send_pieces(scope, send, message)
            elif len(body) <= MAX_FRAME_BYTES:
                await send(head)
                await send(message)
            else:
                await self._send_counted(scope, receive, send, (head, message))

        await self._app(scope, receive, send_bounded)

    async def _send_counted(
        self, scope: Scope, receive: Receive, send: Send, answer: tuple[Message, Message]
    ) -> None:
        """Send an answer, or the refusal that there are too many."""
        head, message = answer
        try:
            with self._outgoing.held(_client_of(scope), len(message["body"])):
                await send(head)
                await self._send_pieces(scope, send, message)
        except OverloadedError as error:
            refusal = await refuse_overloaded(HTTPConnection(scope), error)
            await refusal(scope, receive, send)

    async def _send_pieces(self, scope: Scope, send: Send, message: Message) -> None:
        body, more_follows = message.get("body", b""), message.get("more_body", False)
        if len(body) <= MAX_FRAME_BYTES:
            await send(message)
            return
        for first in range(0, len(body), MAX_FRAME_BYTES):
            is_last = first + MAX_FRAME_BYTES >= len(body)
            frame = {
                "type": "http.response.body",
                "body": body[first : first + MAX_FRAME_BYTES],
                "more_body": more_follows or not is_last,
            }
            try:
                async with asyncio.timeout(self._deadline_seconds):
                    await send(frame)
            except TimeoutError:
                connection_of(scope).give_up()
                return


def _client_of(scope: Scope) -> Client:
    admission = admission_of(scope)
    return client_of(HTTPConnection(scope), admission.right.principal if admission else ANYBODY)
