"""Output formats: which fields of an aircraft are sent, and how they are written as JSON."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any, Literal

import msgspec

from processor.reference.identity import IDENTITY_FIELDS
from telemetry.state_vector import FIELDS

Format = Literal["object", "row", "geojson", "delta"]

DIGITS: Mapping[str, int | None] = {
    "baro_altitude": None,
    "geo_altitude": None,
    "velocity": 1,
    "true_track": 1,
    "vertical_rate": 1,
}
"""Decimal places of numbers in rows; None rounds to whole numbers.

They are finer than the steps of transponders: 25 ft, 1 kt, 64 ft/min (RTCA DO-260B, 2.2.3.2).
"""

STRUCTS_KEPT = 64
"""Bound of the cached struct types for chosen fields: each takes some kilobytes, which only the
garbage collector frees."""

PAGE_FIELDS = (
    "callsign",
    "origin_country",
    "time_position",
    "last_contact",
    "longitude",
    "latitude",
    "baro_altitude",
    "geo_altitude",
    "on_ground",
    "velocity",
    "true_track",
    "vertical_rate",
    "squawk",
    "position_source",
    "category",
    "type",
)
"""Fields that the page requests together with a filter (web/src/stream/query.ts)."""

ALL_FIELDS = (*FIELDS, *IDENTITY_FIELDS)
"""Names of all fields that clients may choose, in the order in which they are sent."""

KEPT_AS: Mapping[tuple[Format, tuple[str, ...]], str] = {
    ("object", FIELDS): "object_row",
    ("row", FIELDS): "row",
    ("geojson", FIELDS): "feature",
    ("row", ("icao24", *PAGE_FIELDS)): "page_row",
}
"""The attribute of an aircraft that keeps its JSON, for each format and fields that are kept.

Clients can choose half a million others; kept on 12,000 aircraft they would fill the memory.
"""

Encode = Callable[[Any], bytes]

_encode = msgspec.json.Encoder().encode


class OutputFormat:
    """A format and its fields, in OpenSky's order, then those of the identity, and with icao24.

    Two output formats with the same format and fields are equal, so subscribers share encoded rows.

    Attributes:
        format: The format's name in a query.
        fields: Names of the fields.
        has_identity: Whether fields of the identity are among them.
        encode: Returns a state vector as JSON, or an `Aircraft` if `has_identity`.
        kept_as: The attribute of an aircraft that keeps its JSON; None if it is not kept.
    """

    __slots__ = ("_hash", "encode", "fields", "format", "has_identity", "kept_as")

    def __init__(self, format_: Format, fields: Sequence[str] = FIELDS) -> None:
        self.format = format_
        self.fields = tuple(name for name in ALL_FIELDS if name in fields or name == "icao24")
        self.has_identity = not set(IDENTITY_FIELDS).isdisjoint(self.fields)
        self.encode: Encode = _ENCODERS[format_](self.fields)
        self.kept_as = KEPT_AS.get((format_, self.fields))
        self._hash = hash((format_, self.fields))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, OutputFormat)
            and self.format == other.format
            and self.fields == other.fields
        )

    def __hash__(self) -> int:
        return self._hash


def _object_encoder(fields: tuple[str, ...]) -> Encode:
    if fields == FIELDS:
        return _encode
    values, struct = _values_of(fields), _struct_of(fields)
    return lambda source: _encode(struct(*values(source)))


@lru_cache(STRUCTS_KEPT)
def _struct_of(fields: tuple[str, ...]) -> Callable[..., msgspec.Struct]:
    # A struct is encoded twice as fast as a dict.
    return msgspec.defstruct("Selected", fields, gc=False)


def _row_encoder(fields: tuple[str, ...]) -> Encode:
    values = _values_of(fields)
    rounded = [(place, DIGITS[name]) for place, name in enumerate(fields) if name in DIGITS]

    def encode(source: object) -> bytes:
        row = list(values(source))
        for place, digits in rounded:
            if (value := row[place]) is not None:
                row[place] = round(value, digits)
        return _encode(row)

    return encode


def _geojson_encoder(fields: tuple[str, ...]) -> Encode:
    """Return an encoder of GeoJSON features (RFC 7946); without a position the geometry is null."""
    encode_properties = _object_encoder(fields)
    place = attrgetter(*_paths(("icao24", "longitude", "latitude"), fields))

    def encode(source: object) -> bytes:
        icao24, longitude, latitude = place(source)
        geometry = b"null"
        if longitude is not None and latitude is not None:
            geometry = b'{"type":"Point","coordinates":%s}' % _encode((longitude, latitude))
        return b'{"type":"Feature","id":"%s","geometry":%s,"properties":%s}' % (
            icao24.encode(),
            geometry,
            encode_properties(source),
        )

    return encode


def _values_of(fields: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    # For a single name attrgetter returns the value itself, not a tuple.
    paths = _paths(fields, fields)
    return attrgetter(*paths) if len(paths) > 1 else lambda source: (source.icao24,)


def _paths(names: tuple[str, ...], fields: tuple[str, ...]) -> tuple[str, ...]:
    """Return where names are found: in a state vector, or in an aircraft for its identity."""
    if set(IDENTITY_FIELDS).isdisjoint(fields):
        return names
    return tuple(f"state_vector.{name}" if name in FIELDS else name for name in names)


_ENCODERS: dict[Format, Callable[[tuple[str, ...]], Encode]] = {
    "object": _object_encoder,
    "row": _row_encoder,
    "geojson": _geojson_encoder,
    "delta": _row_encoder,  # not used: delta.py writes columns of many aircraft
}

DEFAULT_FORMAT = OutputFormat("object")
"""All fields under their names: the format of a query that does not name one."""

DELTA_FORMAT = OutputFormat("delta")

STANDARD_FORMATS = frozenset({DELTA_FORMAT, *(OutputFormat(*key) for key in KEPT_AS)})
"""Formats that are encoded once for all subscribers and not limited."""
