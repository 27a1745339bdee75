"""The grammar of queries: what is refused. What a filter selects: tests/property/test_stream.py."""

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
        ("near", "91,8,5", "latitude may be -90 to 90"),
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
        ("type", "Boeing", "two to four letters and digits"),
        ("military", "yes", "neither true nor false"),
        ("min_altitude", "high", "not a single number"),
        ("max_altitude", "inf", "not finite"),
        ("min_velocity", "nan", "not finite"),
        ("max_velocity", "", "not a single number"),
        ("fields", "colour", "none of icao24, callsign"),
        ("fields", "", "an empty value"),
        ("format", "xml", "none of object, row, geojson, delta"),
        ("box", "1,2,3,4", "did you mean bbox?"),
        ("zoom", "3", "allowed are bbox, callsign"),
    ],
)
def test_an_error_names_parameter_and_remedy(parameter: str, value: str, reason: str) -> None:
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
def test_too_many_values_are_refused(parameter: str, values: list[str]) -> None:
    """Every list has a bound, and a parameter with one value may not come twice."""
    with pytest.raises(FilterError, match=parameter):
        parse_query([(parameter, value) for value in values])


@pytest.mark.parametrize("other", [("bbox", "0,0,1,1"), ("fields", "callsign")])
def test_delta_takes_neither_filter_nor_fields(other: tuple[str, str]) -> None:
    """All subscribers share one delta state."""
    with pytest.raises(FilterError, match="delta"):
        parse_query([("format", "delta"), other])
    with pytest.raises(FilterError, match="delta"):
        parse_query([("format", "delta")], [BoundingBox(0, 0, 1, 1)])


def test_fields_come_in_order_with_the_key() -> None:
    """In any order of the request, so that subscribers share encoded rows."""
    query = parse_query([("fields", "velocity,callsign"), ("fields", "latitude")])
    assert query.output_format.fields == ("icao24", "callsign", "latitude", "velocity")
    assert (
        query.output_format == parse_query([("fields", "latitude,velocity,callsign")]).output_format
    )


def test_equal_queries_have_the_same_tag() -> None:
    """In any order of the parameters; a different query or area has a different tag."""
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
    assert len({query.tag for query in [one, *others]}) == 6


def test_tags_outlive_an_upgrade() -> None:
    """A client resumes with the event id that an earlier version has sent."""
    every_clause = {
        "bbox": "5.9,45.8,10.5,47.9",
        "near": "47.4,8.5,20",
        "icao24": "aaaaaa",
        "callsign": "SWR*",
        "country": "Switzerland",
        "category": "1",
        "squawk": "emergency",
        "on_ground": "false",
        "min_altitude": "1",
        "max_velocity": "2",
        "pinned": "bbbbbb",
    }
    assert parse_query(every_clause.items()).tag == "b3113339"


def test_the_default_query_is_everything() -> None:
    """Without parameters a client gets all aircraft and fields, with ids without a tag."""
    query = parse_query([("format", "object")])
    assert query.key == parse_query([]).key
    assert (query.filter.is_everything, query.output_format.fields, query.tag) == (True, FIELDS, "")


def test_pinned_without_a_filter_is_the_default_query() -> None:
    """It filters nothing, so no frames are cached for it separately."""
    assert parse_query([("pinned", "aaaaaa,bbbbbb")]).key == parse_query([]).key
    pinned = [("pinned", "aaaaaa"), ("on_ground", "true")]
    assert parse_query(pinned).key != parse_query([("on_ground", "true")]).key


@pytest.mark.parametrize(
    ("pairs", "reason"),
    [
        ([("fields", ",".join(["callsign"] * 24))], "24 values; 23 are allowed"),
        ([("pinned", ",".join(["aaaaaa"] * 1_001))], "1001 values; 1000 are allowed"),
        ([("icao24", "aaaaaa," * 700), ("callsign", "A" * 11_500)], "16384 characters"),
        ([("x" * 20_000, "")], "16384 characters"),
        ([("bbox", "0,0,1,1")] * 17, "17 areas; 16 are allowed"),
    ],
)
def test_the_size_of_a_query_is_bounded(pairs: list[tuple[str, str]], reason: str) -> None:
    """A stream keeps its query as long as it lasts."""
    with pytest.raises(FilterError, match=reason):
        parse_query(pairs)
