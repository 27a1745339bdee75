"""Reading answers: every row that can be read is, every other is kept with its reason."""

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.answer import read_answer
from collector.errors import UnreadableAnswerError
from tests.unit.collector.conftest import NOW, row, state_vector


def body(*rows: object) -> bytes:
    """Return an answer with these rows; NaN is written as Python does, against JSON's rules."""
    return json.dumps({"time": NOW, "states": rows}).encode()


def test_reads_every_column_and_takes_the_padding_off() -> None:
    """The record holds what OpenSky sent, integers as the floats they are."""
    answer = read_answer(body(row()))
    assert answer.time == NOW
    assert answer.state_vectors == [state_vector()]
    assert isinstance(answer.state_vectors[0].latitude, float)


def test_null_instead_of_a_list_is_no_rows() -> None:
    """OpenSky sends null where nothing matches."""
    answer = read_answer(b'{"time": 1800000000, "states": null}')
    assert (answer.state_vectors, answer.rejected) == ([], [])


def test_17_columns_leave_the_category_unknown() -> None:
    """Without `extended` there is no 18th."""
    assert read_answer(body(row()[:17])).state_vectors[0].category is None


@pytest.mark.parametrize("extra", [["x"], [None, {"a": [1]}]])
def test_columns_beyond_the_18th_are_ignored(extra: list[Any]) -> None:
    """OpenSky has added columns before."""
    assert read_answer(body([*row(), *extra])).state_vectors == [state_vector()]


@pytest.mark.parametrize("blank", ["", "        ", None])
def test_blank_text_is_not_received(blank: str | None) -> None:
    """Blanks alone and null mean the same."""
    changed = row(callsign=blank, origin_country=blank, squawk=blank)
    vector = read_answer(body(changed)).state_vectors[0]
    assert (vector.callsign, vector.origin_country, vector.squawk) == (None, None, None)


@pytest.mark.parametrize("category", [-1, 0, 20, 99])
def test_unknown_categories_are_kept(category: int) -> None:
    """What OpenSky adds later is not the collector's to judge."""
    assert read_answer(body(row(category=category))).state_vectors[0].category == category


@pytest.mark.parametrize("track", [-221.0, 0.0, 359.99, 400.0])
def test_a_track_is_kept_as_received(track: float) -> None:
    """Some answers hold negative ones; the archive stores what OpenSky said."""
    assert read_answer(body(row(true_track=track))).state_vectors[0].true_track == track


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"last_contact": None}, "last_contact: "),
        ({"last_contact": 17}, "last_contact: "),
        ({"last_contact": NOW + 0.5}, "last_contact: "),
        ({"icao24": "00002"}, "icao24: "),
        ({"icao24": None}, "icao24: "),
    ],
)
def test_a_row_without_address_or_contact_costs_only_itself(
    changes: dict[str, Any], reason: str
) -> None:
    """It is kept with the column at fault."""
    values: dict[str, Any] = {"icao24": "000002", **changes}
    bad = row(**values)
    answer = read_answer(body(row("000001"), bad, row("000003")))
    assert [each.icao24 for each in answer.state_vectors] == ["000001", "000003"]
    assert answer.rejected[0].reason.startswith(reason)
    assert b"SWR28" in answer.rejected[0].raw


@pytest.mark.parametrize(
    "bad", [[], ["4b1814"], "text", 7, None, {"icao24": "4b1814"}, row("4B1814"), row("4b18149")]
)
def test_what_is_no_row_is_rejected_without_breaking_others(bad: object) -> None:
    """Whatever it is, it has a reason."""
    answer = read_answer(body(bad, row()))
    assert len(answer.state_vectors) == len(answer.rejected) == 1
    assert answer.rejected[0].reason


def test_the_raw_bytes_of_a_rejected_row_are_those_received() -> None:
    """Spacing included, so that the dead letter can be compared with the source."""
    bad = b'[ "4b1814",  1 ]'
    answer = read_answer(b'{"time": 1800000000, "states": [' + bad + b"]}")
    assert answer.rejected[0].raw == bad
    assert answer.rejected[0].icao24 == "4b1814"


def test_a_huge_row_is_cut_to_what_a_message_can_hold() -> None:
    """The broker takes 1 MB at the most."""
    answer = read_answer(body(row(callsign="x" * 2_000_000, last_contact=0)))
    assert len(answer.rejected[0].raw) == 65_536


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"<html>502</html>",
        b"[]",
        b"null",
        b'{"states": []}',
        b'{"time": 1800000000}',
        b'{"time": "now", "states": []}',
        b'{"time": 1800000000, "states": {}, "x": NaN}',
        b'{"time": 1800000000, "states": 7}',
        body(row())[:-20],
        b'{"time": 1800000000, "states": [' + b"[" * 200_000,
    ],
)
def test_what_is_no_answer_at_all_is_transient(text: bytes) -> None:
    """The next attempt may bring a whole one."""
    with pytest.raises(UnreadableAnswerError, match="not OpenSky's JSON"):
        read_answer(text)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=20) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=30,
)


@given(st.lists(JSON_VALUES, max_size=5))
def test_no_row_is_lost_whatever_it_holds(rows: list[Any]) -> None:
    """Each is either read or rejected, and good ones beside it are always read."""
    answer = read_answer(body(row("000001"), *rows, row("000002")))
    assert answer.row_count == len(rows) + 2
    assert {"000001", "000002"} <= {each.icao24 for each in answer.state_vectors}


def test_20_000_rows_are_taken_as_they_are() -> None:
    """No limit on rows but the one on bytes."""
    text = body(*(row(f"{number:06x}") for number in range(20_000)))
    assert len(read_answer(text).state_vectors) == 20_000


@pytest.mark.skipif("OPENSKY_CAPTURES" not in os.environ, reason="OPENSKY_CAPTURES is not set")
def test_real_answers_are_read_without_a_rejected_row() -> None:
    """A folder with answers as OpenSky sent them, gzipped."""
    files = sorted(Path(os.environ["OPENSKY_CAPTURES"]).glob("*col.json.gz"))
    assert files
    for file in files:
        answer = read_answer(gzip.decompress(file.read_bytes()))
        assert answer.state_vectors
        assert (answer.rejected, answer.unusable_fields, answer.misdated) == ([], {}, 0)
