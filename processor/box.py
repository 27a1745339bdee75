"""A box of the globe, which may cross the antimeridian."""

import msgspec


class Box(msgspec.Struct, frozen=True):
    """Degrees in GeoJSON's order (RFC 7946, 5); west of more than east crosses the antimeridian."""

    west: float
    south: float
    east: float
    north: float

    @property
    def crosses_antimeridian(self) -> bool:
        """Whether the box is the two strips west of 180° and east of -180°."""
        return self.west > self.east


def parse_box(text: str) -> Box:
    """Read `west,south,east,north`.

    Raises:
        ValueError: What is wrong and what is wanted.
    """
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise ValueError(f"{text!r} is not west,south,east,north in degrees") from None
    # Written so that NaN fails as well.
    if not (-180 <= west <= 180 and -180 <= east <= 180):  # noqa: PLR2004 - degrees
        raise ValueError(f"{text!r}: west and east must be within -180 and 180")
    if not (-90 <= south <= north <= 90):  # noqa: PLR2004 - degrees
        raise ValueError(f"{text!r}: -90 <= south <= north <= 90 is needed")
    return Box(west, south, east, north)
