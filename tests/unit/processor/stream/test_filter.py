"""The grammar of filters: what is refused; who passes is in tests/property/test_stream.py."""

import pytest

from processor.bounding_box import BoundingBox
from processor.stream.filter import MAX_AREAS, MAX_VALUES, FilterError
from processor.stream.query import parse_query
from telemetry.state_vector import FIELDS


@pytest.mark.parametrize(
    ("parameter", "value", "reason"),
    [
        ("bbox", "", "not west,south,east,north"),
        ("bbox", "1,2,3", "not west,south,east,north"),
        ("bbox", "1,2,3,4,5", "not west,south,east,north"),
        ("bbox", "a,b,c,d", "not west,south,east,north"),
        ("bbox", "0,10,1,5", "south <= north"),
        ("bbox", "-181,0,1,5", "within -180 and 180"),
        ("bbox", "nan,0,1,5", "within -180 and 180"),
        ("bbox", "0,nan,1,5", "south <= north"),
        ("near", "47,8", "not latitude,longitude,kilometres"),
        ("near", "47,8,0", "more than 0 km"),
        ("near", "47,8,nan", "more than 0 km"),
        ("near", "91,8,5", "latitudes to 90"),
        ("icao24", "4b181", "six hexadecimal digits"),
        ("icao24", "4b181g", "six hexadecimal digits"),
        ("icao24", "4b1814,", "an empty value"),
        ("pinned", "swiss1", "six hexadecimal digits"),
        ("callsign", "S*R", "at the end only"),
        ("callsign", "", "an empty value"),
        ("country", " ", "an empty value"),
        ("category", "21", "0 to 20"),
        ("category", "-1", "0 to 20"),
        ("category", "²", "0 to 20"),
        ("squawk", "7800", "four octal digits"),
        ("squawk", "770", "four octal digits"),
        ("on_ground", "yes", "neither true nor false"),
        ("min_altitude", "high", "not one number"),
        ("max_altitude", "inf", "not finite"),
        ("min_velocity", "nan", "not finite"),
        ("max_velocity", "", "not one number"),
        ("fields", "colour", "none of icao24, callsign"),
        ("fields", "", "an empty value"),
        ("format", "xml", "none of object, row, geojson, delta"),
        ("box", "1,2,3,4", "did you mean bbox?"),
        ("zoom", "3", "there are bbox, callsign"),
    ],
)
def test_what_is_refused_is_named(parameter: str, value: str, reason: str) -> None:
    """The parameter, and what would be right."""
    with pytest.raises(FilterError) as raised:
        parse_query([(parameter, value)])
    assert raised.value.parameter == parameter
    assert reason in raised.value.reason


@pytest.mark.parametrize(
    ("parameter", "values"),
    [
        ("bbox", ["0,0,1,1"] * (MAX_AREAS + 1)),
        ("near", ["0,0,1"] * (MAX_AREAS + 1)),
        ("icao24", [",".join(["4b1814"] * (MAX_VALUES + 1))]),
        ("on_ground", ["true", "false"]),
        ("min_altitude", ["1", "2"]),
        ("format", ["row", "object"]),
    ],
)
def test_too_many_are_refused(parameter: str, values: list[str]) -> None:
    """Every list has a bound, and what can be said once may not be said twice."""
    with pytest.raises(FilterError, match=parameter):
        parse_query([(parameter, value) for value in values])


@pytest.mark.parametrize("other", [("bbox", "0,0,1,1"), ("fields", "callsign")])
def test_delta_is_whole(other: tuple[str, str]) -> None:
    """All share it, so nobody chooses."""
    with pytest.raises(FilterError, match="delta"):
        parse_query([("format", "delta"), other])
    with pytest.raises(FilterError, match="delta"):
        parse_query([("format", "delta")], [BoundingBox(0, 0, 1, 1)])


def test_fields_come_in_order_with_the_key() -> None:
    """However they are asked for, so that viewers share what is encoded."""
    view = parse_query([("fields", "velocity,callsign"), ("fields", "latitude")])
    assert view.shape.fields == ("icao24", "callsign", "latitude", "velocity")
    assert view.shape == parse_query([("fields", "latitude,velocity,callsign")]).shape


def test_the_same_view_has_the_same_name() -> None:
    """In whatever order it is asked for; anything else has another, and so has another area."""
    one = parse_query([("icao24", "aaaaaa,bbbbbb"), ("on_ground", "true")])
    for same in (
        [("on_ground", "true"), ("icao24", "BBBBBB, aaaaaa")],
        [("icao24", "bbbbbb"), ("on_ground", "true"), ("icao24", "aaaaaa"), ("format", "object")],
    ):
        assert parse_query(same).tag == one.tag
    others = [
        parse_query([]),
        parse_query([("on_ground", "true")]),
        parse_query(
            [("icao24", "aaaaaa,bbbbbb"), ("on_ground", "true")], [BoundingBox(0, 0, 1, 1)]
        ),
        parse_query([("fields", "callsign")]),
        parse_query([("format", "row")]),
    ]
    assert len({view.tag for view in [one, *others]}) == 6


def test_the_usual_view_is_everything() -> None:
    """Whoever asks for nothing in particular gets all of it, under an id without a tag."""
    view = parse_query([("format", "object")])
    assert view.key == parse_query([]).key
    assert (view.filter.is_everything, view.shape.fields, view.tag) == (True, FIELDS, "")


def test_to_pin_without_a_filter_is_the_usual_view() -> None:
    """It filters nothing, so it has no name of its own under which anything would be kept."""
    assert parse_query([("pinned", "aaaaaa,bbbbbb")]).key == parse_query([]).key
    pinned = [("pinned", "aaaaaa"), ("on_ground", "true")]
    assert parse_query(pinned).key != parse_query([("on_ground", "true")]).key


@pytest.mark.parametrize(
    ("pairs", "reason"),
    [
        ([("fields", ",".join(["callsign"] * 19))], "19 values; 18 are allowed"),
        ([("pinned", ",".join(["aaaaaa"] * 1_001))], "1001 values; 1000 are allowed"),
        ([("icao24", "aaaaaa," * 700), ("callsign", "A" * 11_500)], "16384 characters"),
        ([("x" * 20_000, "")], "16384 characters"),
        ([("bbox", "0,0,1,1")] * 17, "17 areas; 16 are allowed"),
    ],
)
def test_what_a_view_may_say_is_bounded(pairs: list[tuple[str, str]], reason: str) -> None:
    """A stream holds what it asks for as long as it lasts."""
    with pytest.raises(FilterError, match=reason):
        parse_query(pairs)
