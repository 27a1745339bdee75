"""Write rows in a format, a piece at a time, in a thread beside the event loop."""

import asyncio
import importlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, nullcontext
from typing import Any, Protocol, TypeVar

import msgspec

from processor.history.errors import InvalidRequestError
from processor.history.export.csv_rows import CsvRows
from processor.history.export.geojson import Features
from processor.history.export.json_rows import JsonRows
from processor.history.export.kml import Boxes, Tracks
from processor.history.export.table import Row, Table

PORTION_ROWS = 500
"""Rows that are written in one go: while C holds the interpreter, a few ms, all else waits."""

PIECE_BYTES = 256 * 1024
"""What is handed on at the most, and so what the server holds for a slow reader."""

Item = TypeVar("Item")


class RowEncoder(Protocol):
    """A file in the making: each part as bytes, as soon as it is finished."""

    def begin(self) -> bytes:
        """Return what stands before the rows."""

    def add(self, rows: Sequence[Row]) -> bytes:
        """Return what the rows, at least one, have finished."""

    def end(self) -> bytes:
        """Return what is left and what stands behind the rows."""


class FileFormat(msgspec.Struct, frozen=True):
    """What a file of a format is called and how it is made."""

    media_type: str
    writer: Callable[[Table], RowEncoder]
    by_aircraft: bool = False
    """Whether the rows must come aircraft by aircraft."""


def _kml(table: Table) -> RowEncoder:
    return Tracks(table) if table.has_positions else Boxes(table)


def _parquet(table: Table) -> RowEncoder:
    # Loading pyarrow takes a quarter of a second and 40 MB, which most who serve never need.
    writer: RowEncoder = importlib.import_module("processor.history.export.parquet").ParquetFile(
        table
    )
    return writer


FILE_FORMATS = {
    "csv": FileFormat("text/csv; charset=utf-8; header=present", CsvRows),
    "geojson": FileFormat("application/geo+json", Features),
    "kml": FileFormat("application/vnd.google-earth.kml+xml", _kml, by_aircraft=True),
    "ndjson": FileFormat("application/x-ndjson", JsonRows),
    "parquet": FileFormat("application/vnd.apache.parquet", _parquet),
}
"""By the name that a request gives, which is the file's suffix too."""


def file_format(name: str) -> FileFormat:
    """Return a format.

    Raises:
        InvalidRequestError: There is none of this name.
    """
    if name not in FILE_FORMATS:
        raise InvalidRequestError("format", f"{name!r} is not one of {', '.join(FILE_FORMATS)}")
    return FILE_FORMATS[name]


async def write(
    format: str,  # noqa: A002 - its name
    table: Table,
    pages: AsyncIterator[Sequence[Row]],
) -> AsyncGenerator[bytes, None]:
    """Write pages of rows; nothing is handed on before the first page has come.

    Raises:
        InvalidRequestError: There is no such format.
    """
    async with closing(pages):
        writer = await asyncio.to_thread(file_format(format).writer, table)
        waiting = await asyncio.to_thread(writer.begin)
        async for page in pages:
            for first in range(0, len(page), PORTION_ROWS):
                portion = page[first : first + PORTION_ROWS]
                waiting += await asyncio.to_thread(writer.add, portion)
                for frame in _pieces(waiting):
                    yield frame
                waiting = b""
        for frame in _pieces(waiting + await asyncio.to_thread(writer.end)):
            yield frame


def closing(items: AsyncIterator[Item]) -> AbstractAsyncContextManager[Any]:
    """Close a generator, and with it what it holds, when its reader leaves early."""
    return aclosing(items) if isinstance(items, AsyncGenerator) else nullcontext()


def _pieces(content: bytes) -> Sequence[bytes]:
    return [content[at : at + PIECE_BYTES] for at in range(0, len(content), PIECE_BYTES)]
