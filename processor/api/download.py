"""SERVE: rows as a file, which is either whole or visibly broken off."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from typing import Any
from urllib.parse import quote

import structlog
from fastapi import Response
from fastapi.responses import StreamingResponse
from prometheus_client import CollectorRegistry, Counter
from starlette.types import Receive, Scope, Send

from processor.api.connection import connection_of
from processor.api.sending import DeadlineError, Deadlines, Sending
from processor.history.errors import HistoryError, TooMuchError
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


class DownloadMetrics:
    """What has become of downloads."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.ended = Counter(
            "history_downloads",
            "Files that have been sent: whole, or broken off because the history failed, because"
            " the client was too slow, or because the file was too late.",
            ["outcome"],
            registry=registry,
        )


class _Download(StreamingResponse):
    """Begins when the first piece is there, so that an error before it has a status of its own."""

    def __init__(
        self,
        pieces: AsyncGenerator[bytes, None],
        *,
        media_type: str,
        headers: Mapping[str, str],
        deadlines: Deadlines,
        metrics: DownloadMetrics,
    ) -> None:
        super().__init__(pieces, media_type=media_type, headers=headers)
        self._pieces = pieces
        self._deadlines = deadlines
        self._metrics = metrics
        self._has_begun = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._connection_scope = scope
        await super().__call__(scope, receive, send)

    async def stream_response(self, send: Send) -> None:
        outcome = "whole"
        try:
            await self._send_all(Sending(send, self._deadlines))
        except (HistoryError, DeadlineError) as error:
            if not self._has_begun:
                raise
            outcome = error.outcome if isinstance(error, DeadlineError) else "failed"
            self._break_off(error)
        self._metrics.ended.labels(outcome).inc()

    async def _send_all(self, sending: Sending) -> None:
        """Send the file.

        Raises:
            HistoryError: It could not be read to its end.
            DeadlineError: It is later, or taken more slowly, than allowed.
        """
        seconds = self._deadlines.total_seconds
        end = asyncio.timeout(seconds)
        # Closed here: a reader that leaves while a piece is being sent stops no generator.
        try:
            async with aclosing(self._pieces) as pieces, end:
                await self._send_pieces(pieces, sending)
        except TimeoutError:
            if not end.expired():
                raise
            reason = f"it took longer than {seconds:g} s (history.max_export_seconds)"
            if not self._has_begun:
                raise TooMuchError(f"{reason}: ask for a shorter time") from None
            raise DeadlineError("late", reason) from None

    async def _send_pieces(self, pieces: AsyncGenerator[bytes, None], sending: Sending) -> None:
        piece = await anext(pieces, b"")
        self._has_begun = True
        await sending.start(self.status_code, self.raw_headers)
        while piece:
            await sending.piece(piece)
            piece = await anext(pieces, b"")
        await sending.piece(b"", more=False)

    def _break_off(self, error: Exception) -> None:
        """End the connection, so that nobody takes a part for the whole."""
        log.warning("download broken off", reason=str(error))
        if "connection" not in self._connection_scope.get("state", {}):
            raise BrokenOffError(str(error)) from error
        connection_of(self._connection_scope).give_up()


def download(
    format: str,  # noqa: A002 - its name
    table: Table,
    pages: AsyncIterator[Sequence[Row]],
    *,
    name: str,
    deadlines: Deadlines,
    metrics: DownloadMetrics,
) -> Response:
    """Answer a file of rows, which are read while it is sent, and closed with it.

    Args:
        format: One of FORMATS.
        table: The columns; rows may have more.
        pages: Some thousand rows each; for kml sorted by aircraft, then by time.
        name: The file's, without suffix.
        deadlines: When it is broken off.
        metrics: Where it is counted.

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
        deadlines=deadlines,
        metrics=metrics,
    )
