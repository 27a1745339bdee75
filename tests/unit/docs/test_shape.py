"""An answer of another shape than the page shows is noticed; other values are not."""

import pytest

from tests.docs.shape import ShapeError, check_table, compare, psql_table

FLIGHT = '{"icao24": "4b1814", "first_seen": 1790000000, "km": 118.2, "airborne": true, "at": null}'


@pytest.mark.parametrize(
    ("language", "sample", "actual"),
    [
        (
            "json",
            FLIGHT,
            '{"icao24":"0a0b0c","first_seen":1795800640,"km":2,"airborne":false,"at":5}',
        ),
        ("json", FLIGHT, FLIGHT.replace("118.2", "null")),
        (
            "json",
            '{"states": [{"icao24": "4b1814", …}, …]}',
            '{"states":[{"icao24":"a0a0a0","x":1}]}',
        ),
        ("json", "[[8.5, 47.4], …]", "[[1, 2], [3, 4], [5, 6]]"),
        ("json", '{"mlat": [], "…": "…"}', '{"mlat": ["lat"], "spi": 0}'),
        ("json", '{"a": 1}', '{"b": 3}{"b": 4}\n{"a": 5}'),
        ("json", '[{"alt": 39000}, {"alt": "ground"}, …]', '[{"alt": "ground"}, {"alt": 12}]'),
        (
            "json",
            '[{"hex": "4b1814", "flight": "SWR1"}, …]',
            '[{"hex":"a0a0a0","flight":"X"},{"hex":"a0a0a1"}]',
        ),
        ("yaml", "- {name: tower, expires: 2027-01-01}", "- {name: other, expires: 2031-05-06}"),
        ("csv", "icao24,baro_altitude\n4b1814,11887.2\n…\n", "icao24,baro_altitude\na0a0a0,\n"),
        ("text", "2000 aircraft", "17 aircraft"),
        (
            "text",
            '…\nevent: snapshot\nid: …\ndata: {"time": 1790000000, …}\n…',
            ': welcome\nevent: snapshot\nid: 2w8.x\ndata: {"time":1795800652,"states":[]}\nmore',
        ),
        ("text", "osfm_…", "osfm_00000000_abcdef"),
        ("text", "4b1814 SWR7EA 2026-09-21T14:13:20Z", "a0a0a0 DLH4AB 2027-01-01T00:00:00Z"),
    ],
)
def test_other_values_of_the_same_shape_pass(language: str, sample: str, actual: str) -> None:
    """As tomorrow's traffic has them."""
    compare(language, sample, actual)


@pytest.mark.parametrize(
    ("language", "sample", "actual", "difference"),
    [
        ("json", FLIGHT, FLIGHT.replace("km", "miles"), "not answered: km"),
        ("json", FLIGHT, FLIGHT.replace('"km"', '"more": 1, "km"'), "not shown: more"),
        ("json", FLIGHT, FLIGHT.replace("1790000000", "1790000000000"), "milliseconds"),
        ("json", FLIGHT, FLIGHT.replace("1790000000", '"2026-09-21T14:13:20Z"'), "a time"),
        ("json", FLIGHT, FLIGHT.replace("true", '"yes"'), "bool is shown"),
        ("json", FLIGHT, FLIGHT.replace("4b1814", "4B1814"), "an address is shown"),
        ("json", '{"n": 1}', '{"n": 1.5}', "a whole number is shown"),
        ("json", '{"states": [{…}, …]}', '{"states":[]}', "none is answered"),
        ("json", '{"states": [[1, 2], …]}', '{"states":[[1, 2, 3]]}', "2 elements are shown"),
        ("json", '{"area": [1, 2]}', '{"area": {"west": 1}}', "list is shown"),
        ("json", FLIGHT, "Internal Server Error", "no JSON"),
        ("csv", "icao24,km\n4b1814,1\n", "icao24,miles\n4b1814,1\n", "columns"),
        ("csv", "icao24,km\n4b1814,1\n", "icao24,km\n", "rows are shown"),
        ("csv", "icao24,km\n4b1814,1\n", "icao24,km\na0a0a0,far\n", "column km"),
        ("text", "2000 aircraft", "2000 planes", "'2000 planes' answered"),
        ("text", "2000 aircraft", "", "not answered"),
        ("text", "one", "one\ntwo", "not shown: 'two'"),
        ("text", "…\nevent: update\n…", "event: snapshot", "not answered"),
        ("text", 'data: {"time": 1790000000}', 'data: {"at":1795800652}', "not answered: time"),
    ],
)
def test_another_shape_is_named(language: str, sample: str, actual: str, difference: str) -> None:
    """With its place."""
    with pytest.raises(ShapeError, match=difference):
        compare(language, sample, actual)


def test_tables_of_psql_are_compared_by_columns_and_kinds() -> None:
    """The ruler and the count of rows are none of them."""
    shown = psql_table(" icao24 | km\n--------+----\n 4b1814 | 12\n(1 row)\n")
    assert shown == (["icao24", "km"], [["4b1814", "12"]])
    check_table(*shown, ["icao24", "km"], [["a0a0a0", "7"], ["a0a0a1", ""]])
    for columns, rows in ((["icao24"], [["a0a0a0"]]), (["icao24", "km"], [])):
        with pytest.raises(ShapeError):
            check_table(*shown, columns, rows)
