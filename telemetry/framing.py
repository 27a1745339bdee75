"""Confluent's wire format: a value that names its schema in a registry.

A framed value is a zero byte, the schema's id in 4 bytes, and the record. A Protobuf record comes
after the place of its message in the schema: how many numbers, and these numbers, each a zigzag
varint; the first message is written as one zero byte.
"""

import struct
from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeGuard

from telemetry.codec import MalformedMessageError

MAGIC = b"\0"
"""The first byte. JSON never begins with it."""

MAX_INDEXES = 16
"""Bound of the depth at which a schema may nest the message of a record."""

_MAX_VARINT_BYTES = 5
_HEAD = struct.Struct(">cI")


class Frame(NamedTuple):
    """A framed value: the schema's id, and the bytes after it."""

    schema_id: int
    payload: bytes


def is_framed(value: bytes | None) -> TypeGuard[bytes]:
    """Whether a value names a schema, rather than being JSON."""
    return value is not None and value[:1] == MAGIC


def frame(schema_id: int, payload: bytes) -> bytes:
    """Return the framed value of an encoded record."""
    return _HEAD.pack(MAGIC, schema_id) + payload


def read_frame(value: bytes) -> Frame:
    """Divide a framed value.

    Raises:
        MalformedMessageError: It ends before the schema's id does.
    """
    if len(value) < _HEAD.size:
        raise MalformedMessageError(f"a framed value of {len(value)} bytes has no schema id")
    return Frame(_HEAD.unpack_from(value)[1], value[_HEAD.size :])


def write_indexes(indexes: Sequence[int]) -> bytes:
    """Return the place of a message in its Protobuf schema, as it stands before the record."""
    if list(indexes) == [0]:
        return b"\0"
    return b"".join(map(_write_varint, (len(indexes), *indexes)))


def read_indexes(payload: bytes) -> tuple[tuple[int, ...], bytes]:
    """Return the place of a message in its Protobuf schema, and the record after it.

    Raises:
        MalformedMessageError: The numbers are cut off or cannot be a place.
    """
    numbers = _read_varints(payload)
    count, end = next(numbers)
    if count == 0:
        return (0,), payload[end:]
    if not 0 < count <= MAX_INDEXES:
        raise MalformedMessageError(f"{count} message indexes: 1 to {MAX_INDEXES} are expected")
    indexes = []
    for _ in range(count):
        index, end = next(numbers)
        indexes.append(index)
    return tuple(indexes), payload[end:]


def _write_varint(number: int) -> bytes:
    left, written = number << 1, bytearray()
    while left > 0x7F:  # noqa: PLR2004 - seven bits a byte
        written.append(left & 0x7F | 0x80)
        left >>= 7
    return bytes([*written, left])


def _read_varints(payload: bytes) -> Iterator[tuple[int, int]]:
    """Yield each number, and where it ends."""
    end = 0
    while True:
        number = shift = 0
        for byte in payload[end : end + _MAX_VARINT_BYTES]:
            number |= (byte & 0x7F) << shift
            shift += 7
            end += 1
            if byte < 0x80:  # noqa: PLR2004 - the last byte of a number
                break
        else:
            raise MalformedMessageError("the message indexes are cut off or too large")
        yield (number >> 1) ^ -(number & 1), end
