"""The schemas of the topic: what is kept of them agrees, and newer versions read older messages."""

import io
import json
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import fastavro
import pytest
from fastavro.utils import generate_many

from telemetry import avro_rows, protobuf_rows
from telemetry.schemas import FOLDER, read_schema
from telemetry.state_vector import FIELDS
from testkit.registry import Registry

KINDS = {".avsc": "AVRO", ".proto": "PROTOBUF"}


def versions() -> dict[tuple[str, str], list[Path]]:
    """Return the files of each schema, the oldest first, by name and suffix."""
    found: dict[tuple[str, str], list[Path]] = defaultdict(list)
    for path in FOLDER.iterdir():
        if path.suffix in KINDS:
            name, version = path.stem.split(".")
            assert re.fullmatch(r"v\d+", version), path
            found[name, path.suffix].append(path)
    return {
        key: sorted(paths, key=lambda path: int(path.stem.split(".v")[1]))
        for key, paths in found.items()
    }


VERSIONS = versions()


def test_the_schemas_have_the_fields_of_a_state_vector() -> None:
    """In their order; in Avro, the row of both schemas is the same."""
    one = json.loads(read_schema(avro_rows.ONE_ROW_FILE))
    [rows] = json.loads(read_schema(avro_rows.SEVERAL_ROWS_FILE))["fields"]
    assert tuple(field["name"] for field in one["fields"]) == FIELDS
    assert rows["type"]["items"]["fields"] == one["fields"]
    assert tuple(protobuf_rows._OneRow.DESCRIPTOR.fields_by_name) == FIELDS


def test_the_newest_schemas_are_used() -> None:
    """The collector writes them."""
    newest = {paths[-1].name for paths in VERSIONS.values()}
    assert newest == {
        avro_rows.ONE_ROW_FILE,
        avro_rows.SEVERAL_ROWS_FILE,
        protobuf_rows.SCHEMA_FILE,
    }


def test_the_descriptor_is_what_protoc_makes_of_the_schema(tmp_path: Path) -> None:
    """After a change: python -m grpc_tools.protoc with these arguments, into the folder itself."""
    made = tmp_path / protobuf_rows.DESCRIPTOR_FILE
    arguments = [f"-I{FOLDER}", "--include_imports", f"--descriptor_set_out={made}"]
    command = [sys.executable, "-m", "grpc_tools.protoc", *arguments, protobuf_rows.SCHEMA_FILE]
    subprocess.run(command, check=True)
    assert made.read_bytes() == (FOLDER / protobuf_rows.DESCRIPTOR_FILE).read_bytes()


@pytest.mark.real_registry
@pytest.mark.parametrize("key", VERSIONS, ids="".join)
def test_each_version_may_follow_all_earlier_ones(registry: Registry, key: tuple[str, str]) -> None:
    """BACKWARD_TRANSITIVE by the registry's own rules: a newer reader reads all older messages."""
    kind, subject = KINDS[key[1]], "".join(key)
    first, *later = [path.read_text() for path in VERSIONS[key]]
    registry.register(subject, kind, first)
    registry.require_compatibility(subject, "BACKWARD_TRANSITIVE")
    for text in later:
        assert registry.is_compatible(subject, kind, text)
        registry.register(subject, kind, text)
    assert not registry.is_compatible(subject, kind, _incompatible(kind, first))


def _incompatible(kind: str, text: str) -> str:
    """Return a schema that cannot read messages of another."""
    if kind == "PROTOBUF":
        return text.replace("optional string icao24 = 1;", "optional int64 icao24 = 1;")
    return text.replace('"name": "icao24", "type": "string"', '"name": "wake", "type": "string"')


@pytest.mark.parametrize("key", [key for key in VERSIONS if key[1] == ".avsc"], ids="".join)
def test_the_newest_avro_schema_reads_records_of_all(key: tuple[str, str]) -> None:
    """By fastavro, which the processor reads with."""
    schemas: Sequence[Path] = VERSIONS[key]
    newest = avro_rows.parse(schemas[-1].read_text())
    for path in schemas:
        writer = avro_rows.parse(path.read_text())
        for record in generate_many(writer, 5):
            payload = avro_rows._encode(writer, record)
            stream = io.BytesIO(payload)
            assert fastavro.schemaless_reader(stream, writer, newest)
