"""The bytes of telemetry.raw."""

import msgspec
import pytest

from telemetry.codec import (
    MalformedMessageError,
    decode,
    decode_readable,
    decode_rows,
    decode_value,
    decode_values,
    encode,
    encode_rows,
    has_several_rows,
    split_rows,
)
from telemetry.state_vector import FIELDS
from testkit.state_vectors import state_vector


def test_names_are_opensky_s_in_its_order() -> None:
    """The message is an object with all 18 names, nulls included."""
    assert list(msgspec.json.decode(encode(state_vector()))) == list(FIELDS)
    assert len(FIELDS) == 18


def test_none_stays_none() -> None:
    """Not received is never zero."""
    vector = state_vector(longitude=None, latitude=None, time_position=None, category=None)
    assert decode(encode(vector), {}) == vector


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "no value"),
        (b"", "truncated"),
        (b"\xff\xfe", "malformed"),
        (b"[]", "Expected `object`"),
        (b'{"icao24":"4b1814"}', "missing required field"),
        (encode(state_vector()).replace(b"47.4556", b"91"), "<= 90.0"),
        (encode(state_vector()).replace(b"47.4556", b"NaN"), "malformed"),
        (encode(state_vector()).replace(b"4b1814", b"4B1814"), "icao24"),
        (encode(state_vector()).replace(b"SWR7EA", b"SWR\\u0000"), "callsign"),
        (encode(state_vector()).replace(b"}", b',"alert":1}'), "unknown field `alert`"),
        (encode(state_vector()).replace(b"1790000000", b"17900000000"), "time_position"),
    ],
)
def test_what_is_wrong_is_said(value: bytes | None, said: str) -> None:
    """A message that holds no state vector is an error with a place."""
    with pytest.raises(MalformedMessageError, match=said):
        decode(value, {})


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"rejected": b"latitude: 91"}, "latitude: 91"),
        ({"schema-version": b"2"}, "schema-version"),
        ({"content-type": b"application/avro"}, "content-type"),
    ],
)
def test_headers_are_heeded(headers: dict[str, bytes | None], said: str) -> None:
    """What another version wrote, or the collector could not read, is not guessed at."""
    with pytest.raises(MalformedMessageError, match=said):
        decode(encode(state_vector()), headers)


def test_several_rows_are_read_back_in_their_order() -> None:
    """A message of several rows is an array of the objects that single rows are."""
    vectors = [state_vector(), state_vector(icao24="abcdef", latitude=None)]
    value = encode_rows(vectors)
    assert msgspec.json.decode(value) == [msgspec.json.decode(encode(each)) for each in vectors]
    assert has_several_rows(value)
    assert decode_rows(value) == [decode_value(row) for row in split_rows(value)] == vectors


def test_malformed_row_leaves_the_others_readable() -> None:
    """Each row of a message is judged by itself."""
    good, bad = encode(state_vector()), encode(state_vector()).replace(b"47.4556", b"91")
    value = b"[" + good + b"," + bad + b"]"
    with pytest.raises(MalformedMessageError, match="<= 90"):
        decode_rows(value)
    first, second = split_rows(value)
    assert decode_value(first) == state_vector()
    assert second == bad
    with pytest.raises(MalformedMessageError, match="latitude"):
        decode_value(second)


@pytest.mark.parametrize("value", [b"[", b"[\xff]", b'{"icao24":"4b1814"}'])
def test_value_that_is_no_array_has_no_rows(value: bytes) -> None:
    """Neither way to read several rows accepts it."""
    with pytest.raises(MalformedMessageError):
        decode_rows(value)
    with pytest.raises(MalformedMessageError):
        split_rows(value)


@pytest.mark.parametrize("value", [None, b"", encode(state_vector())])
def test_one_row_is_not_several(value: bytes | None) -> None:
    """A message of one row, or none, is read by `decode`."""
    assert not has_several_rows(value)


def test_readable_rows_of_both_kinds_and_none_for_the_others() -> None:
    """No message is without a row, so that each is accounted for."""
    one, other = state_vector("00000a"), state_vector("00000b")
    mixed = encode_rows([one, other])[:-1] + b',{"icao24":"00000c"}]'
    assert decode_readable(encode(one)) == [one]
    assert decode_readable(encode_rows([one, other])) == [one, other]
    assert decode_readable(mixed) == [one, other, None]
    for value in (None, b"", b"{}", b"[]", b"[", b"[1}", b"null"):
        assert decode_readable(value) == [None]


@pytest.mark.parametrize("wrong", [None, b"", b"[]", b"\xff", b'{"icao24":"zzz"}'])
def test_values_are_read_together_or_refused_together(wrong: bytes | None) -> None:
    """One value that is not a state vector refuses all, so that the caller looks at each."""
    values = [encode(state_vector("00000a")), encode(state_vector("00000b"))]
    assert decode_values(values) == [state_vector("00000a"), state_vector("00000b")]
    with pytest.raises(MalformedMessageError):
        decode_values([*values, wrong])
