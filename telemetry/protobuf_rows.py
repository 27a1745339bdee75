"""State vectors to and from Protobuf messages. Needs protobuf, of the extra `registry`."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from telemetry.codec import MalformedMessageError
from telemetry.framing import read_indexes, write_indexes
from telemetry.rows import Row, Rows, check_count
from telemetry.schemas import FOLDER
from telemetry.state_vector import FIELDS, StateVector

SCHEMA_FILE = "state_vectors.v1.proto"
DESCRIPTOR_FILE = "state_vectors.v1.binpb"
"""What protoc makes of the schema: a FileDescriptorSet. A test compares the two."""

ONE_ROW_NAME = "flightmonitor.protobuf.StateVector"
SEVERAL_ROWS_NAME = "flightmonitor.protobuf.StateVectors"

_INDEXES = {ONE_ROW_NAME: (0,), SEVERAL_ROWS_NAME: (1,)}

_NO_SYNTAX = re.compile(r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'""", re.DOTALL)
_PACKAGE = re.compile(r"\bpackage\s+([\w.]+)\s*;")
_MESSAGE_OR_BRACE = re.compile(r"[{}]|\bmessage\s+(\w+)")


def _load(name: str) -> Any:  # noqa: ANN401 - a class that is made from the descriptor
    files = descriptor_pb2.FileDescriptorSet.FromString((FOLDER / DESCRIPTOR_FILE).read_bytes())
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(name))


# The classes of several rows contain those of one row, so that all are of one pool.
_SeveralRows: Any = _load(SEVERAL_ROWS_NAME)
_OneRow: Any = message_factory.GetMessageClass(
    _SeveralRows.DESCRIPTOR.fields_by_name["rows"].message_type
)


def encode_row(state_vector: StateVector) -> bytes:
    """Return the place of the message in the schema, and the message of one state vector."""
    message: bytes = _OneRow(**_set_fields(state_vector)).SerializeToString()
    return write_indexes(_INDEXES[ONE_ROW_NAME]) + message


def encode_rows(state_vectors: Sequence[StateVector]) -> bytes:
    """Return the place of the message in the schema, and the message of several state vectors."""
    message: bytes = _SeveralRows(rows=map(_set_fields, state_vectors)).SerializeToString()
    return write_indexes(_INDEXES[SEVERAL_ROWS_NAME]) + message


def _set_fields(state_vector: StateVector) -> dict[str, Any]:
    fields = {
        name: value
        for name, value in msgspec.structs.asdict(state_vector).items()
        if value is not None
    }
    if state_vector.sensors is not None:
        fields["sensors"] = {"serials": state_vector.sensors}
    return fields


class ProtobufReader:
    """Reads messages that were written with one schema, which may be another version of ours.

    A schema is known by the names of its messages. What a newer version adds to them is skipped, as
    Protobuf's rules of compatibility provide.
    """

    def __init__(self, text: str) -> None:
        self._names = _message_names(text)

    def read(self, payload: bytes) -> Rows:
        """Read a message.

        Raises:
            MalformedMessageError: It is not a message of ours, or not a whole one.
        """
        indexes, content = read_indexes(payload)
        name = self._name_at(indexes)
        try:
            if name == ONE_ROW_NAME:
                return Rows([_to_row(_OneRow.FromString(content))], is_one=True)
            message = _SeveralRows.FromString(content)
        except DecodeError as error:
            raise MalformedMessageError(f"the Protobuf message is malformed: {error}") from error
        check_count(len(message.rows))
        return Rows(list(map(_to_row, message.rows)), is_one=False)

    def _name_at(self, indexes: tuple[int, ...]) -> str:
        index = indexes[0]
        name = self._names[index] if 0 <= index < len(self._names) else f"number {index}"
        if len(indexes) > 1 or name not in _INDEXES:
            raise MalformedMessageError(
                f"its Protobuf message is {name}, not {' or '.join(_INDEXES)}"
            )
        return name


def _to_row(message: Any) -> Row:  # noqa: ANN401 - as above
    row = {name: getattr(message, name) if message.HasField(name) else None for name in FIELDS}
    if row["sensors"] is not None:
        row["sensors"] = list(row["sensors"].serials)
    return row


def _message_names(text: str) -> list[str]:
    """Return the full names of the messages at the top of a schema, in their order."""
    syntax = _NO_SYNTAX.sub(" ", text)
    package = _PACKAGE.search(syntax)
    prefix = "" if package is None else f"{package[1]}."
    depth, names = 0, []
    for found in _MESSAGE_OR_BRACE.finditer(syntax):
        if found[1] is None:
            depth += 1 if found[0] == "{" else -1
        elif depth == 0:
            names.append(prefix + found[1])
    return names
