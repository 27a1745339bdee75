"""docs/asyncapi.yaml is an AsyncAPI 3 document, and names what the code names.

The specification's own schema may not be kept here; the head of the document says how to ask it.
These checks are ours: which keys an object may and must have, and that everything resolves.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from jsonschema import Draft7Validator

from configuration.shared_sections import KafkaSettings
from processor.http.stream.request import CONNECTION_PARAMETERS
from processor.http.stream.websocket import POLICY_VIOLATION, SERVICE_RESTART, TRY_AGAIN_LATER
from processor.replay import request
from processor.settings import SseSettings
from processor.stream.delta import NULL, TEXTS, UNITS
from processor.stream.output_format import ALL_FIELDS
from processor.stream.query import FORMATS, PARAMETERS
from telemetry.codec import CONTENT_TYPE, POLL_MESSAGES, SCHEMA_VERSION, encode, encode_rows
from telemetry.state_vector import StateVector
from testkit.state_vectors import state_vectors
from testkit.stream_document import document, look_up, nodes, references, validator

Object = Mapping[str, Any]


class _Kind(NamedTuple):
    """The keys of one of the specification's objects, as far as we use it."""

    required: frozenset[str]
    allowed: frozenset[str]


def _kind(required: str, optional: str = "") -> _Kind:
    return _Kind(frozenset(required.split()), frozenset(f"{required} {optional}".split()))


ROOT = _kind("asyncapi info", "servers channels operations components defaultContentType")
KINDS: Mapping[str, _Kind] = {
    "info": _kind("title version", "description license"),
    "servers": _kind("host protocol", "description security"),
    "channels": _kind("address messages", "title description servers bindings"),
    "operations": _kind("action channel", "summary messages bindings"),
    "components": _kind("", "messages schemas securitySchemes"),
    "messages": _kind("payload", "summary headers examples bindings"),
    "securitySchemes": _kind("type", "scheme description in name"),
}


def _objects() -> Iterator[tuple[str, Object]]:
    """Yield the specification's objects, with their kinds."""
    parts = document()
    yield "info", parts["info"]
    yield "components", parts["components"]
    for kind in ("servers", "channels", "operations"):
        for each in parts[kind].values():
            yield kind, each
    for kind in ("messages", "securitySchemes"):
        for each in parts["components"][kind].values():
            yield kind, each


def _payloads() -> Iterator[Object]:
    """Yield every schema."""
    yield from document()["components"]["schemas"].values()
    for message in document()["components"]["messages"].values():
        yield message["payload"]
        yield message.get("headers", {})


def test_objects_have_the_keys_of_the_specification() -> None:
    """Those that must be there, and no others."""
    assert document()["asyncapi"] == "3.0.0"
    assert ROOT.required <= document().keys() <= ROOT.allowed
    for kind, each in _objects():
        assert KINDS[kind].required <= each.keys() <= KINDS[kind].allowed, each


def test_references_lead_somewhere() -> None:
    """All are to this document."""
    found = list(references())
    assert len(found) > 100
    for reference in found:
        assert reference.startswith("#/")
        assert isinstance(look_up(reference), dict)


def test_channels_and_operations_refer_as_they_must() -> None:
    """Channels to root servers, operations to root channels and to these channels' messages."""
    for channel in document()["channels"].values():
        assert all(server["$ref"].startswith("#/servers/") for server in channel["servers"])
    for operation in document()["operations"].values():
        channel = operation["channel"]["$ref"]
        assert operation["action"] in {"send", "receive"}
        assert channel.startswith("#/channels/")
        for message in operation.get("messages", ()):
            assert message["$ref"].startswith(f"{channel}/messages/")


def test_schemas_are_json_schemas() -> None:
    """They are of draft 7, as in AsyncAPI, and allow only the described properties."""
    for schema in _payloads():
        Draft7Validator.check_schema(schema)
        for node in nodes(schema):
            if isinstance(node, dict) and node.get("type") == "object":
                is_open = node is look_up("#/components/schemas/RawHead")
                assert is_open or node["additionalProperties"] is False, node


def test_every_schema_is_used() -> None:
    """What nothing refers to describes nothing."""
    used = set(references())
    for kind in ("schemas", "messages", "securitySchemes"):
        for name in document()["components"][kind]:
            assert f"#/components/{kind}/{name}" in used


def test_fields_formats_and_columns_are_those_of_the_code() -> None:
    """In its order where order matters."""
    assert look_up("#/components/schemas/FieldName")["enum"] == list(ALL_FIELDS)
    assert list(look_up("#/components/schemas/Fields")["properties"]) == list(ALL_FIELDS)
    units = look_up("#/components/schemas/Units")["properties"]
    assert {name: unit["const"] for name, unit in units.items()} == UNITS
    assert list(look_up("#/components/schemas/Columns")["properties"]) == list(UNITS)
    assert list(look_up("#/components/schemas/Texts")["properties"]) == list(TEXTS)
    assert look_up("#/components/schemas/DeltaSnapshot")["properties"]["null"]["const"] == NULL


@pytest.mark.parametrize(
    "bindings", ["#/channels/websocket/bindings/ws", "#/operations/sendEvents/bindings/http"]
)
def test_parameters_are_those_of_the_code(bindings: str) -> None:
    """On both ways."""
    query = look_up(bindings)["query"]["properties"]
    assert query.keys() == {*PARAMETERS, *CONNECTION_PARAMETERS, *request.PARAMETERS}
    assert query["format"]["enum"] == list(FORMATS)


def test_the_log_is_the_topic_of_the_settings() -> None:
    """The other addresses are those that the recordings of the stream are made at."""
    assert look_up("#/channels/raw/address") == KafkaSettings().topic


def test_the_page_for_people_names_everything() -> None:
    """Every event, parameter, field, format, close code and setting of the stream."""
    page = Path("docs/stream.md").read_text()
    events = look_up("#/channels/sse/messages").keys() | {"subscribe"}
    codes = (POLICY_VIOLATION, SERVICE_RESTART, TRY_AGAIN_LATER)
    settings = {f"sse.{name}" for name in SseSettings.model_fields if "_per_" not in name}
    for name in {
        *events,
        *PARAMETERS,
        *CONNECTION_PARAMETERS,
        *ALL_FIELDS,
        *FORMATS,
        *codes,
        *settings,
    }:
        assert re.search(rf"[`\"]({name})\b", page) or f"| {name} |" in page, name


@given(state_vectors())
def test_whatever_is_in_the_log_is_described(state: StateVector) -> None:
    """The message of any state vector is valid."""
    validate = validator("#/components/schemas/StateVector").validate
    validate(json.loads(encode(state)))
    validator("#/components/schemas/StateVectors").validate(json.loads(encode_rows([state, state])))
    head = look_up("#/components/schemas/RawHead")["properties"]
    assert head["schema-version"]["const"].encode() == SCHEMA_VERSION
    assert head["content-type"]["const"].encode() == CONTENT_TYPE
    assert POLL_MESSAGES in head
