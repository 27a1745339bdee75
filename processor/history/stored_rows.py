"""Turn rows of the database into state vectors, and those into columns that filters read."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from processor.history.database import Record
from processor.reference.identity import UNKNOWN, Identity
from processor.stream.aircraft import Aircraft
from processor.stream.columns import Columns
from telemetry.state_vector import StateVector

NO_IDENTITIES: Mapping[str, Identity] = MappingProxyType({})


def to_state_vectors(rows: Iterable[Record]) -> list[StateVector]:
    """Turn rows of OpenSky's 18 fields in its order, times in Unix seconds, into state vectors."""
    return [StateVector(*row) for row in rows]


def in_columns(
    state_vectors: Iterable[StateVector], identities: Mapping[str, Identity] = NO_IDENTITIES
) -> Columns:
    """Arrange state vectors in columns, which the filters of the stream read.

    Args:
        state_vectors: The state vectors.
        identities: Who the aircraft are, by icao24, as far as that is asked for.
    """
    return Columns(
        [
            Aircraft(state.icao24, state, identity=identities.get(state.icao24, UNKNOWN))
            for state in state_vectors
        ]
    )
