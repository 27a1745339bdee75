"""Framed values are read by the schemas of a registry, which is asked once for each."""

import http.server
import json
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from configuration.errors import SettingsError
from configuration.shared_sections import KafkaSettings
from kafka_client import framed_values, schema_registry
from kafka_client.framed_values import MAX_SCHEMAS, UNKNOWN_SECONDS, FramedValues
from kafka_client.refusals import refuse_unusable
from kafka_client.registry_errors import (
    RegistryRefusedError,
    RegistryUnavailableError,
    RegistryUnusableError,
)
from kafka_client.schema_registry import RegisteredSchema, SchemaRegistry
from telemetry import avro_rows, protobuf_rows
from telemetry.codec import MalformedMessageError, decode_value
from telemetry.framing import frame
from telemetry.schemas import read_schema
from testkit.state_vectors import state_vector

SETTINGS = KafkaSettings(schema_registry_url="http://127.0.0.1:1/apis")
AVRO = RegisteredSchema("AVRO", read_schema(avro_rows.ONE_ROW_FILE))
PROTOBUF = RegisteredSchema("PROTOBUF", read_schema(protobuf_rows.SCHEMA_FILE))
OTHER = RegisteredSchema("JSON", "{}")
VECTOR = state_vector()


class InventedRegistry:
    """Has some schemas, and counts how often it is asked."""

    def __init__(self) -> None:
        self.schemas = {1: AVRO, 2: PROTOBUF, 3: OTHER}
        self.is_away = False
        self.n_requests = 0

    def find(self, schema_id: int) -> RegisteredSchema | None:
        self.n_requests += 1
        if self.is_away:
            raise RegistryUnavailableError("away")
        return self.schemas.get(schema_id)


class InventedClock:
    """Seconds that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> InventedRegistry:
    """Give the registry that is connected to."""
    registry = InventedRegistry()
    monkeypatch.setattr(schema_registry, "SchemaRegistry", lambda _settings: registry)
    return registry


def avro(schema_id: int = 1) -> bytes:
    """Return the value of a state vector in Avro."""
    return frame(schema_id, avro_rows.encode_row(VECTOR))


def test_each_schema_is_looked_up_once(registry: InventedRegistry) -> None:
    """Values of both encodings, in turns."""
    values = FramedValues(SETTINGS)
    for _ in range(3):
        for value in (avro(), frame(2, protobuf_rows.encode_row(VECTOR))):
            assert decode_value(values.to_json(value)) == VECTOR
    assert registry.n_requests == 2


def test_a_registry_that_is_away_is_no_fault_of_the_message(registry: InventedRegistry) -> None:
    """It is tried again, and schemas that are known are used meanwhile."""
    values = FramedValues(SETTINGS)
    values.to_json(avro())
    registry.is_away = True
    with pytest.raises(RegistryUnavailableError):
        values.to_json(frame(2, b""))
    assert values.trouble == "away"
    assert decode_value(values.to_json(avro())) == VECTOR
    with pytest.raises(RegistryUnavailableError):
        values.retry()
    registry.is_away = False
    values.retry()
    assert values.trouble is None


def test_an_unknown_schema_is_malformed_for_a_while(registry: InventedRegistry) -> None:
    """Invented ids do not flood the registry, and an id that appears later is found."""
    clock = InventedClock()
    values = FramedValues(SETTINGS, clock=clock)
    for _ in range(3):
        with pytest.raises(MalformedMessageError, match="schema id 9: the schema registry has no"):
            values.to_json(avro(9))
    assert registry.n_requests == 1
    registry.schemas[9] = AVRO
    clock.now = UNKNOWN_SECONDS
    assert decode_value(values.to_json(avro(9))) == VECTOR


def test_the_cache_is_bounded(registry: InventedRegistry) -> None:
    """The schema that was not used for longest goes."""
    values = FramedValues(SETTINGS)
    for schema_id in range(100, 100 + 2 * MAX_SCHEMAS):
        values.to_json(avro())
        with pytest.raises(MalformedMessageError):
            values.to_json(avro(schema_id))
    assert len(values._schemas) == MAX_SCHEMAS
    assert registry.n_requests == 1 + 2 * MAX_SCHEMAS


def test_other_types_of_schemas_are_malformed(registry: InventedRegistry) -> None:
    """JSON Schema has values of its own."""
    assert registry.schemas[3] is OTHER
    with pytest.raises(MalformedMessageError, match=r"schema id 3: .*type JSON"):
        FramedValues(SETTINGS).to_json(frame(3, b"{}"))


def test_without_a_registry_framed_values_are_unusable() -> None:
    """The text names the setting."""
    with pytest.raises(RegistryUnusableError, match=r"set kafka\.schema_registry_url"):
        FramedValues(KafkaSettings()).to_json(avro())


def test_without_the_libraries_framed_values_are_unusable(
    registry: InventedRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The text names what to install."""
    assert registry.n_requests == 0
    monkeypatch.setitem(sys.modules, "telemetry.avro_rows", None)
    with pytest.raises(RegistryUnusableError, match="install fastavro and protobuf"):
        FramedValues(SETTINGS).to_json(avro())
    assert "fastavro" in framed_values.REMEDY


