"""One aircraft of a fleet: its newest state vector, its place in the log, identity and JSON."""

import msgspec

from processor.reference.identity import UNKNOWN, Identity
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
        identity: Which aircraft it is; `UNKNOWN` until it was looked up.
        object_row: Its JSON in the default format; None until it is requested.
        row: The same in the format `row`.
        feature: The same in the format `geojson`.
        page_row: The same in the format `row` with the fields of the page.
    """

    icao24: str
    state_vector: StateVector
    partition: int = -1
    offset: int = -1
    identity: Identity = UNKNOWN
    object_row: bytes | None = None
    row: bytes | None = None
    feature: bytes | None = None
    page_row: bytes | None = None

    @property
    def registration(self) -> str | None:
        """The registration, as painted on the aircraft."""
        return self.identity.registration

    @property
    def type(self) -> str | None:
        """The ICAO type designator."""
        return self.identity.type

    @property
    def operator(self) -> str | None:
        """The name of the operator, or else of the airline that the callsign names."""
        return self.identity.operator_name(self.state_vector.callsign)

    @property
    def operator_icao(self) -> str | None:
        """The three letters of the operator, or else those of the callsign's airline."""
        return self.identity.operator_code(self.state_vector.callsign)

    @property
    def military(self) -> bool:
        """Whether armed forces operate it."""
        return self.identity.military

    def with_identity(self, identity: Identity) -> "Aircraft":
        """Return the same aircraft with an identity, and the JSON that does not depend on it."""
        return Aircraft(
            self.icao24,
            self.state_vector,
            self.partition,
            self.offset,
            identity,
            self.object_row,
            self.row,
            self.feature,
        )

    def encode(self, output_format: OutputFormat) -> bytes:
        """Return the aircraft as JSON, encoded once in each standard format."""
        source = self if output_format.has_identity else self.state_vector
        kept_as = output_format.kept_as
        if kept_as is None:
            return output_format.encode(source)
        row: bytes | None = getattr(self, kept_as)
        if row is None:
            row = output_format.encode(source)
            setattr(self, kept_as, row)
        return row
