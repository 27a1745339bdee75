"""Any state vectors survive Avro and Protobuf, and any bytes do no harm."""

import json
import math
from collections.abc import Callable, Sequence
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry import avro_rows, protobuf_rows
from telemetry.codec import MalformedMessageError, decode_readable, decode_rows, decode_value
from telemetry.framing import frame, is_framed, read_frame, read_indexes, write_indexes
from telemetry.rows import MAX_ROWS, Rows
from telemetry.schemas import read_schema
from telemetry.state_vector import StateVector
from testkit.state_vectors import state_vector, state_vectors

RECORD = (
    '{"type": "record", "name": "flightmonitor.avro.StateVector", "fields":'
    ' [{"name": "x", "type": %s}]}'
)
"""A schema that pretends to be ours, with a field of any type."""

Read = Callable[[bytes], Rows]

ONE_ROW = avro_rows.AvroReader(read_schema(avro_rows.ONE_ROW_FILE)).read
SEVERAL_ROWS = avro_rows.AvroReader(read_schema(avro_rows.SEVERAL_ROWS_FILE)).read
PROTOBUF = protobuf_rows.ProtobufReader(read_schema(protobuf_rows.SCHEMA_FILE)).read

ENCODINGS: Sequence[tuple[ModuleType, Read, Read]] = (
    (avro_rows, ONE_ROW, SEVERAL_ROWS),
    (protobuf_rows, PROTOBUF, PROTOBUF),
)


@given(st.lists(state_vectors(), min_size=1, max_size=4))
def test_every_field_survives_in_each_encoding(vectors: list[StateVector]) -> None:
    """JSON, Avro and Protobuf hold the same rows, None as None, alone and several in one."""
    for encoding, read_one, read_several in ENCODINGS:
        for vector in vectors:
            assert decode_value(read_one(encoding.encode_row(vector)).to_json()) == vector
        assert decode_rows(read_several(encoding.encode_rows(vectors)).to_json()) == vectors


@given(state_vectors(), st.data())
def test_damaged_records_are_malformed_or_other_rows(
    vector: StateVector, data: st.DataObject
) -> None:
    """A record that is cut off, or has other bytes, never raises another error."""
    for encoding, read_one, read_several in ENCODINGS:
        whole = data.draw(
            st.sampled_from([encoding.encode_row(vector), encoding.encode_rows([vector, vector])])
        )
        at = data.draw(st.integers(0, len(whole)))
        damaged = whole[:at] + data.draw(st.binary(max_size=8)) + whole[at + 2 :]
        for read in (read_one, read_several):
            for payload in (whole[:at], damaged):
                assert_harmless(read, payload)


@given(st.binary(max_size=60))
def test_any_bytes_are_harmless(payload: bytes) -> None:
    """They end as a malformed message, or as rows that are judged like those of JSON."""
    for read in (ONE_ROW, SEVERAL_ROWS, PROTOBUF):
        assert_harmless(read, payload)


def assert_harmless(read: Read, payload: bytes) -> None:
    """Reading these bytes gives rows, or the error of a malformed message."""
    try:
        rows = read(payload)
    except MalformedMessageError:
        return
    assert len(decode_readable(rows.to_json())) == max(1, len(rows.rows))


def test_records_that_are_cut_off_are_malformed() -> None:
    """At every byte of an Avro record."""
    whole = avro_rows.encode_row(state_vector())
    for length in range(len(whole)):
        with pytest.raises(MalformedMessageError):
            ONE_ROW(whole[:length])
    with pytest.raises(MalformedMessageError, match="2 bytes after the end"):
        ONE_ROW(whole + b"ab")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_numbers_that_json_has_not_are_malformed(value: float) -> None:
    """They do not become null, which means not received."""
    vector = state_vector(longitude=value)
    for encoding, read_one, _ in ENCODINGS:
        with pytest.raises(MalformedMessageError, match="longitude"):
            decode_value(read_one(encoding.encode_row(vector)).to_json())


