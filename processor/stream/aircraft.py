"""One aircraft of the picture: its newest state vector, where that stands, and its bytes."""

import msgspec

from processor.stream.output_format import STANDARD, OutputFormat
from telemetry.state_vector import StateVector


class Aircraft(msgspec.Struct, eq=False, gc=False):
    """Made anew with every state vector, so what was encoded of it never has to be discarded.

    Attributes:
        icao24: The state vector's, at hand.
        partition: The partition of the log that holds the state vector; -1 if it was read from the
            database.
        offset: Its offset in that partition; -1 if it was read from the database.
        encoded: Its JSON in the standard shapes that were asked for.
    """

    icao24: str
    state_vector: StateVector
    partition: int = -1
    offset: int = -1
    encoded: dict[OutputFormat, bytes] = msgspec.field(default_factory=dict)

    def encode(self, shape: OutputFormat) -> bytes:
        """Return the aircraft as JSON; in the standard shapes it is encoded once for all."""
        row = self.encoded.get(shape)
        if row is None:
            row = shape.encode(self.state_vector)
            # There is no end of other shapes, and many aircraft: those would fill the memory.
            if shape in STANDARD:
                self.encoded[shape] = row
        return row
