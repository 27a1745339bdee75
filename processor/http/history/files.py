"""Send rows as files: few at a time, since each holds a database connection until it is read."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from fastapi import Response

from processor.access.slots import Client, SlotLimits, Slots
from processor.history.export.table import Row, Table
from processor.http.history.download import download
from processor.http.history.metrics import DownloadMetrics
from processor.http.server.paced_sender import SendDeadlines

RETRY_AFTER_SECONDS = 30
"""Most files take some minutes."""


class FileDownloads:
    """Limits how many files are sent at once, in all and to one client.

    Args:
        limits: How many files may be sent at once.
        deadlines: When a file is aborted.
        metrics: Counts the outcomes.
    """

    def __init__(
        self, limits: SlotLimits, *, deadlines: SendDeadlines, metrics: DownloadMetrics
    ) -> None:
        self._slots = Slots(
            "files",
            limits,
            setting="history.max_connections",
            share_setting="history.client_share",
            retry_after_seconds=RETRY_AFTER_SECONDS,
        )
        self._deadlines = deadlines
        self._metrics = metrics

    def respond(
        self,
        client: Client,
        format_: str,
        table: Table,
        pages: AsyncGenerator[Sequence[Row], None],
        *,
        name: str,
    ) -> Response:
        """Return a response that sends rows as a file while it reads them.

        If no slot is free for the client, sending it raises OverloadedError.
        """
        return download(
            format_,
            table,
            self._in_slot(client, pages),
            name=name,
            deadlines=self._deadlines,
            metrics=self._metrics,
        )

    async def _in_slot(
        self, client: Client, pages: AsyncGenerator[Sequence[Row], None]
    ) -> AsyncGenerator[Sequence[Row], None]:
        with self._slots.held(client):
            async with aclosing(pages):
                async for page in pages:
                    yield page
