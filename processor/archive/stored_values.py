"""Round state vectors to the digits that the database stores, and convert them to its columns.

Positions are stored in ten-thousandths of a degree, and speed, direction and vertical rate in
hundredths, which are OpenSky's own digits. A producer that sends more has them rounded here, before
the archive does anything else with a row; so its digest is that of what is stored.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from msgspec.structs import astuple, replace
from numpy.typing import NDArray

from telemetry.state_vector import FIELDS, StateVector

Row = tuple[Any, ...]

STEPS = {
    "longitude": 10_000,
    "latitude": 10_000,
    "velocity": 100,
    "true_track": 100,
    "vertical_rate": 100,
}
"""How many steps of the stored whole number are one unit of the field."""

STORED_NAMES = {
    "time_position": "position_age",
    **{name: f"{name}_e{len(str(steps)) - 1}" for name, steps in STEPS.items()},
}
"""The columns of stored_state_vectors that have another name than the field."""

STORED_FIELDS = tuple(STORED_NAMES.get(name, name) for name in FIELDS)
"""The columns of stored_state_vectors in the order of the fields."""


def find_inexact(names: Sequence[str], numbers: NDArray[np.float64]) -> list[int]:
    """Return the places of the rows that the database cannot hold as they are.

    Args:
        names: The fields.
        numbers: Their values, one row for each state vector; NaN is null.
    """
    columns = dict(zip(names, numbers.T, strict=True))
    is_inexact = np.zeros(len(numbers), np.bool_)
    for name, steps in STEPS.items():
        column = columns[name]
        is_inexact |= np.abs(np.rint(column * steps) / steps - column) > 0
    places: list[int] = np.flatnonzero(is_inexact).tolist()
    return places


def round_to_stored(vector: StateVector) -> StateVector:
    """Return the state vector with the digits that are stored."""
    rounded: dict[str, Any] = {
        name: round(value * steps) / steps
        for name, steps in STEPS.items()
        if (value := getattr(vector, name)) is not None
    }
    return replace(vector, **rounded)


def to_stored_row(vector: StateVector) -> Row:
    """Return the columns of stored_state_vectors, STORED_FIELDS, of one state vector."""
    values = dict(zip(FIELDS, astuple(vector), strict=True))
    if vector.time_position is not None:
        values["time_position"] = vector.last_contact - vector.time_position
    for name, steps in STEPS.items():
        if values[name] is not None:
            values[name] = round(values[name] * steps)
    return tuple(values.values())
