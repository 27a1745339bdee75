"""CSV (RFC 4180) that a spreadsheet opens without running what a pilot has typed."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from processor.history.export.table import Kind, Row, Table
from processor.history.export.values import Values, columns_of, iso_times

_FORMULA = re.compile("['=+\\-@\t\r\n\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}"
                      "\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH COMMERCIAL AT}]")  # fmt: skip
"""What makes a formula of a text (OWASP, CSV injection), and the quote that prevents it, so that
one quote taken off always gives back the text."""

_BOOLS = {None: None, True: "true", False: "false"}


class CsvRows:
    """A header, then a line for each row; null is an empty field."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def begin(self) -> bytes:
        """Return the header."""
        return _lines([self._table.names])

    def add(self, rows: Sequence[Row]) -> bytes:
        """Return the rows' lines."""
        columns = [
            _CELLS[column.kind](values) if column.kind in _CELLS else values
            for column, values in zip(
                self._table.columns, columns_of(self._table, rows), strict=True
            )
        ]
        return _lines(zip(*columns, strict=True))

    def end(self) -> bytes:
        """Return nothing: the last line is the end."""
        return b""


def harmless(text: str | None) -> str | None:
    """Return a text that no spreadsheet takes for a formula."""
    return "'" + text if text is not None and _FORMULA.match(text) else text


def _lines(rows: Any) -> bytes:  # noqa: ANN401 - whatever csv takes
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _texts(values: Values) -> Values:
    known = {text: harmless(text) for text in set(values)}
    return [known[text] for text in values]


def _lists(values: Values) -> Values:
    return [None if value is None else msgspec.json.encode(value).decode() for value in values]


_CELLS: Mapping[Kind, Any] = {
    Kind.TEXT: _texts,
    Kind.TIME: iso_times,
    Kind.BOOL: lambda values: [_BOOLS[value] for value in values],
    Kind.INT_LIST: _lists,
}