@given(st.integers(0, 2**32 - 1), st.binary(max_size=20))
def test_frames_are_read_back(schema_id: int, payload: bytes) -> None:
    """With any id and content."""
    value = frame(schema_id, payload)
    assert is_framed(value)
    assert read_frame(value) == (schema_id, payload)


@given(st.lists(st.integers(0, 2**31 - 1), min_size=1, max_size=16), st.binary(max_size=9))
def test_message_indexes_are_read_back(indexes: list[int], content: bytes) -> None:
    """The first message is one zero byte, as Confluent's serializers write it."""
    assert read_indexes(write_indexes(indexes) + content) == (tuple(indexes), content)
    assert write_indexes([0]) == b"\0"
    assert write_indexes([1]) == b"\x02\x02"


@pytest.mark.parametrize("payload", [b"", b"\x80", b"\x01", b"\x42" + b"\x02" * 40, b"\x04\x02"])
def test_message_indexes_that_cannot_be_are_malformed(payload: bytes) -> None:
    """Cut off, negative, or too many."""
    with pytest.raises(MalformedMessageError):
        read_indexes(payload)


@pytest.mark.parametrize("value", [b"\0", b"\0\0\0\0"])
def test_frames_without_an_id_are_malformed(value: bytes) -> None:
    """They are too short."""
    with pytest.raises(MalformedMessageError, match="no schema id"):
        read_frame(value)


def test_avro_of_a_newer_schema_is_read() -> None:
    """What it adds is skipped; what it left out and may be null is null."""
    newer = json.loads(read_schema(avro_rows.ONE_ROW_FILE))
    newer["fields"].insert(3, {"name": "wake", "type": ["null", "string"], "default": None})
    newer["fields"] = [field for field in newer["fields"] if field["name"] != "category"]
    text = json.dumps(newer)
    vector = state_vector(category=None)
    record = {name: getattr(vector, name) for name in StateVector.__struct_fields__}
    payload = avro_rows._encode(avro_rows.parse(text), {**record, "wake": "M"})
    assert decode_value(avro_rows.AvroReader(text).read(payload).to_json()) == vector


def test_protobuf_of_a_newer_schema_is_read() -> None:
    """Messages may be added before ours, and fields to ours."""
    text = read_schema(protobuf_rows.SCHEMA_FILE).replace(
        "message StateVector {", "message New { string a = 1; /* } */ }\nmessage StateVector {"
    )
    indexes, content = read_indexes(protobuf_rows.encode_row(state_vector()))
    assert indexes == (0,)
    added = b"\xa2\x06\x01M"  # field 100, a text
    payload = write_indexes([1]) + content + added
    rows = protobuf_rows.ProtobufReader(text).read(payload)
    assert decode_value(rows.to_json()) == state_vector()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "cannot be used"),
        ('"string"', "cannot be used"),
        ('{"type": "record", "name": "a.Other", "fields": []}', "is a.Other"),
        (
            RECORD % '{"type": "array", "items": "null"}',
            "without bytes",
        ),
        (
            RECORD % '["null", "flightmonitor.avro.StateVector"]',
            "contains itself",
        ),
    ],
)
def test_avro_schemas_of_something_else_are_refused(text: str, reason: str) -> None:
    """With a reason that a dead letter can carry."""
    with pytest.raises(MalformedMessageError, match=reason):
        avro_rows.AvroReader(text)


def test_protobuf_messages_of_something_else_are_refused() -> None:
    """By their names, because their bytes could be read as ours."""
    reader = protobuf_rows.ProtobufReader("package a; message StateVector {}")
    with pytest.raises(MalformedMessageError, match=r"is a\.StateVector"):
        reader.read(protobuf_rows.encode_row(state_vector()))
    with pytest.raises(MalformedMessageError, match="number 7"):
        reader.read(write_indexes([7]))


def test_too_many_rows_are_refused() -> None:
    """Empty rows take two bytes each in Protobuf."""
    with pytest.raises(MalformedMessageError, match="rows in one message"):
        PROTOBUF(write_indexes([1]) + b"\x0a\0" * (MAX_ROWS + 1))
