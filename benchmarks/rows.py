"""Converts state vectors to plain tuples for asyncpg, as input of the bare steps."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

import msgspec

from telemetry.state_vector import FIELDS, StateVector

Row = tuple[Any, ...]

_TIME_POSITION = FIELDS.index("time_position")
_LAST_CONTACT = FIELDS.index("last_contact")


def sorted_rows(state_vectors: Iterable[StateVector]) -> list[Row]:
    """Return rows in the order of the key, as the archive stores them."""
    ordered = sorted(state_vectors, key=lambda each: (each.icao24, each.last_contact))
    return [_row(each) for each in ordered]


def day_of(row: Row) -> dt.date:
    """Return the day whose partition a row belongs to."""
    last_contact: dt.datetime = row[_LAST_CONTACT]
    return last_contact.date()


def _row(state_vector: StateVector) -> Row:
    values = list(msgspec.structs.astuple(state_vector))
    for column in (_TIME_POSITION, _LAST_CONTACT):
        if values[column] is not None:
            values[column] = dt.datetime.fromtimestamp(values[column], dt.UTC)
    return tuple(values)
