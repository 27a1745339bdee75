"""Encode pages of rows as a file, chunk by chunk, in a thread beside the event loop."""

import asyncio
import importlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, nullcontext
from typing import Any, Protocol, TypeVar

import msgspec

from processor.history.errors import InvalidRequestError
from processor.history.export.csv_rows import CsvRows
from processor.history.export.geojson import GeoJsonFeatures
from processor.history.export.json_rows import JsonRows
from processor.history.export.kml import BoxPlacemarks, TrackPlacemarks
from processor.history.export.table import Row, Table
from processor.history.export.track_lines import TrackLines

ENCODED_ROWS = 500
"""Rows that are encoded at once. C code holds the interpreter meanwhile, for some milliseconds, so
nothing else runs."""

MAX_CHUNK_BYTES = 256 * 1024
"""The largest chunk that is handed on, and so what the server holds for a slow client."""

Item = TypeVar("Item")


class RowEncoder(Protocol):
    """Encodes one file; returns bytes as soon as they are finished."""

    def begin(self) -> bytes:
        """Return the bytes before the first row."""

    def add(self, rows: Sequence[Row]) -> bytes:
        """Return the bytes that these rows, at least one, have finished."""

    def end(self) -> bytes:
        """Return all bytes that remain, with those after the last row."""


class FileFormat(msgspec.Struct, frozen=True):
    """A format of files.

    Attributes:
        encoder: Makes the encoder of one file.
        by_aircraft: Whether the rows must be sorted by aircraft first.
    """

    media_type: str
    encoder: Callable[[Table], RowEncoder]
    by_aircraft: bool = False


def _geojson_encoder(table: Table) -> RowEncoder:
    return TrackLines(table) if table.has_lines else GeoJsonFeatures(table)


def _kml_encoder(table: Table) -> RowEncoder:
    return TrackPlacemarks(table) if table.has_positions else BoxPlacemarks(table)


def _parquet_encoder(table: Table) -> RowEncoder:
    # Loading pyarrow takes a quarter of a second and 40 MB, which most servers never need.
    module = importlib.import_module("processor.history.export.parquet")
    encoder: RowEncoder = module.ParquetFile(table)
    return encoder


FILE_FORMATS = {
    "csv": FileFormat("text/csv; charset=utf-8; header=present", CsvRows),
    "geojson": FileFormat("application/geo+json", _geojson_encoder),
    "kml": FileFormat("application/vnd.google-earth.kml+xml", _kml_encoder, by_aircraft=True),
    "ndjson": FileFormat("application/x-ndjson", JsonRows),
    "parquet": FileFormat("application/vnd.apache.parquet", _parquet_encoder),
}
"""The formats by name, which is also the suffix of the file."""


def file_format(name: str) -> FileFormat:
    """Return the format of this name.

    Raises:
        InvalidRequestError: There is no such format.
    """
    if name not in FILE_FORMATS:
        raise InvalidRequestError("format", f"{name!r} is not one of {', '.join(FILE_FORMATS)}")
    return FILE_FORMATS[name]


async def write(
    format: str,  # noqa: A002 - its name
    table: Table,
    pages: AsyncIterator[Sequence[Row]],
) -> AsyncGenerator[bytes, None]:
    """Yield a file in chunks; the first one comes after the first page has been read.

    Raises:
        InvalidRequestError: There is no such format.
    """
    async with closing(pages):
        encoder = await asyncio.to_thread(file_format(format).encoder, table)
        waiting = await asyncio.to_thread(encoder.begin)
        async for page in pages:
            for first in range(0, len(page), ENCODED_ROWS):
                portion = page[first : first + ENCODED_ROWS]
                waiting += await asyncio.to_thread(encoder.add, portion)
                for chunk in _chunks(waiting):
                    yield chunk
                waiting = b""
        for chunk in _chunks(waiting + await asyncio.to_thread(encoder.end)):
            yield chunk


def closing(items: AsyncIterator[Item]) -> AbstractAsyncContextManager[Any]:
    """Close a generator, and with it what it holds, if its reader stops early."""
    return aclosing(items) if isinstance(items, AsyncGenerator) else nullcontext()


def _chunks(content: bytes) -> Sequence[bytes]:
    return [content[at : at + MAX_CHUNK_BYTES] for at in range(0, len(content), MAX_CHUNK_BYTES)]
