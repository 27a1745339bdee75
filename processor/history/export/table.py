"""The columns of each kind of export: name, type and unit, for every format."""

from collections.abc import Iterator
from enum import Enum, auto
from typing import Any, Protocol

import msgspec

ATTRIBUTION = "Data of The OpenSky Network, https://opensky-network.org"
"""OpenSky's terms of use require this wherever its data are shown."""


class Row(Protocol):
    """A row of asyncpg or a dictionary: values by column name."""

    def __getitem__(self, name: str, /) -> Any:  # noqa: ANN401 - of the column's type
        """Return the value of a column."""

    def __iter__(self) -> Iterator[Any]:
        """Return an iterator, over the values or over the names."""


class ColumnType(Enum):
    """The type of a column's values; null, in every type, means "not received"."""

    TEXT = auto()
    TIME = auto()
    FLOAT64 = auto()
    FLOAT32 = auto()
    INT = auto()
    BOOL = auto()
    INT_LIST = auto()


class Column(msgspec.Struct, frozen=True):
    """A column; its name is the same in the database and in every file."""

    name: str
    type: ColumnType
    unit: str = ""


class Table(msgspec.Struct, frozen=True):
    """The columns of a file, whose values every row has by name.

    Attributes:
        has_flights: Whether rows also have `flight`, the stored flight that they belong to, or
            None; it is no column.
        has_lines: Whether a file in GeoJSON has the lines of flights instead of the rows' points.
    """

    name: str
    columns: tuple[Column, ...]
    has_flights: bool = False
    has_lines: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(column.name for column in self.columns)

    @property
    def has_positions(self) -> bool:
        """Whether a row has a position; otherwise it has a box around many positions."""
        return "longitude" in self.names


STATE_VECTORS = Table(
    "state_vectors",
    (
        Column("icao24", ColumnType.TEXT),
        Column("callsign", ColumnType.TEXT),
        Column("origin_country", ColumnType.TEXT),
        Column("time_position", ColumnType.TIME),
        Column("last_contact", ColumnType.TIME),
        Column("longitude", ColumnType.FLOAT64, "degrees"),
        Column("latitude", ColumnType.FLOAT64, "degrees"),
        Column("baro_altitude", ColumnType.FLOAT32, "m"),
        Column("on_ground", ColumnType.BOOL),
        Column("velocity", ColumnType.FLOAT32, "m/s"),
        Column("true_track", ColumnType.FLOAT32, "degrees"),
        Column("vertical_rate", ColumnType.FLOAT32, "m/s"),
        Column("sensors", ColumnType.INT_LIST),
        Column("geo_altitude", ColumnType.FLOAT32, "m"),
        Column("squawk", ColumnType.TEXT),
        Column("spi", ColumnType.BOOL),
        Column("position_source", ColumnType.INT),
        Column("category", ColumnType.INT),
    ),
)
"""OpenSky's 18 fields in its order, as in the table `state_vectors`."""

FLIGHTS = Table(
    "flights",
    (
        Column("icao24", ColumnType.TEXT),
        Column("callsign", ColumnType.TEXT),
        Column("origin_country", ColumnType.TEXT),
        Column("first_seen", ColumnType.TIME),
        Column("last_seen", ColumnType.TIME),
        Column("take_off", ColumnType.TIME),
        Column("landing", ColumnType.TIME),
        Column("distance_km", ColumnType.FLOAT64, "km"),
        Column("max_altitude", ColumnType.FLOAT32, "m"),
        Column("state_vectors", ColumnType.INT),
        Column("west", ColumnType.FLOAT64, "degrees"),
        Column("south", ColumnType.FLOAT64, "degrees"),
        Column("east", ColumnType.FLOAT64, "degrees"),
        Column("north", ColumnType.FLOAT64, "degrees"),
        Column("implausible_positions", ColumnType.INT),
        Column("implausible_altitudes", ColumnType.INT),
        Column("airborne", ColumnType.BOOL),
    ),
)
"""The columns of the view `flights`."""

TRACK = Table("track", (*STATE_VECTORS.columns, Column("implausible", ColumnType.BOOL)))
"""State vectors of one aircraft, and whether no aircraft can have flown to their position."""

STATE_VECTORS_WITH_FLIGHTS = msgspec.structs.replace(STATE_VECTORS, has_flights=True)
TRACK_WITH_FLIGHTS = msgspec.structs.replace(TRACK, has_flights=True)
"""These have the same columns, for rows that were read together with the stored flights."""
