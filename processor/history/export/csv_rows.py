"""Encode rows as CSV (RFC 4180) in which a spreadsheet finds no formulas."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from processor.history.export.table import ColumnType, Row, Table
from processor.history.export.values import Values, columns_of, iso_times

_FORMULA = re.compile("['=+\\-@\t\r\n\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}"
                      "\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH COMMERCIAL AT}]")  # fmt: skip
"""First characters that turn a text into a formula (OWASP, "CSV Injection"), and the quote that
prevents it. The quote is escaped too, so that removing one always gives back the text."""

_BOOLS = {None: None, True: "true", False: "false"}


class CsvRows:
    """Encodes a header line, then a line for each row; null is an empty field."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def begin(self) -> bytes:
        """Return the header line."""
        return _lines([self._table.names])

    def add(self, rows: Sequence[Row]) -> bytes:
        """Return a line for each row."""
        columns = [
            _CELLS[column.type](values) if column.type in _CELLS else values
            for column, values in zip(
                self._table.columns, columns_of(self._table, rows), strict=True
            )
        ]
        return _lines(zip(*columns, strict=True))

    def end(self) -> bytes:
        """Return nothing: the file ends with its last line."""
        return b""


def escape_formula(text: str | None) -> str | None:
    """Return the text with a quote before it if a spreadsheet could take it for a formula."""
    return "'" + text if text is not None and _FORMULA.match(text) else text


def _lines(rows: Any) -> bytes:  # noqa: ANN401 - whatever csv takes
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _escaped_texts(values: Values) -> Values:
    known = {text: escape_formula(text) for text in set(values)}
    return [known[text] for text in values]


def _lists(values: Values) -> Values:
    return [None if value is None else msgspec.json.encode(value).decode() for value in values]


_CELLS: Mapping[ColumnType, Any] = {
    ColumnType.TEXT: _escaped_texts,
    ColumnType.TIME: iso_times,
    ColumnType.BOOL: lambda values: [_BOOLS[value] for value in values],
    ColumnType.INT_LIST: _lists,
}
