"""Turn rows of the database into state vectors, and those into columns that filters read."""

from collections.abc import Iterable

from processor.history.database import Record
from processor.stream.aircraft import Aircraft
from processor.stream.columns import Columns
from telemetry.state_vector import StateVector


def to_state_vectors(rows: Iterable[Record]) -> list[StateVector]:
    """Turn rows of OpenSky's 18 fields in its order, times in Unix seconds, into state vectors."""
    return [StateVector(*row) for row in rows]


def in_columns(state_vectors: Iterable[StateVector]) -> Columns:
    """Arrange state vectors in columns, which the filters of the stream read."""
    return Columns([Aircraft(state.icao24, state) for state in state_vectors])
