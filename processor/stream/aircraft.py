"""One aircraft of a fleet: its newest state vector, where in the log it stands, and its JSON."""

import msgspec

from processor.stream.output_format import STANDARD_FORMATS, OutputFormat
from telemetry.state_vector import StateVector


class Aircraft(msgspec.Struct, eq=False, gc=False):
    """An aircraft as one state vector describes it; the next state vector makes another object.

    So the encoded rows never have to be discarded.

    Attributes:
        icao24: The address of the state vector, at hand.
        partition: The partition of the log that holds the state vector; -1 if it was read from the
            database.
        offset: Its offset in that partition; -1 if it was read from the database.
        encoded: Its JSON in each standard format that has been requested.
    """

    icao24: str
    state_vector: StateVector
    partition: int = -1
    offset: int = -1
    encoded: dict[OutputFormat, bytes] = msgspec.field(default_factory=dict)

    def encode(self, output_format: OutputFormat) -> bytes:
        """Return the aircraft as JSON, encoded once in each standard format."""
        row = self.encoded.get(output_format)
        if row is None:
            row = output_format.encode(self.state_vector)
            # There are half a million other formats; kept on 12,000 aircraft they fill the memory.
            if output_format in STANDARD_FORMATS:
                self.encoded[output_format] = row
        return row
