"""State vectors as the database gives them back."""

from collections.abc import Iterable

from processor.history.database import Record
from processor.stream.aircraft import Aircraft
from processor.stream.columns import Columns
from telemetry.state_vector import StateVector


def to_state_vectors(rows: Iterable[Record]) -> list[StateVector]:
    """Turn rows with the 18 fields in OpenSky's order, times as Unix seconds, into the type."""
    return [StateVector(*row) for row in rows]


def in_columns(state_vectors: Iterable[StateVector]) -> Columns:
    """Lay state vectors out for the filters of the living picture."""
    return Columns(
        [Aircraft(state.icao24, state, partition=0, offset=0) for state in state_vectors]
    )
