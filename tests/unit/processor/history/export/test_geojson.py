"""GeoJSON: valid by an independent model of RFC 7946, and equal to the rows."""

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
    """Read a file's features as the model does, which refuses what is not valid."""
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
    """All of them, over any number of pages."""
    found = [
        dict(feature.properties) for feature in read(await written("geojson", table, rows, size))
    ]
    for row in found:
        row.update({name: row[name] and moment(row[name]) for name in times})
    assert singles(table, found) == singles(table, rows)


async def test_a_state_vector_is_where_it_is() -> None:
    """Longitude first; null where no position was received."""
    rows = odd_rows()
    for feature, row in zip(read(await written("geojson", STATE_VECTORS, rows)), rows, strict=True):
        if row["longitude"] is None:
            assert feature.geometry is None
        else:
            assert isinstance(feature.geometry, Point)
            assert tuple(feature.geometry.coordinates) == (row["longitude"], row["latitude"])


async def test_a_flight_is_the_box_around_it() -> None:
    """Counter-clockwise and closed; null where it was never seen anywhere."""
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


async def test_a_box_over_the_antimeridian_is_cut_in_two() -> None:
    """RFC 7946, 3.1.9: a single ring would go around the globe."""
    [flight] = read(await written("geojson", FLIGHTS, [flight_over_the_antimeridian()]))
    assert isinstance(flight.geometry, MultiPolygon)
    edges = [
        (min(place[0] for place in ring), max(place[0] for place in ring))
        for (ring,) in flight.geometry.coordinates
    ]
    assert edges == [(177.4, 180.0), (-180.0, -172.0)]


async def test_no_rows_are_an_empty_collection() -> None:
    """Which says whose data they are, too."""
    content = await written("geojson", STATE_VECTORS, [])
    assert read(content) == []
    assert msgspec.json.decode(content)["attribution"] == ATTRIBUTION
