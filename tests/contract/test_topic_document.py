"""docs/topic.asyncapi.yaml describes the messages that the collector makes, in every encoding."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from confluent_kafka import KafkaError
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7

from collector.answer import RejectedRow
from collector.encodings import AVRO_CONTENT, JSON, PROTOBUF_CONTENT, Encoding
from collector.messages import (
    Origin,
    Outgoing,
    group,
    groups_of_one_row,
    messages_of_groups,
    messages_of_one_row,
    messages_of_rejected_rows,
)
from configuration.shared_sections import KafkaSettings
from kafka_client.framed_values import Reader
from kafka_client.topic_policy import creation_config
from telemetry import avro_rows, protobuf_rows
from telemetry.framing import frame, read_frame, read_indexes
from telemetry.schemas import read_schema
from telemetry.state_vector import FIELDS, StateVector
from testkit.state_vectors import START, state_vectors

PATH = Path("docs/topic.asyncapi.yaml")
ORIGIN = Origin(START, "global", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
ROWS = st.lists(state_vectors(addresses=9), min_size=1, max_size=6)

READERS: Mapping[str, Callable[[str], Reader]] = {
    "Avro": avro_rows.AvroReader,
    "Protobuf": protobuf_rows.ProtobufReader,
}

AVRO = Encoding(
    AVRO_CONTENT,
    lambda row: frame(1, avro_rows.encode_row(row)),
    lambda rows: frame(2, avro_rows.encode_rows(rows)),
)
PROTOBUF = Encoding(
    PROTOBUF_CONTENT,
    lambda row: frame(3, protobuf_rows.encode_row(row)),
    lambda rows: frame(3, protobuf_rows.encode_rows(rows)),
)


@cache
def document() -> dict[str, Any]:
    """Return the whole document."""
    read: dict[str, Any] = yaml.safe_load(PATH.read_text())
    return read


def messages() -> dict[str, Any]:
    """Return the described messages by name."""
    described: dict[str, Any] = document()["components"]["messages"]
    return described


@cache
def validator(pointer: str) -> Draft7Validator:
    """Return a validator of the schema at a reference."""
    resource = Resource.from_contents(document(), default_specification=DRAFT7)
    registry: Registry[Any] = Registry().with_resource("urn:document", resource)
    return Draft7Validator({"$ref": f"urn:document{pointer}"}, registry=registry)


def nodes(node: object) -> Iterator[object]:
    """Yield a node and all nodes below it."""
    yield node
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    for child in children:
        yield from nodes(child)


def report(_error: KafkaError | None, _message: object) -> None:
    """Take no note of a delivery."""


def outgoing(rows: Sequence[StateVector], encoding: Encoding, size: int) -> list[Outgoing]:
    """Return the messages that the collector makes of an answer."""
    headers = ORIGIN.headers(len(rows), encoding.content_type)
    if size == 1 and encoding is JSON:
        return list(messages_of_one_row(rows, headers, report))
    groups = (
        groups_of_one_row(rows)
        if size == 1
        else group(rows, partitions=2, rows_per_message=size, encoding=encoding)
    )
    return list(messages_of_groups(groups, headers, lambda _rows: report, encoding))


def is_described(message: Outgoing, name: str, *, has_key: bool = True) -> None:
    """Check the headers and the key of a message against its description."""
    headers = {
        key: value.decode() if isinstance(value, bytes) else value for key, value in message.headers
    }
    validator(messages()[name]["headers"]["$ref"]).validate(headers)
    key = messages()[name].get("bindings", {}).get("kafka", {}).get("key")
    if key is not None and has_key:
        Draft7Validator(key).validate(message.key)
    else:
        assert message.key is None


@given(ROWS)
def test_messages_of_json_are_described(rows: list[StateVector]) -> None:
    """Their values, keys and headers."""
    for size in (1, 4):
        for message in outgoing(rows, JSON, size):
            name = "stateVector" if len(message.rows) == 1 else "stateVectors"
            is_described(message, name)
            validator(messages()[name]["payload"]["$ref"]).validate(json.loads(message.value))


@given(ROWS)
def test_messages_in_avro_and_protobuf_are_described(rows: list[StateVector]) -> None:
    """By the schemas that the document refers to."""
    for encoding, kind in ((AVRO, "Avro"), (PROTOBUF, "Protobuf")):
        for message in [*outgoing(rows, encoding, 1), *outgoing(rows, encoding, 4)]:
            name = f"stateVector{'s' if len(message.rows) > 1 else ''}{kind}"
            is_described(message, name)
            text = (PATH.parent / messages()[name]["payload"]["schema"]["$ref"]).read_text()
            payload = read_frame(message.value).payload
            read = READERS[kind](text).read(payload)
            assert len(read.rows) == len(message.rows)
            assert read.is_one == (len(message.rows) == 1)
            if kind == "Protobuf":
                assert read_indexes(payload)[0] == (0 if read.is_one else 1,)


def test_rejected_rows_are_described() -> None:
    """As they were received."""
    row = RejectedRow(raw=b'["zz", 1]', icao24="", reason="icao24: too short")
    [message] = messages_of_rejected_rows([row], ORIGIN.headers(1), report)
    assert message.key is None
    is_described(message, "rejectedRow", has_key=False)


def test_the_document_is_whole() -> None:
    """Its references resolve, all that it defines is used, and its schemas are JSON Schemas."""
    objects = [node for node in nodes(document()) if isinstance(node, dict)]
    found = {each["$ref"] for each in objects if "$ref" in each}
    for reference in found:
        if reference.startswith("#/"):
            target: Any = document()
            for part in reference.removeprefix("#/").split("/"):
                target = target[part]
        else:
            assert (PATH.parent / reference).is_file()
    for kind in ("messages", "schemas"):
        for name in document()["components"][kind]:
            assert f"#/components/{kind}/{name}" in found
    for schema in document()["components"]["schemas"].values():
        Draft7Validator.check_schema(schema)


def test_the_topic_is_that_of_the_settings() -> None:
    """Its name, partitions and retention, and the fields of its rows."""
    channel = document()["channels"]["telemetry"]
    binding, settings = channel["bindings"]["kafka"], KafkaSettings()
    assert channel["address"] == binding["topic"] == settings.topic
    assert binding["partitions"] == settings.partitions
    assert binding["replicas"] == settings.replication_factor
    created = creation_config(settings)
    assert str(binding["topicConfiguration"]["retention.ms"]) == created["retention.ms"]
    assert list(document()["components"]["schemas"]["StateVector"]["properties"]) == list(FIELDS)


@pytest.mark.parametrize("file", [avro_rows.ONE_ROW_FILE, protobuf_rows.SCHEMA_FILE])
def test_the_page_for_people_names_the_schemas(file: str) -> None:
    """So do the headers and the fields stand there or in the schemas."""
    page = Path("docs/topic.md").read_text()
    assert file in page
    assert read_schema(file)
    for header in document()["components"]["schemas"]["RejectedHeaders"]["properties"]:
        assert f"`{header}`" in page, header
