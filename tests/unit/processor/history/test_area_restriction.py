"""The boxes of a request inside the areas of its principal."""

from hypothesis import given
from hypothesis import strategies as st

from processor.bounding_box import BoundingBox
from processor.history.area_restriction import box_columns, visible_boxes

LONGITUDES = st.floats(-180, 180)
LATITUDES = st.floats(-90, 90)


@st.composite
def boxes(draw: st.DrawFn) -> BoundingBox:
    south, north = sorted([draw(LATITUDES), draw(LATITUDES)])
    return BoundingBox(draw(LONGITUDES), south, draw(LONGITUDES), north)


def contains(box: BoundingBox, longitude: float, latitude: float) -> bool:
    """Return whether a point lies in a box, by the definition of RFC 7946."""
    east_of, west_of = longitude >= box.west, longitude <= box.east
    is_inside = east_of or west_of if box.crosses_antimeridian else east_of and west_of
    return is_inside and box.south <= latitude <= box.north


def test_the_globe() -> None:
    assert visible_boxes(None, ()) is None
    assert box_columns(None) == (None, None, None, None)


def test_an_area_that_the_box_does_not_touch() -> None:
    """No box is left, which differs from the whole globe."""
    found_boxes = visible_boxes(BoundingBox(0, 0, 1, 1), [BoundingBox(10, 10, 11, 11)])
    assert found_boxes == ()
    assert box_columns(found_boxes) == ([], [], [], [])


@given(st.none() | boxes(), st.lists(boxes(), max_size=3), LONGITUDES, LATITUDES)
def test_in_the_box_and_in_an_area(
    requested: BoundingBox | None, areas: list[BoundingBox], longitude: float, latitude: float
) -> None:
    """The boxes hold exactly the points that lie in both; none of them crosses 180 degrees."""
    found_boxes = visible_boxes(requested, areas)
    expected = (requested is None or contains(requested, longitude, latitude)) and (
        not areas or any(contains(area, longitude, latitude) for area in areas)
    )
    found = found_boxes is None or any(contains(box, longitude, latitude) for box in found_boxes)
    assert found == expected
    assert not any(box.crosses_antimeridian for box in found_boxes or ())
