"""Convert values for text formats, a column at a time: half the cost of one value at a time."""

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any, TypeAlias

import numpy as np

from processor.history.export.table import ColumnType, Row, Table

Values: TypeAlias = Sequence[Any]

_UTC_SUFFIX = "+00:00"
_DECIMALS = 2
"""Decimals of the measured values that OpenSky sends."""


def columns_of(table: Table, rows: Sequence[Row]) -> list[Values]:
    """Return rows as columns; numbers have as few digits as possible, and NaN is null."""
    values = zip(*map(itemgetter(*table.names), rows), strict=True)
    return [
        _NUMBERS[column.type](column_values) if column.type in _NUMBERS else column_values
        for column, column_values in zip(table.columns, values, strict=True)
    ]


def short_floats(values: Values) -> Values:
    """Return single-precision numbers as the shortest doubles that round to the same number.

    The database's 240.13 arrives as 240.13000488281250, with digits that were never measured.
    """
    exact = np.array(values, dtype=np.float32)
    rounded = np.round(exact.astype(np.float64), _DECIMALS)
    found: list[float | None] = rounded.tolist()
    for index in np.flatnonzero(rounded.astype(np.float32) != exact).tolist():
        found[index] = _shortest(values[index])
    return found


def without_nan(values: Values) -> Values:
    """Return the numbers with null in place of NaN."""
    return [None if value is None or math.isnan(value) else value for value in values]


def iso_time(moment: dt.datetime | None) -> str | None:
    """Write a time (UTC) in ISO 8601."""
    return None if moment is None else moment.isoformat().removesuffix(_UTC_SUFFIX) + "Z"


def iso_times(values: Values) -> Values:
    """Write many times in ISO 8601, at a tenth of the cost of one at a time."""
    seconds = [unix_seconds(value) for value in values]
    if any(isinstance(value, float) for value in seconds):
        return [iso_time(value) for value in values]
    known = np.array([value or 0 for value in seconds], dtype="datetime64[s]")
    texts: list[str] = np.datetime_as_string(known, timezone="UTC").tolist()
    return [None if value is None else text for value, text in zip(seconds, texts, strict=True)]


def unix_seconds(moment: dt.datetime | None) -> float | None:
    """Return a time in Unix seconds as the stream has it: an integer unless it has a fraction."""
    if moment is None:
        return None
    seconds = moment.timestamp()
    return int(seconds) if seconds.is_integer() else seconds


def json_columns(table: Table, rows: Sequence[Row]) -> list[Values]:
    """Return rows as columns of JSON values; times are in Unix seconds."""
    return [
        [unix_seconds(value) for value in values] if column.type is ColumnType.TIME else values
        for column, values in zip(table.columns, columns_of(table, rows), strict=True)
    ]


def _shortest(value: float | None) -> float | None:
    if value is None or math.isnan(value):
        return None
    return float(str(np.float32(value)))


_NUMBERS: Mapping[ColumnType, Any] = {
    ColumnType.FLOAT32: short_floats,
    ColumnType.FLOAT64: without_nan,
}
