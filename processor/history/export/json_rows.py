"""Encode rows as newline-delimited JSON, with the field names of the stream."""

from collections.abc import Sequence

import msgspec

from processor.history.export.table import Row, Table
from processor.history.export.values import json_columns

_ENCODER = msgspec.json.Encoder()


class JsonRows:
    """Encodes an object on a line of its own for each row; times are in Unix seconds."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._names = table.names

    def begin(self) -> bytes:
        """Return nothing: the file begins with its first row."""
        return b""

    def add(self, rows: Sequence[Row]) -> bytes:
        """Return a line for each row."""
        columns = json_columns(self._table, rows)
        return _ENCODER.encode_lines(
            [dict(zip(self._names, row, strict=True)) for row in zip(*columns, strict=True)]
        )

    def end(self) -> bytes:
        """Return nothing: the file ends with its last line."""
        return b""
