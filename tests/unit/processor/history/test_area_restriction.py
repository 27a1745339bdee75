"""The box asked for, within the areas of who asks."""

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
    """Whether a point lies in a box, by the definition of RFC 7946."""
    east_of, west_of = longitude >= box.west, longitude <= box.east
    is_inside = east_of or west_of if box.crosses_antimeridian else east_of and west_of
    return is_inside and box.south <= latitude <= box.north


def test_the_globe() -> None:
    assert visible_boxes(None, ()) is None
    assert box_columns(None) == (None, None, None, None)


def test_an_area_that_the_box_does_not_touch() -> None:
    """Nothing is left, which is not the same as everything."""
    places = visible_boxes(BoundingBox(0, 0, 1, 1), [BoundingBox(10, 10, 11, 11)])
    assert places == ()
    assert box_columns(places) == ([], [], [], [])


@given(st.none() | boxes(), st.lists(boxes(), max_size=3), LONGITUDES, LATITUDES)
def test_in_the_box_and_in_an_area(
    wanted: BoundingBox | None, areas: list[BoundingBox], longitude: float, latitude: float
) -> None:
    """The places hold exactly the points that lie in both; none of them crosses 180 degrees."""
    places = visible_boxes(wanted, areas)
    expected = (wanted is None or contains(wanted, longitude, latitude)) and (
        not areas or any(contains(area, longitude, latitude) for area in areas)
    )
    found = places is None or any(contains(box, longitude, latitude) for box in places)
    assert found == expected
    assert not any(box.crosses_antimeridian for box in places or ())
