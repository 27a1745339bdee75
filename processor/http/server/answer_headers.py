"""SERVE: headers that every answer has, whoever made it."""

from collections.abc import Awaitable
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

NO_SNIFFING = (b"x-content-type-options", b"nosniff")
"""Text that a client has sent, such as a callsign, must not be run as a script."""

NO_STORING = (b"cache-control", b"no-store")
"""An answer may hold what only its principal may see; files of the page say otherwise."""


class AnswerHeaders:
    """Adds what an answer over HTTP does not set itself; bodies pass by untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        # Returns what `send` does: a coroutine of its own would cost every piece of every stream.
        def complete(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                message["headers"] = completed(list(message.get("headers", ())))
            return send(message)

        await self._app(scope, receive, complete)


def completed(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Return the headers of an answer with those that are missing."""
    present: set[Any] = {name.lower() for name, _ in headers}
    return headers + [each for each in (NO_SNIFFING, NO_STORING) if each[0] not in present]
