"""A box of longitudes and latitudes, which may cross the antimeridian."""

import msgspec


class BoundingBox(msgspec.Struct, frozen=True):
    """Degrees, in GeoJSON's order (RFC 7946, 5). If west > east it crosses the antimeridian."""

    west: float
    south: float
    east: float
    north: float

    @property
    def crosses_antimeridian(self) -> bool:
        """Whether the box is the two strips west of 180° and east of -180°."""
        return self.west > self.east

    def covers(self, other: "BoundingBox") -> bool:
        """Whether another box lies in this one."""
        if not (self.south <= other.south and other.north <= self.north):
            return False
        if not self.crosses_antimeridian:
            is_one_strip = not other.crosses_antimeridian
            return (self.west, self.east) == (-180, 180) or (
                is_one_strip and self.west <= other.west and other.east <= self.east
            )
        if other.crosses_antimeridian:
            return self.west <= other.west and other.east <= self.east
        return self.west <= other.west or other.east <= self.east


def parse_box(text: str) -> BoundingBox:
    """Read `west,south,east,north`.

    Raises:
        ValueError: The text is not a box; the message says what is wrong.
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
    return BoundingBox(west, south, east, north)
