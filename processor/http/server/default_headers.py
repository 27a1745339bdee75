"""Add the headers that every HTTP response has, whichever code made it."""

from collections.abc import Awaitable
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

NO_SNIFFING = (b"x-content-type-options", b"nosniff")
"""Prevents a browser from running text of a client, such as a callsign, as a script."""

NO_STORING = (b"cache-control", b"no-store")
"""Prevents caches from keeping what only its principal may read. The page's files override it."""


class DefaultHeaders:
    """Adds the headers that a response does not set itself; bodies pass unchanged."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        # Returns the coroutine of `send`: one of its own would cost every frame of every stream.
        def complete(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                message["headers"] = with_default_headers(list(message.get("headers", ())))
            return send(message)

        await self._app(scope, receive, complete)


def with_default_headers(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Return the headers of a response, and those of the default headers that are missing."""
    present: set[Any] = {name.lower() for name, _ in headers}
    return headers + [each for each in (NO_SNIFFING, NO_STORING) if each[0] not in present]
