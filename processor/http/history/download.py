"""SERVE: rows as a file, which is either whole or visibly broken off."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import AbstractContextManager, aclosing, nullcontext
from typing import Any
from urllib.parse import quote

import structlog
from fastapi import Response
from fastapi.responses import StreamingResponse
from prometheus_client import CollectorRegistry, Counter
from starlette.types import Receive, Scope, Send

from processor.access.errors import RightLostError
from processor.history.errors import HistoryError, TooLargeError
from processor.history.export.table import Row, Table
from processor.history.export.write import FILE_FORMATS, file_format, write
from processor.http.access.gate_middleware import admission_of
from processor.http.server.connection import connection_of
from processor.http.server.sending import DeadlineError, Deadlines, Sending

log = structlog.get_logger(__name__)

FILES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file, in the format asked for.",
        "content": {
            each.media_type.partition(";")[0]: {"schema": {"type": "string", "format": "binary"}}
            for each in FILE_FORMATS.values()
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
            " the client was too slow, because the file was too late, or because its right is gone"
            " (revoked).",
            ["outcome"],
            registry=registry,
        )


class _Download(StreamingResponse):
    """Begins when the first piece is there, so that an error before it has a status of its own."""

    def __init__(
        self,
        frames: AsyncGenerator[bytes, None],
        *,
        media_type: str,
        headers: Mapping[str, str],
        deadlines: Deadlines,
        metrics: DownloadMetrics,
    ) -> None:
        super().__init__(frames, media_type=media_type, headers=headers)
        self._pieces = frames
        self._deadlines = deadlines
        self._metrics = metrics
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
            self._metrics.ended.labels("revoked").inc()
            self._abort()
        elif self._waiting is not None:
            self._waiting.reschedule(asyncio.get_running_loop().time())

    async def stream_response(self, send: Send) -> None:
        outcome = "whole"
        try:
            await self._send_all(Sending(send, self._deadlines))
        except (HistoryError, DeadlineError) as error:
            if not self._has_begun:
                raise
            outcome = error.outcome if isinstance(error, DeadlineError) else "failed"
            self._break_off(error)
        if self._lost is None:
            self._metrics.ended.labels(outcome).inc()
        elif not self._abort():
            raise BrokenOffError(str(self._lost))

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
            async with aclosing(self._pieces) as frames, end:
                await self._send_pieces(frames, sending)
        except TimeoutError:
            if not end.expired():
                raise
            reason = f"it took longer than {seconds:g} s (history.max_export_seconds)"
            if not self._has_begun:
                raise TooLargeError(f"{reason}: ask for a shorter time") from None
            raise DeadlineError("late", reason) from None

    async def _send_pieces(self, frames: AsyncGenerator[bytes, None], sending: Sending) -> None:
        frame = await self._first(frames)
        self._has_begun = True
        await sending.start(self.status_code, self.raw_headers)
        while frame and self._lost is None:
            await sending.frame(frame)
            frame = await anext(frames, b"")
        if self._lost is None:
            await sending.frame(b"", more=False)

    async def _first(self, frames: AsyncGenerator[bytes, None]) -> bytes:
        """Wait for the first piece, and no longer when the right is lost meanwhile.

        Raises:
            RightLostError: It is.
        """
        try:
            async with asyncio.timeout(None) as self._waiting:
                if self._lost is not None:
                    raise self._lost
                return await anext(frames, b"")
        except TimeoutError:
            if self._lost is None:
                raise
            raise self._lost from None
        finally:
            self._waiting = None

    def _break_off(self, error: Exception) -> None:
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
    deadlines: Deadlines,
    metrics: DownloadMetrics,
) -> Response:
    """Answer a file of rows, which are read while it is sent, and closed with it.

    Args:
        format: One of FILE_FORMATS.
        table: The columns; rows may have more.
        pages: Some thousand rows each; for kml sorted by aircraft, then by time.
        name: The file's, without suffix.
        deadlines: When it is broken off.
        metrics: Where it is counted.

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
