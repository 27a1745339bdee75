"""GeoJSON files are valid by an independent model of RFC 7946, and equal to the rows."""

from typing import Any

import msgspec
import pytest
from geojson_pydantic import FeatureCollection
from geojson_pydantic.geometries import MultiPolygon, Point, Polygon

from processor.history.export.table import ATTRIBUTION, FLIGHTS, STATE_VECTORS, Table
from tests.unit.processor.history.export.invented import (
    TIMES,
    flight_over_the_antimeridian,
    flight_rows,
    moment,
    odd_rows,
    singles,
    written,
)


def read(content: bytes) -> list[Any]:
    """Read the features of a file with the model, which refuses invalid ones."""
    return FeatureCollection.model_validate_json(content).features


@pytest.mark.parametrize(
    ("table", "rows", "times"),
    [
        (STATE_VECTORS, odd_rows(), TIMES),
        (FLIGHTS, flight_rows(), ("first_seen", "last_seen", "take_off", "landing")),
    ],
)
@pytest.mark.parametrize("size", [1, 100])
async def test_the_properties_are_the_rows(
    table: Table, rows: list[dict[str, Any]], times: tuple[str, ...], size: int
) -> None:
    """The properties are all columns, for any number of pages."""
    found = [
        dict(feature.properties) for feature in read(await written("geojson", table, rows, size))
    ]
    for row in found:
        row.update({name: row[name] and moment(row[name]) for name in times})
    assert singles(table, found) == singles(table, rows)


async def test_a_state_vector_is_a_point() -> None:
    """Longitude comes first; the geometry is null if no position was received."""
    rows = odd_rows()
    for feature, row in zip(read(await written("geojson", STATE_VECTORS, rows)), rows, strict=True):
        if row["longitude"] is None:
            assert feature.geometry is None
        else:
            assert isinstance(feature.geometry, Point)
            assert tuple(feature.geometry.coordinates) == (row["longitude"], row["latitude"])


async def test_a_flight_is_a_box() -> None:
    """The ring is counter-clockwise and closed; null if no position was received."""
    known, hardly = read(await written("geojson", FLIGHTS, flight_rows()))
    assert isinstance(known.geometry, Polygon)
    (ring,) = known.geometry.coordinates
    assert [tuple(place) for place in ring] == [
        (5.9, 45.8),
        (10.5, 45.8),
        (10.5, 47.9),
        (5.9, 47.9),
        (5.9, 45.8),
    ]
    assert hardly.geometry is None


async def test_a_box_over_the_antimeridian_is_divided() -> None:
    """A single ring would go around the globe (RFC 7946, 3.1.9)."""
    [flight] = read(await written("geojson", FLIGHTS, [flight_over_the_antimeridian()]))
    assert isinstance(flight.geometry, MultiPolygon)
    edges = [
        (min(place[0] for place in ring), max(place[0] for place in ring))
        for (ring,) in flight.geometry.coordinates
    ]
    assert edges == [(177.4, 180.0), (-180.0, -172.0)]


async def test_no_rows_are_an_empty_collection() -> None:
    """The collection has the attribution all the same."""
    content = await written("geojson", STATE_VECTORS, [])
    assert read(content) == []
    assert msgspec.json.decode(content)["attribution"] == ATTRIBUTION
