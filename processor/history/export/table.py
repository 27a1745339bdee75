"""What the columns of an export are: name, kind and unit, the same for every format."""

from collections.abc import Iterator
from enum import Enum, auto
from typing import Any, Protocol

import msgspec

ATTRIBUTION = "Data of The OpenSky Network, https://opensky-network.org"
"""OpenSky's terms ask to be named wherever its data are shown."""


class Row(Protocol):
    """What asyncpg's rows can do, and dictionaries as well."""

    def __getitem__(self, name: str, /) -> Any:  # noqa: ANN401 - of the column's kind
        """Return the value of a column."""

    def __iter__(self) -> Iterator[Any]:
        """Return what it has."""


class Kind(Enum):
    """What a column holds; every one may be null, which is "not received"."""

    TEXT = auto()
    TIME = auto()
    FLOAT64 = auto()
    FLOAT32 = auto()
    INT = auto()
    BOOL = auto()
    INT_LIST = auto()


class Column(msgspec.Struct, frozen=True):
    """A column: its name in the database and in every file."""

    name: str
    kind: Kind
    unit: str = ""


class Table(msgspec.Struct, frozen=True):
    """The columns of a file, by whose names the values of rows are read.

    Attributes:
        has_flights: Whether rows also have `flight`, the stored flight that they belong to, or
            None; it is no column.
    """

    name: str
    columns: tuple[Column, ...]
    has_flights: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(column.name for column in self.columns)

    @property
    def has_positions(self) -> bool:
        """Whether a row is a point; otherwise it has a box around all of its points."""
        return "longitude" in self.names


STATE_VECTORS = Table(
    "state_vectors",
    (
        Column("icao24", Kind.TEXT),
        Column("callsign", Kind.TEXT),
        Column("origin_country", Kind.TEXT),
        Column("time_position", Kind.TIME),
        Column("last_contact", Kind.TIME),
        Column("longitude", Kind.FLOAT64, "degrees"),
        Column("latitude", Kind.FLOAT64, "degrees"),
        Column("baro_altitude", Kind.FLOAT32, "m"),
        Column("on_ground", Kind.BOOL),
        Column("velocity", Kind.FLOAT32, "m/s"),
        Column("true_track", Kind.FLOAT32, "degrees"),
        Column("vertical_rate", Kind.FLOAT32, "m/s"),
        Column("sensors", Kind.INT_LIST),
        Column("geo_altitude", Kind.FLOAT32, "m"),
        Column("squawk", Kind.TEXT),
        Column("spi", Kind.BOOL),
        Column("position_source", Kind.INT),
        Column("category", Kind.INT),
    ),
)
"""OpenSky's 18 fields in its order, as in the table of that name."""

FLIGHTS = Table(
    "flights",
    (
        Column("icao24", Kind.TEXT),
        Column("callsign", Kind.TEXT),
        Column("origin_country", Kind.TEXT),
        Column("first_seen", Kind.TIME),
        Column("last_seen", Kind.TIME),
        Column("take_off", Kind.TIME),
        Column("landing", Kind.TIME),
        Column("distance_km", Kind.FLOAT64, "km"),
        Column("max_altitude", Kind.FLOAT32, "m"),
        Column("state_vectors", Kind.INT),
        Column("west", Kind.FLOAT64, "degrees"),
        Column("south", Kind.FLOAT64, "degrees"),
        Column("east", Kind.FLOAT64, "degrees"),
        Column("north", Kind.FLOAT64, "degrees"),
        Column("implausible_positions", Kind.INT),
        Column("implausible_altitudes", Kind.INT),
        Column("airborne", Kind.BOOL),
    ),
)
"""The view of that name."""

TRACK = Table("track", (*STATE_VECTORS.columns, Column("implausible", Kind.BOOL)))
"""State vectors of one aircraft, and whether no aircraft can have flown to their position."""

STATE_VECTORS_WITH_FLIGHTS = msgspec.structs.replace(STATE_VECTORS, has_flights=True)
TRACK_WITH_FLIGHTS = msgspec.structs.replace(TRACK, has_flights=True)
"""The same columns, of rows that were read together with the stored flights."""
