"""SERVE: answers as files, few at a time, for each keeps a connection until it is taken."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from fastapi import Response

from processor.access.shares import Client, ShareLimits, Shares
from processor.history.export.table import Row, Table
from processor.http.history.download import DownloadMetrics, download
from processor.http.server.sending import Deadlines

RETRY_AFTER_SECONDS = 30
"""A file takes some minutes."""


class Files:
    """Gives each file one of the connections for exports, of which a client has a share.

    Args:
        limits: How many may be under way.
        deadlines: When one is broken off.
        metrics: Of what becomes of them.
    """

    def __init__(
        self, limits: ShareLimits, *, deadlines: Deadlines, metrics: DownloadMetrics
    ) -> None:
        self._places = Shares(
            "files",
            limits,
            setting="history.max_connections",
            share_setting="history.client_share",
            retry_after_seconds=RETRY_AFTER_SECONDS,
        )
        self._deadlines = deadlines
        self._metrics = metrics

    def answer(
        self,
        client: Client,
        format_: str,
        table: Table,
        pages: AsyncGenerator[Sequence[Row], None],
        *,
        name: str,
    ) -> Response:
        """Answer rows as a file, which are read while it is sent.

        The answer is a refusal if no place is left for this client.
        """
        return download(
            format_,
            table,
            self._in_place(client, pages),
            name=name,
            deadlines=self._deadlines,
            metrics=self._metrics,
        )

    async def _in_place(
        self, client: Client, pages: AsyncGenerator[Sequence[Row], None]
    ) -> AsyncGenerator[Sequence[Row], None]:
        with self._places.held(client):
            async with aclosing(pages):
                async for page in pages:
                    yield page
