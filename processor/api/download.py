"""SERVE: rows as a file, which is either whole or visibly broken off."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import AbstractContextManager, aclosing, nullcontext
from typing import Any
from urllib.parse import quote

import structlog
from fastapi import Response
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from processor.access.errors import RightLostError
from processor.api.access import admission_of
from processor.api.connection import connection_of
from processor.history.errors import HistoryError
from processor.history.export.table import Row, Table
from processor.history.export.write import FORMATS, format_of, write

log = structlog.get_logger(__name__)

FILES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file, in the format asked for.",
        "content": {
            each.media_type.partition(";")[0]: {"schema": {"type": "string", "format": "binary"}}
            for each in FORMATS.values()
        },
    },
}
"""For the documentation of every route that answers a download."""


class BrokenOffError(Exception):
    """The history could not be read to its end, after a part of it had been sent."""


class _Download(StreamingResponse):
    """Begins when the first piece is there, so that an error before it has a status of its own."""

    def __init__(
        self, pieces: AsyncGenerator[bytes, None], *, media_type: str, headers: Mapping[str, str]
    ) -> None:
        super().__init__(pieces, media_type=media_type, headers=headers)
        self._pieces = pieces
        self._has_begun = False
        self._waiting: asyncio.Timeout | None = None
        self._lost: RightLostError | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._connection_scope = scope
        with self._held():
            await super().__call__(scope, receive, send)

    def _held(self) -> AbstractContextManager[None]:
        admission = admission_of(self._connection_scope)
        return (
            nullcontext() if admission is None else admission.gate.held(admission.right, self._lose)
        )

    def _lose(self, lost: RightLostError) -> None:
        """End at once when the right is gone; who has got nothing yet gets a status."""
        self._lost = lost
        if self._has_begun:
            log.warning("download broken off", reason=str(lost))
            self._abort()
        elif self._waiting is not None:
            self._waiting.reschedule(asyncio.get_running_loop().time())

    async def stream_response(self, send: Send) -> None:
        # Closed here: a reader that leaves while a piece is being sent stops no generator.
        async with aclosing(self._pieces) as pieces:
            piece = await self._first(pieces)
            self._has_begun = True
            await send(
                {
                    "type": "http.response.start",
                    "status": self.status_code,
                    "headers": self.raw_headers,
                }
            )
            try:
                while piece and self._lost is None:
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
                    piece = await anext(pieces, b"")
            except HistoryError as error:
                self._break_off(error)
                return
            if self._lost is None:
                await send({"type": "http.response.body", "body": b"", "more_body": False})
            elif not self._abort():
                raise BrokenOffError(str(self._lost))

    async def _first(self, pieces: AsyncGenerator[bytes, None]) -> bytes:
        """Wait for the first piece, and no longer when the right is lost meanwhile.

        Raises:
            RightLostError: It is.
        """
        try:
            async with asyncio.timeout(None) as self._waiting:
                if self._lost is not None:
                    raise self._lost
                return await anext(pieces, b"")
        except TimeoutError:
            if self._lost is None:
                raise
            raise self._lost from None
        finally:
            self._waiting = None

    def _break_off(self, error: HistoryError) -> None:
        """End the connection, so that nobody takes a part for the whole."""
        log.warning("download broken off", reason=str(error))
        if not self._abort():
            raise BrokenOffError(str(error)) from error

    def _abort(self) -> bool:
        """End the connection, and return whether it is known."""
        is_known = "connection" in self._connection_scope.get("state", {})
        if is_known:
            connection_of(self._connection_scope).give_up()
        return is_known


def download(
    format: str,  # noqa: A002 - its name
    table: Table,
    pages: AsyncIterator[Sequence[Row]],
    *,
    name: str,
) -> Response:
    """Answer a file of rows, which are read while it is sent, and closed with it.

    Args:
        format: One of FORMATS.
        table: The columns; rows may have more.
        pages: Some thousand rows each; for kml sorted by aircraft, then by time.
        name: The file's, without suffix.

    Raises:
        QuestionError: There is no such format.
    """
    return _Download(
        write(format, table, pages),
        media_type=format_of(format).media_type,
        headers={
            "Cache-Control": "no-store",
            "Content-Disposition": f'attachment; filename="{quote(name)}.{format}"',
            "X-Content-Type-Options": "nosniff",
        },
    )
