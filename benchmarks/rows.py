"""Converts state vectors to plain tuples for asyncpg, as input of the bare steps."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from processor.archive.stored_values import to_stored_row
from telemetry.state_vector import FIELDS, StateVector

Row = tuple[Any, ...]

_LAST_CONTACT = FIELDS.index("last_contact")


def sorted_rows(state_vectors: Iterable[StateVector]) -> list[Row]:
    """Return rows of stored_state_vectors in the order of the key, as the archive stores them."""
    ordered = sorted(state_vectors, key=lambda each: (each.icao24, each.last_contact))
    return [_row(each) for each in ordered]


def day_of(row: Row) -> dt.date:
    """Return the day whose partition a row belongs to."""
    last_contact: dt.datetime = row[_LAST_CONTACT]
    return last_contact.date()


def _row(state_vector: StateVector) -> Row:
    values = list(to_stored_row(state_vector))
    values[_LAST_CONTACT] = dt.datetime.fromtimestamp(state_vector.last_contact, dt.UTC)
    return tuple(values)
