"""SERVE: answers as files, few at a time, for each keeps a connection until it is taken."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from fastapi import Response

from processor.api.download import download
from processor.history.errors import UnavailableError
from processor.history.export.table import Row, Table


class Files:
    """Leaves half of the connections for those who want a short answer."""

    def __init__(self, max_connections: int) -> None:
        self._places = asyncio.Semaphore(max(1, max_connections // 2))

    def answer(
        self,
        format_: str,
        table: Table,
        pages: AsyncGenerator[Sequence[Row], None],
        *,
        name: str,
    ) -> Response:
        """Answer rows as a file, which are read while it is sent."""
        return download(format_, table, self._in_place(pages), name=name)

    async def _in_place(
        self, pages: AsyncGenerator[Sequence[Row], None]
    ) -> AsyncGenerator[Sequence[Row], None]:
        if self._places.locked():
            raise UnavailableError("as many files are under way as there may be at a time")
        async with self._places, aclosing(pages):
            async for page in pages:
                yield page
