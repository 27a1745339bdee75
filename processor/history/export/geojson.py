"""Encode rows as GeoJSON (RFC 7946): a feature for each row, with all columns as properties."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from processor.history.export.table import ATTRIBUTION, Row, Table
from processor.history.export.values import json_columns

_ENCODER = msgspec.json.Encoder()

Geometry = Mapping[str, Any] | None


class GeoJsonFeatures:
    """Encodes a collection of points, or of the boxes around flights.

    The geometry is null if no position was received.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._names = table.names
        self._geometry = _point if table.has_positions else _box
        self._is_first = True

    def begin(self) -> bytes:
        """Return the first line of the collection."""
        attribution = _ENCODER.encode(ATTRIBUTION)
        return b'{"type":"FeatureCollection","attribution":' + attribution + b',"features":['

    def add(self, rows: Sequence[Row]) -> bytes:
        """Return a feature for each row, each on a line of its own."""
        columns = json_columns(self._table, rows)
        features = [
            _ENCODER.encode(self._feature(dict(zip(self._names, row, strict=True))))
            for row in zip(*columns, strict=True)
        ]
        separator = b"\n" if self._is_first else b",\n"
        self._is_first = False
        return separator + b",\n".join(features)

    def end(self) -> bytes:
        """Return the last line of the collection."""
        return b"\n]}\n"

    def _feature(self, row: dict[str, Any]) -> Mapping[str, Any]:
        return {"type": "Feature", "geometry": self._geometry(row), "properties": row}


def _point(row: Mapping[str, Any]) -> Geometry:
    place = [row["longitude"], row["latitude"]]
    return None if None in place else {"type": "Point", "coordinates": place}


def _box(row: Mapping[str, Any]) -> Geometry:
    west, south, east, north = (row[name] for name in ("west", "south", "east", "north"))
    if None in (west, south, east, north):
        return None
    if west <= east:
        return {"type": "Polygon", "coordinates": [_ring(west, south, east, north)]}
    # A box over the antimeridian is divided there (RFC 7946, 3.1.9).
    halves = [_ring(west, south, 180.0, north)], [_ring(-180.0, south, east, north)]
    return {"type": "MultiPolygon", "coordinates": halves}


def _ring(west: float, south: float, east: float, north: float) -> Sequence[Sequence[float]]:
    # A ring is counter-clockwise and closed (RFC 7946, 3.1.6).
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]
