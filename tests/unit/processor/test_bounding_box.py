"""Boxes: which lies in which, also across the antimeridian."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.bounding_box import BoundingBox, parse_box


@pytest.mark.parametrize(
    ("outer", "inner", "covers"),
    [
        ("0,0,10,10", "0,0,10,10", True),
        ("0,0,10,10", "1,1,9,9", True),
        ("0,0,10,10", "1,1,11,9", False),
        ("0,0,10,10", "1,-1,9,9", False),
        ("170,-20,-170,0", "175,-10,-175,-5", True),
        ("170,-20,-170,0", "175,-10,180,-5", True),
        ("170,-20,-170,0", "-180,-10,-175,-5", True),
        ("170,-20,-170,0", "-175,-10,175,-5", False),
        ("170,-20,-170,0", "165,-10,-175,-5", False),
        ("-180,-90,180,90", "170,-20,-170,0", True),
        ("0,-90,180,90", "170,-20,-170,0", False),
    ],
)
def test_a_box_covers_another(outer: str, inner: str, *, covers: bool) -> None:
    """With its edges."""
    assert parse_box(outer).covers(parse_box(inner)) == covers


def _contains(box: BoundingBox, longitude: int) -> bool:
    if box.crosses_antimeridian:
        return longitude >= box.west or longitude <= box.east
    return box.west <= longitude <= box.east


LONGITUDES = st.integers(-18, 18).map(lambda tens: tens * 10)
BOXES = st.tuples(LONGITUDES, LONGITUDES).map(lambda ends: BoundingBox(ends[0], 0, ends[1], 10))


@given(BOXES, BOXES)
def test_what_is_covered_holds_no_more(outer: BoundingBox, inner: BoundingBox) -> None:
    """Wherever they begin and end."""
    if outer.covers(inner):
        assert all(
            _contains(outer, longitude)
            for longitude in range(-180, 181)
            if _contains(inner, longitude)
        )
