"""Takes what is usable out of a row that the decoder refuses, and names what is not."""

import json
import math
from typing import Any, NamedTuple

import msgspec

from telemetry.state_vector import FIELDS, Icao24, StateVector

COLUMNS = 17
"""Without the category. A shorter row has another layout, so that no column of it is certain."""

MAX_REASON_CHARACTERS = 200

SUBSTITUTES: dict[str, bool | int] = {
    # True only when a surface position report came: without a value none is known to have come.
    "on_ground": False,
    # A pulse that a pilot sends on request; without a value none was received.
    "spi": False,
    # No source of OpenSky's. 0 would claim ADS-B; readers show numbers they do not know as unknown.
    "position_source": -1,
}
"""For fields that have no null, what claims least."""

_INDISPENSABLE = frozenset({"icao24", "last_contact"})
_POSITION = frozenset({"longitude", "latitude"})
_TYPES = {field.name: field.type for field in msgspec.structs.fields(StateVector)}


class UnusableRowError(Exception):
    """Too little of a row can be used; the text names the column and its value."""


class RepairedRow(NamedTuple):
    """A state vector, and the fields that are null or a substitute because they were unusable."""

    state_vector: StateVector
    unusable: list[str]


def repair(raw: bytes) -> RepairedRow:
    """Read a row column by column. Whole numbers that are written as floats are usable.

    A position is taken whole or not at all: an unusable longitude or latitude makes both and
    `time_position` null.

    Raises:
        UnusableRowError: `icao24` or `last_contact` is unusable, or it is no row of 17 columns.
    """
    cells = read_cells(raw)
    if not cells:
        raise UnusableRowError("no array of columns")
    if len(cells) < COLUMNS:
        raise UnusableRowError(f"{len(cells)} columns: a row has at least {COLUMNS}")
    values: dict[str, Any] = dict.fromkeys(FIELDS)
    unusable = []
    for name, cell in zip(FIELDS, cells, strict=False):
        try:
            values[name] = _usable(name, cell)
        except (ValueError, OverflowError) as error:
            if name in _INDISPENSABLE:
                raise UnusableRowError(f"{name}: {str(error)[:MAX_REASON_CHARACTERS]}") from error
            unusable.append(name)
            values[name] = SUBSTITUTES.get(name)
    if not _POSITION.isdisjoint(unusable):
        values |= dict.fromkeys((*_POSITION, "time_position"))
    return RepairedRow(_build(values), unusable)


def read_cells(raw: bytes) -> list[Any]:
    """Return the columns of a row, however its JSON is damaged; none if it is no array."""
    try:
        row = json.loads(raw.decode("utf-8", "surrogateescape"), strict=False)
    except (ValueError, RecursionError):
        return []
    return row if isinstance(row, list) else []


def icao24_of(raw: bytes) -> str | None:
    """Return the address if at least that is usable, so that the row keeps its partition."""
    try:
        return msgspec.convert(next(iter(read_cells(raw)), None), Icao24)
    except msgspec.ValidationError:
        return None


def _usable(name: str, cell: object) -> object:
    """Return the value of a field.

    Raises:
        ValueError: It is not of the field's type or range.
    """
    if isinstance(cell, float) and not math.isfinite(cell):
        raise ValueError(f"{cell} is no number")
    if isinstance(cell, str):
        cell = cell.strip(" ") or None
    if isinstance(cell, str) and not cell.isprintable():
        raise ValueError(f"{cell!r} has characters that cannot be printed")
    cell = [_whole(each) for each in cell] if isinstance(cell, list) else _whole(cell)
    if _TYPES[name] is bool and type(cell) is int and cell in (0, 1):
        return bool(cell)
    return msgspec.convert(cell, _TYPES[name])


def _whole(cell: object) -> object:
    return int(cell) if isinstance(cell, float) and cell.is_integer() else cell


def _build(values: dict[str, Any]) -> StateVector:
    try:
        return StateVector(**values)
    except ValueError as error:
        raise UnusableRowError(str(error)[:MAX_REASON_CHARACTERS]) from error
