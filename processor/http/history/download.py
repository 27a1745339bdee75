"""Send rows as a file that is either complete or visibly aborted."""

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
from processor.history.errors import HistoryError, TooLargeError
from processor.history.export.table import Row, Table
from processor.history.export.write import FILE_FORMATS, file_format, write
from processor.http.access.admission import admission_of
from processor.http.history.metrics import DownloadMetrics
from processor.http.server.connection import connection_of, has_connection
from processor.http.server.paced_sender import DeadlineError, PacedSender, SendDeadlines

log = structlog.get_logger(__name__)


def _schema_of(media_type: str) -> dict[str, str]:
    """Return the schema of a file: one that is JSON as a whole is an object."""
    if media_type.endswith("+json"):
        return {"type": "object"}
    return {"type": "string", "format": "binary"}


FILE_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file, in the requested format.",
        "content": {
            media_type: {"schema": _schema_of(media_type)}
            for media_type in (each.media_type.partition(";")[0] for each in FILE_FORMATS.values())
        },
    },
}
"""For the description of every route that offers files."""


class DownloadAbortedError(Exception):
    """The rows could not be read to their end after a part of the file was sent."""


class _Download(StreamingResponse):
    """Starts once the first chunk is there, so that an earlier error gets a status of its own."""

    def __init__(
        self,
        chunks: AsyncGenerator[bytes, None],
        *,
        media_type: str,
        headers: Mapping[str, str],
        deadlines: SendDeadlines,
        metrics: DownloadMetrics,
    ) -> None:
        super().__init__(chunks, media_type=media_type, headers=headers)
        self._chunks = chunks
        self._deadlines = deadlines
        self._metrics = metrics
        self._has_started = False
        self._first_chunk_timeout: asyncio.Timeout | None = None
        self._lost: RightLostError | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._request_scope = scope
        with self._holding_right():
            await super().__call__(scope, receive, send)

    def _holding_right(self) -> AbstractContextManager[None]:
        admission = admission_of(self._request_scope)
        if admission is None:
            return nullcontext()
        return admission.gate.held(admission.right, self._on_right_lost)

    def _on_right_lost(self, lost: RightLostError) -> None:
        """Abort the file at once, or respond with a status if nothing was sent yet."""
        self._lost = lost
        if self._has_started:
            log.warning("download_aborted", reason=str(lost))
            self._metrics.ended.labels("revoked").inc()
            self._close_connection()
        elif self._first_chunk_timeout is not None:
            self._first_chunk_timeout.reschedule(asyncio.get_running_loop().time())

    async def stream_response(self, send: Send) -> None:
        outcome = "whole"
        try:
            await self._send_file(PacedSender(send, self._deadlines))
        except (HistoryError, DeadlineError) as error:
            if not self._has_started:
                raise
            outcome = error.outcome if isinstance(error, DeadlineError) else "failed"
            self._abort(error)
        if self._lost is None:
            self._metrics.ended.labels(outcome).inc()
        elif not self._close_connection():
            raise DownloadAbortedError(str(self._lost))

    async def _send_file(self, sender: PacedSender) -> None:
        """Send the file.

        Raises:
            HistoryError: The rows could not be read to their end.
            DeadlineError: The file takes longer, or is read more slowly, than allowed.
        """
        seconds = self._deadlines.total_seconds
        end = asyncio.timeout(seconds)
        # Closed here: no generator ends by itself if the client disconnects during a send.
        try:
            async with aclosing(self._chunks) as chunks, end:
                await self._send_chunks(chunks, sender)
        except TimeoutError:
            if not end.expired():
                raise
            reason = f"it took longer than {seconds:g} s (history.max_export_seconds)"
            if not self._has_started:
                raise TooLargeError(f"{reason}: ask for a shorter time") from None
            raise DeadlineError("late", reason) from None

    async def _send_chunks(self, chunks: AsyncGenerator[bytes, None], sender: PacedSender) -> None:
        chunk = await self._first(chunks)
        self._has_started = True
        await sender.start(self.status_code, self.raw_headers)
        while chunk and self._lost is None:
            await sender.send_chunk(chunk)
            chunk = await anext(chunks, b"")
        if self._lost is None:
            await sender.send_chunk(b"", more=False)

    async def _first(self, chunks: AsyncGenerator[bytes, None]) -> bytes:
        """Wait for the first chunk, or until the right to the file is lost.

        Raises:
            RightLostError: The right was lost first.
        """
        try:
            async with asyncio.timeout(None) as self._first_chunk_timeout:
                if self._lost is not None:
                    raise self._lost
                return await anext(chunks, b"")
        except TimeoutError:
            if self._lost is None:
                raise
            raise self._lost from None
        finally:
            self._first_chunk_timeout = None

    def _abort(self, error: Exception) -> None:
        """Close the connection, so that the client cannot mistake a part for the whole file."""
        log.warning("download_aborted", reason=str(error))
        if not self._close_connection():
            raise DownloadAbortedError(str(error)) from error

    def _close_connection(self) -> bool:
        """Close the connection, and return whether it was known."""
        is_known = has_connection(self._request_scope)
        if is_known:
            connection_of(self._request_scope).give_up()
        return is_known


def download(
    format: str,  # noqa: A002 - named like the parameter of the URL
    table: Table,
    pages: AsyncIterator[Sequence[Row]],
    *,
    name: str,
    deadlines: SendDeadlines,
    metrics: DownloadMetrics,
) -> Response:
    """Return a response that sends rows as a file while it reads them.

    Args:
        format: One of FILE_FORMATS.
        table: The columns; rows may have more.
        pages: Some thousand rows each, closed with the response; for kml ordered by aircraft and
            then by time.
        name: The name of the file, without suffix.
        deadlines: When the file is aborted.
        metrics: Counts the outcome.

    Raises:
        InvalidRequestError: There is no such format.
    """
    return _Download(
        write(format, table, pages),
        media_type=file_format(format).media_type,
        headers={
            "Cache-Control": "no-store",
            "Content-Disposition": f'attachment; filename="{quote(name)}.{format}"',
            "X-Content-Type-Options": "nosniff",
        },
        deadlines=deadlines,
        metrics=metrics,
    )
