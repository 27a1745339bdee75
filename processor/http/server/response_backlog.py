"""Limit the bytes of responses that clients have not read yet, in all and for each client."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from processor.access.addresses import network_of
from processor.access.principal import ANONYMOUS
from processor.access.slots import Bound, Client, OverloadedError
from processor.http.access.admission import admission_of, client_of
from processor.http.access.error_responses import respond_overloaded
from processor.http.access.root_path import route_path
from processor.http.server.connection import connection_of
from processor.stream.encoder import MAX_FRAME_BYTES

MEGABYTE = 1024 * 1024

TOTAL_BYTES, CLIENT_BYTES = 128 * MEGABYTE, 32 * MEGABYTE
"""Bytes of unread responses of all clients, and of one principal or address. The largest response,
all aircraft with all fields, has 4 MB."""

STREAMS = "/sse/"
"""Paths that are not limited: streams send frames that all subscribers share, and have deadlines of
their own."""


class ResponseBacklog:
    """Counts the bytes of unread responses; a client without any may have one of any size."""

    def __init__(self, *, total: int = TOTAL_BYTES, per_client: int = CLIENT_BYTES) -> None:
        self._limits: dict[Bound, int] = {
            "total": total,
            "principal": per_client,
            "address": per_client,
        }
        self._held: Counter[tuple[Bound, str]] = Counter()

    def total_bytes(self) -> int:
        """Return the bytes of all clients."""
        return self._held.get(("total", ""), 0)

    @contextmanager
    def held(self, client: Client, size: int) -> Iterator[None]:
        """Count a response of this many bytes within a block.

        Raises:
            OverloadedError: The response would exceed a limit.
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
                f"unread responses{of_client} have more than {limit // MEGABYTE} MB:"
                " read those first, or ask for less",
                bound=bound,
                limit=limit,
            )


def _holders(client: Client) -> list[tuple[Bound, str]]:
    holders: list[tuple[Bound, str]] = [("address", network_of(client.address)), ("total", "")]
    if client.principal:
        holders.insert(0, ("principal", client.principal))
    return holders


class BoundedResponses:
    """Sends large responses in chunks, each after the client has read the previous one.

    A response above a limit is replaced by an error.

    Args:
        app: The application.
        deadline_seconds: How long a client may take to read a chunk before it is disconnected.
        backlog: The count of unread bytes.
    """

    def __init__(
        self, app: ASGIApp, *, deadline_seconds: float, backlog: ResponseBacklog | None = None
    ) -> None:
        self._app = app
        self._deadline_seconds = deadline_seconds
        self._backlog = backlog or ResponseBacklog()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application, and limit what it sends."""
        if scope["type"] != "http" or route_path(scope).startswith(STREAMS):
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
                await self._send_chunks(scope, send, message)
            elif len(body) <= MAX_FRAME_BYTES:
                await send(head)
                await send(message)
            else:
                await self._send_counted(scope, receive, send, (head, message))

        await self._app(scope, receive, send_bounded)

    async def _send_counted(
        self, scope: Scope, receive: Receive, send: Send, response: tuple[Message, Message]
    ) -> None:
        """Send a response, or the error that a limit is reached."""
        head, message = response
        try:
            with self._backlog.held(_client_of(scope), len(message["body"])):
                await send(head)
                await self._send_chunks(scope, send, message)
        except OverloadedError as error:
            refusal = await respond_overloaded(HTTPConnection(scope), error)
            await refusal(scope, receive, send)

    async def _send_chunks(self, scope: Scope, send: Send, message: Message) -> None:
        body, more_follows = message.get("body", b""), message.get("more_body", False)
        if len(body) <= MAX_FRAME_BYTES:
            await send(message)
            return
        for first in range(0, len(body), MAX_FRAME_BYTES):
            is_last = first + MAX_FRAME_BYTES >= len(body)
            chunk = {
                "type": "http.response.body",
                "body": body[first : first + MAX_FRAME_BYTES],
                "more_body": more_follows or not is_last,
            }
            try:
                async with asyncio.timeout(self._deadline_seconds):
                    await send(chunk)
            except TimeoutError:
                connection_of(scope).give_up()
                return


def _client_of(scope: Scope) -> Client:
    admission = admission_of(scope)
    return client_of(HTTPConnection(scope), admission.right.principal if admission else ANONYMOUS)
