"""One aircraft of a fleet: its newest state vector, where in the log it stands, and its JSON."""

import msgspec

from processor.stream.output_format import OutputFormat
from telemetry.state_vector import StateVector


class Aircraft(msgspec.Struct, eq=False, gc=False):
    """An aircraft as one state vector describes it; the next state vector makes another object.

    So the encoded rows never have to be discarded. They are attributes and not in a dictionary,
    because the garbage collector would visit one of each aircraft.

    Attributes:
        icao24: The address of the state vector, at hand.
        partition: The partition of the log that holds the state vector; -1 if it was read from the
            database.
        offset: Its offset in that partition; -1 if it was read from the database.
        object_row: Its JSON in the default format; None until it is requested.
        row: The same in the format `row`.
        feature: The same in the format `geojson`.
        page_row: The same in the format `row` with the fields of the page.
    """

    icao24: str
    state_vector: StateVector
    partition: int = -1
    offset: int = -1
    object_row: bytes | None = None
    row: bytes | None = None
    feature: bytes | None = None
    page_row: bytes | None = None

    def encode(self, output_format: OutputFormat) -> bytes:
        """Return the aircraft as JSON, encoded once in each standard format."""
        kept_as = output_format.kept_as
        if kept_as is None:
            return output_format.encode(self.state_vector)
        row: bytes | None = getattr(self, kept_as)
        if row is None:
            row = output_format.encode(self.state_vector)
            setattr(self, kept_as, row)
        return row
