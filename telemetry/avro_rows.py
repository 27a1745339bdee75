"""State vectors to and from Avro records. Needs fastavro, of the extra `registry`."""

import io
from collections.abc import Sequence
from typing import Any

import fastavro
import msgspec

from telemetry.codec import MalformedMessageError
from telemetry.rows import Rows, check_count
from telemetry.schemas import read_schema
from telemetry.state_vector import StateVector

ONE_ROW_FILE = "state_vector.v1.avsc"
SEVERAL_ROWS_FILE = "state_vectors.v1.avsc"

Schema = Any
"""A schema as fastavro has parsed it."""


def parse(text: str) -> Schema:
    """Parse the text of a schema; any error of the text may be raised."""
    return fastavro.parse_schema(msgspec.json.decode(text))


_ONE_ROW = parse(read_schema(ONE_ROW_FILE))
_SEVERAL_ROWS = parse(read_schema(SEVERAL_ROWS_FILE))
_OURS = {schema["name"]: schema for schema in (_ONE_ROW, _SEVERAL_ROWS)}

ONE_ROW_NAME: str = _ONE_ROW["name"]
SEVERAL_ROWS_NAME: str = _SEVERAL_ROWS["name"]


def encode_row(state_vector: StateVector) -> bytes:
    """Return the record of one state vector."""
    return _encode(_ONE_ROW, msgspec.structs.asdict(state_vector))


def encode_rows(state_vectors: Sequence[StateVector]) -> bytes:
    """Return the record of several state vectors, in their order."""
    return _encode(_SEVERAL_ROWS, {"rows": list(map(msgspec.structs.asdict, state_vectors))})


def _encode(schema: Schema, record: dict[str, Any]) -> bytes:
    written = io.BytesIO()
    fastavro.schemaless_writer(written, schema, record)
    return written.getvalue()


class AvroReader:
    """Reads records that were written with one schema, which may be another version of ours.

    Raises:
        MalformedMessageError: The schema is none of a state vector, or may not be used.
    """

    def __init__(self, text: str) -> None:
        try:
            self._writer = parse(text)
            name = self._writer["name"]
            _refuse_unbounded(self._writer, frozenset())
        except Exception as error:  # fastavro raises many types on a text that is no schema
            if isinstance(error, MalformedMessageError):
                raise
            raise MalformedMessageError(f"its Avro schema cannot be used: {error!r}") from error
        if name not in _OURS:
            raise MalformedMessageError(f"its Avro schema is {name}, not {' or '.join(_OURS)}")
        self._reader = _OURS[name]

    def read(self, payload: bytes) -> Rows:
        """Read a record.

        Raises:
            MalformedMessageError: It is not a whole record of the schema.
        """
        stream = io.BytesIO(payload)
        try:
            record: Any = fastavro.schemaless_reader(stream, self._writer, self._reader)
        except Exception as error:  # fastavro raises many types on bytes that are no record
            raise MalformedMessageError(f"the Avro record is malformed: {error!r}") from error
        if left := stream.read():
            raise MalformedMessageError(f"{len(left)} bytes after the end of the Avro record")
        if self._reader is _ONE_ROW:
            return Rows([record], is_one=True)
        check_count(len(record["rows"]))
        return Rows(record["rows"], is_one=False)


def _refuse_unbounded(schema: Schema, within: frozenset[str]) -> None:
    """Refuse a schema by which a short record could take endless memory or depth.

    Raises:
        MalformedMessageError: With the reason.
    """
    if isinstance(schema, str):
        if schema in within:
            raise MalformedMessageError(f"its Avro schema contains itself: {schema}")
        return
    if isinstance(schema, dict) and schema["type"] == "array" and _takes_no_bytes(schema["items"]):
        raise MalformedMessageError("its Avro schema has an array of items without bytes")
    inside = within | {schema["name"]} if "name" in schema else within
    for part in _parts(schema):
        _refuse_unbounded(part, inside)


def _parts(schema: Schema) -> list[Schema]:
    """Return the schemas that a schema is made of."""
    if isinstance(schema, list):
        return schema
    fields = [field["type"] for field in schema.get("fields", ())]
    return fields + [schema[name] for name in ("items", "values") if name in schema]


def _takes_no_bytes(schema: Schema) -> bool:
    """Whether a value may be of no bytes; a name stands for a record that may be."""
    if isinstance(schema, str):
        return schema == "null" or "." in schema
    if isinstance(schema, list):
        return False
    if schema["type"] == "fixed":
        return bool(schema["size"] == 0)
    is_record = schema["type"] in {"record", "error"}
    return is_record and all(_takes_no_bytes(field["type"]) for field in schema["fields"])
