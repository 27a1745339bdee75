"""StateVector: what OpenSky knows of one aircraft at one moment."""

from typing import Annotated

import msgspec

Icao24 = Annotated[str, msgspec.Meta(min_length=6, max_length=6)]
"""24-bit transponder address, six lower-case hexadecimal digits."""

UnixSeconds = Annotated[int, msgspec.Meta(ge=946_684_800, lt=4_102_444_800)]
"""Seconds since 1970 between the years 2000 and 2100: anything else is a broken clock."""

Text = Annotated[str, msgspec.Meta(max_length=64)]
"""Printable text. The longest country name of OpenSky has 44 characters."""

Latitude = Annotated[float, msgspec.Meta(ge=-90, le=90)]
Longitude = Annotated[float, msgspec.Meta(ge=-180, le=180)]

Measure = Annotated[float, msgspec.Meta(ge=-1e6, le=1e6)]
"""A measured quantity. Implausible values are kept; readers of the topic judge them."""

Code = Annotated[int, msgspec.Meta(ge=-32_768, le=32_767)]
"""A small enumeration of OpenSky's; values that it may add later are kept as they are."""


_HEXADECIMAL = frozenset("0123456789abcdef")
_TEXTS = ("callsign", "origin_country", "squawk")

Serial = Annotated[int, msgspec.Meta(ge=-2_147_483_648, le=2_147_483_647)]
"""A receiver's serial number, as the database holds one."""


class StateVector(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """The 18 fields of OpenSky's `/states/all`, in its names, order and SI units.

    `None` means "not received", never zero. Text has lost the blanks that pad it on OpenSky's
    wire, and text of blanks alone is `None`. Fields and ranges follow OpenSky's documentation
    (https://openskynetwork.github.io/opensky-api/rest.html).

    Attributes:
        icao24: Transponder address; the key everywhere.
        callsign: Up to 8 characters; shared by several aircraft at times, so never an identity.
        origin_country: Derived from the address block, in OpenSky's own spelling.
        time_position: When the position was last updated (Unix seconds).
        last_contact: When any message was last received (Unix seconds).
        longitude: Degrees, WGS 84.
        latitude: Degrees, WGS 84.
        baro_altitude: Barometric altitude in metres.
        on_ground: Whether the position came from a surface position report; false if OpenSky's
            value is unusable.
        velocity: Ground speed in m/s.
        true_track: Degrees clockwise from north.
        vertical_rate: m/s, positive when climbing.
        sensors: Serials of the receivers; only sent for receivers of the account itself.
        geo_altitude: Geometric (GNSS) altitude in metres.
        squawk: Transponder code, four octal digits.
        spi: Special purpose indicator; false if OpenSky's value is unusable.
        position_source: 0 ADS-B, 1 ASTERIX, 2 MLAT, 3 FLARM; -1 if OpenSky's value is unusable.
        category: Kind of aircraft, 0 to 20; only sent when requested.
    """

    icao24: Icao24
    callsign: Text | None
    origin_country: Text | None
    time_position: UnixSeconds | None
    last_contact: UnixSeconds
    longitude: Longitude | None
    latitude: Latitude | None
    baro_altitude: Measure | None
    on_ground: bool
    velocity: Measure | None
    true_track: Measure | None
    vertical_rate: Measure | None
    sensors: list[Serial] | None
    geo_altitude: Measure | None
    squawk: Text | None
    spi: bool
    position_source: Code
    category: Code | None

    def __post_init__(self) -> None:
        """Refuse texts that are not what they must be.

        Patterns in the types would do the same and cost more than all of the decoding.

        Raises:
            ValueError: Naming the field; to decoders a validation error.
        """
        if not _HEXADECIMAL.issuperset(self.icao24):
            raise ValueError(f"icao24: {self.icao24!r} is not six lower-case hexadecimal digits")
        if not f"{self.callsign}{self.origin_country}{self.squawk}".isprintable():
            texts = {name: str(getattr(self, name)) for name in _TEXTS}
            name = next(name for name, text in texts.items() if not text.isprintable())
            raise ValueError(f"{name}: {texts[name]!r} has characters that cannot be printed")


FIELDS = StateVector.__struct_fields__
"""The 18 names in OpenSky's order: columns of the database and keys of the JSON."""
