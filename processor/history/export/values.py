"""Values as text formats write them: whole columns at a time, which costs half of one by one."""

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any, TypeAlias

import numpy as np

from processor.history.export.table import Kind, Row, Table

Values: TypeAlias = Sequence[Any]

_UTC_SUFFIX = "+00:00"
_DECIMALS = 2
"""What OpenSky sends of its measures."""


def columns_of(table: Table, rows: Sequence[Row]) -> list[Values]:
    """Turn rows into columns; numbers have as few digits as say the same, NaN is null."""
    values = zip(*map(itemgetter(*table.names), rows), strict=True)
    return [
        _NUMBERS[column.kind](of_column) if column.kind in _NUMBERS else of_column
        for column, of_column in zip(table.columns, values, strict=True)
    ]


def short_floats(values: Values) -> Values:
    """Return single-precision numbers as the shortest doubles that are the same in single.

    The database's 240.13 arrives as 240.13000488281250, which nobody has measured.
    """
    exact = np.array(values, dtype=np.float32)
    rounded = np.round(exact.astype(np.float64), _DECIMALS)
    found: list[float | None] = rounded.tolist()
    for index in np.flatnonzero(rounded.astype(np.float32) != exact).tolist():
        found[index] = _shortest(values[index])
    return found


def without_nan(values: Values) -> Values:
    """Return the numbers with null for what is none."""
    return [None if value is None or math.isnan(value) else value for value in values]


def iso_time(moment: dt.datetime | None) -> str | None:
    """Write a time of UTC as ISO 8601 has it."""
    return None if moment is None else moment.isoformat().removesuffix(_UTC_SUFFIX) + "Z"


def iso_times(values: Values) -> Values:
    """Write many times, in a tenth of what one by one costs."""
    seconds = [unix_seconds(value) for value in values]
    if any(isinstance(value, float) for value in seconds):
        return [iso_time(value) for value in values]
    known = np.array([value or 0 for value in seconds], dtype="datetime64[s]")
    texts: list[str] = np.datetime_as_string(known, timezone="UTC").tolist()
    return [None if value is None else text for value, text in zip(seconds, texts, strict=True)]


def unix_seconds(moment: dt.datetime | None) -> float | None:
    """Write a time as the stream does: whole seconds, with a fraction only where there is one."""
    if moment is None:
        return None
    seconds = moment.timestamp()
    return int(seconds) if seconds.is_integer() else seconds


def json_columns(table: Table, rows: Sequence[Row]) -> list[Values]:
    """Return columns as JSON has them, times in Unix seconds."""
    return [
        [unix_seconds(value) for value in values] if column.kind is Kind.TIME else values
        for column, values in zip(table.columns, columns_of(table, rows), strict=True)
    ]


def _shortest(value: float | None) -> float | None:
    if value is None or math.isnan(value):
        return None
    return float(str(np.float32(value)))


_NUMBERS: Mapping[Kind, Any] = {Kind.FLOAT32: short_floats, Kind.FLOAT64: without_nan}