class Answers(http.server.BaseHTTPRequestHandler):
    """Answers every request alike, and keeps the headers of the last."""

    status = 200
    body = b""
    seen: dict[str, str]

    def do_GET(self) -> None:
        type(self).seen = dict(self.headers)
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server_url() -> Iterator[str]:
    """Give the address of a server that gives any answer."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}/path"
        server.shutdown()


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (401, b"", "schema_registry_username"),
        (404, b"<html>", "may lack a path"),
        (404, b'{"error_code": 404}', "may lack a path"),
        (500, b"{}", "answers 500"),
        (200, b"[]", "answers 200"),
        (200, b"<html>", "answers 200"),
    ],
)
def test_answers_of_no_registry_are_not_the_fault_of_a_message(
    server_url: str, monkeypatch: pytest.MonkeyPatch, status: int, body: bytes, reason: str
) -> None:
    """A wrong address must not set messages aside."""
    monkeypatch.setattr(Answers, "status", status)
    monkeypatch.setattr(Answers, "body", body)
    with pytest.raises(RegistryUnavailableError, match=reason):
        SchemaRegistry(KafkaSettings(schema_registry_url=server_url)).find(1)


def test_a_refused_schema_needs_an_operator(
    server_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The registry's own words are passed on."""
    monkeypatch.setattr(Answers, "status", 409)
    monkeypatch.setattr(Answers, "body", json.dumps({"message": "incompatible: y"}).encode())
    with pytest.raises(RegistryRefusedError, match=r"subject a/b \(409\): incompatible: y"):
        SchemaRegistry(KafkaSettings(schema_registry_url=server_url)).register("a/b", AVRO)


def test_user_and_password_are_sent(
    server_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """By basic authentication, the password out of its file."""
    monkeypatch.setattr(Answers, "status", 404)
    monkeypatch.setattr(Answers, "body", b'{"error_code": 40403}')
    file = tmp_path / "password"
    file.write_text("secret\n")
    settings = KafkaSettings(
        schema_registry_url=server_url,
        schema_registry_username="user",
        schema_registry_password_file=file,
    )
    assert SchemaRegistry(settings).find(1) is None
    assert Answers.seen["Authorization"] == "Basic dXNlcjpzZWNyZXQ="


def test_a_registry_that_does_not_listen_is_away() -> None:
    """The address is in the reason."""
    with pytest.raises(RegistryUnavailableError, match=r"127\.0\.0\.1:1/apis does not answer"):
        SchemaRegistry(SETTINGS).find(1)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        (KafkaSettings(encoding="avro"), "encoding avro needs it"),
        (KafkaSettings(schema_registry_username="a"), "both are needed"),
        (
            KafkaSettings(
                schema_registry_username="a", schema_registry_password_file=Path("/nowhere")
            ),
            "'/nowhere' cannot be read",
        ),
    ],
)
def test_settings_that_cannot_work_are_refused(settings: KafkaSettings, reason: str) -> None:
    """At start, with their keys."""
    with pytest.raises(SettingsError, match=reason):
        refuse_unusable(settings)


@pytest.mark.parametrize("url", ["localhost:8081", "ftp://a", "http://user:secret@host/"])
def test_addresses_that_are_none_are_refused(url: str) -> None:
    """So are credentials in them, which would be logged."""
    with pytest.raises(ValueError, match=r"http|credentials"):
        KafkaSettings(schema_registry_url=url)
