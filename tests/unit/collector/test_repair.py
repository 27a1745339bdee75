"""A row with an unusable field keeps all others, and what was lost is counted."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.answer import Answer, read_answer
from telemetry.codec import decode, encode
from telemetry.state_vector import StateVector
from tests.unit.collector.conftest import NOW, row, state_vector

CLEAN = state_vector("000002")


def read(*rows: object) -> Answer:
    """Read an answer with these rows; NaN is written as Python does, against JSON's rules."""
    return read_answer(json.dumps({"time": NOW, "states": rows}).encode())


def repaired(**changes: Any) -> tuple[StateVector, dict[str, int]]:  # noqa: ANN401 - any value at all
    """Return what becomes of a row with these values, between two good ones."""
    answer = read(row("000001"), row("000002", **changes), row("000003"))
    assert answer.rejected == []
    before, between, after = answer.state_vectors
    assert (before, after) == (state_vector("000001"), state_vector("000003"))
    return between, answer.unusable_fields


@pytest.mark.parametrize(
    ("name", "value", "instead"),
    [
        ("spi", None, False),
        ("spi", "yes", False),
        ("on_ground", None, False),
        ("on_ground", 2, False),
        ("position_source", None, -1),
        ("position_source", 1.5, -1),
        ("position_source", 99_999, -1),
        ("velocity", "fast", None),
        ("velocity", float("-inf"), None),
        ("baro_altitude", 1e9, None),
        ("vertical_rate", True, None),
        ("time_position", 17, None),
        ("callsign", "SWR\u001b[2J", None),
        ("callsign", "x" * 65, None),
        ("callsign", 28, None),
        ("origin_country", ["Switzerland"], None),
        ("squawk", 1000, None),
        ("sensors", [1, "two"], None),
        ("category", 4.5, None),
        ("geo_altitude", 10**400, None),
    ],
)
def test_an_unusable_field_costs_only_itself(name: str, value: object, instead: object) -> None:
    """It is null, or what claims least where there is no null; and it is counted."""
    vector, unusable = repaired(**{name: value})
    for field in StateVector.__struct_fields__:
        expected = instead if field == name else getattr(CLEAN, field)
        assert getattr(vector, field) == expected, field
    assert unusable == {name: 1}


@pytest.mark.parametrize(
    ("name", "value"),
    [("latitude", 91), ("longitude", -180.5), ("latitude", float("nan")), ("longitude", "8.5")],
)
def test_half_a_position_is_none(name: str, value: object) -> None:
    """OpenSky's rows have longitude, latitude and time_position, or none of them."""
    vector, unusable = repaired(**{name: value})
    assert (vector.longitude, vector.latitude, vector.time_position) == (None, None, None)
    assert vector.baro_altitude == CLEAN.baro_altitude
    assert unusable == {name: 1}


@pytest.mark.parametrize(
    ("name", "value", "instead"),
    [
        ("category", 4.0, 4),
        ("last_contact", float(NOW), NOW),
        ("time_position", float(NOW), NOW),
        ("position_source", 0.0, 0),
        ("on_ground", 0, False),
        ("on_ground", 1, True),
        ("spi", 1.0, True),
        ("sensors", [7.0, 8], [7, 8]),
        ("callsign", " SWR28 ", "SWR28"),
        ("squawk", " 1000", "1000"),
        ("origin_country", "  ", None),
    ],
)
def test_another_spelling_of_a_usable_value_is_no_loss(
    name: str, value: object, instead: object
) -> None:
    """Whole numbers as floats, flags as 0 and 1, blanks before a text."""
    vector, unusable = repaired(**{name: value})
    assert getattr(vector, name) == instead
    assert unusable == {}


def test_leading_blanks_are_stripped_where_nothing_has_to_be_repaired() -> None:
    """Seen in real answers: `' N524UW '`."""
    assert read(row(callsign=" N524UW ")).state_vectors[0].callsign == "N524UW"


def test_raw_control_characters_and_broken_utf8_cost_only_their_fields() -> None:
    """Both make the answer as a whole illegal JSON."""
    rows = [row("000001", callsign="A?B"), row("000002", callsign="A!B"), row("000003")]
    text = json.dumps({"time": NOW, "states": rows}).encode()
    answer = read_answer(text.replace(b"A?B", b"A\x01B").replace(b"A!B", b"A\xffB"))
    assert [each.callsign for each in answer.state_vectors] == [None, None, "SWR28"]
    assert answer.unusable_fields == {"callsign": 2}


def test_the_answer_s_time_may_be_a_whole_number_written_as_a_float() -> None:
    """Like the times of its rows."""
    text = json.dumps({"time": float(NOW), "states": [row()]}).encode()
    assert read_answer(text).time == NOW


VALUES = st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=70)


@given(st.dictionaries(st.sampled_from(StateVector.__struct_fields__[5:]), VALUES, max_size=13))
def test_whatever_a_row_holds_its_message_can_be_read_back(changes: dict[str, Any]) -> None:
    """The codec of the topic accepts each repaired row."""
    answer = read(row("000002", **changes))
    (vector,) = answer.state_vectors
    assert decode(encode(vector), {}) == vector
