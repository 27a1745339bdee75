"""One JSON object to a line, in the words of the stream."""

from collections.abc import Sequence

import msgspec

from processor.history.export.table import Row, Table
from processor.history.export.values import json_columns

_ENCODER = msgspec.json.Encoder()


class JsonRows:
    """A line for each row, times in Unix seconds."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._names = table.names

    def begin(self) -> bytes:
        """Return nothing: the first row is the beginning."""
        return b""

    def add(self, rows: Sequence[Row]) -> bytes:
        """Return the rows' lines."""
        columns = json_columns(self._table, rows)
        return _ENCODER.encode_lines(
            [dict(zip(self._names, row, strict=True)) for row in zip(*columns, strict=True)]
        )

    def end(self) -> bytes:
        """Return nothing: the last line is the end."""
        return b""
