"""A restricted principal sees state vectors inside its areas, and when an aircraft left them."""

from processor.bounding_box import BoundingBox
from processor.history.visibility import VisibilityFilter
from testkit.state_vectors import START, state_vector

AREAS = (BoundingBox(5.9, 45.8, 10.5, 47.9),)


def test_those_inside_and_the_first_outside() -> None:
    longitudes = [0.0, 1.0, 8.0, 8.1, 11.0, 12.0, 9.0, None, None, 13.0]
    track = [
        state_vector("aaaaaa", START + n, longitude=longitude)
        for n, longitude in enumerate(longitudes)
    ]
    visibility = VisibilityFilter(AREAS)
    visible = [*visibility.select(track[:5]), *visibility.select(track[5:])]
    assert [state.last_contact - START for state in visible] == [2, 3, 4, 6, 7]


def test_without_areas_all() -> None:
    track = [state_vector("aaaaaa", START, longitude=None)]
    assert VisibilityFilter(()).select(track) == track
