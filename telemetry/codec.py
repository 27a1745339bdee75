"""State vectors to and from the bytes of one message in telemetry.raw.

A message holds one state vector, a JSON object, or several, a JSON array of such objects. The rows
of a message that holds several all belong to the message's partition: that of their icao24.
"""

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeGuard

import msgspec

from telemetry.state_vector import StateVector

SCHEMA_VERSION = b"1"
"""The version of the schema; it is increased when a field is added or changes its meaning."""

CONTENT_TYPE = b"application/json"

REJECTED = "rejected"
"""The header of a row that the collector could not read. Its value is the reason; the message is
the row as it was received."""

Headers = Mapping[str, bytes | None]

TRACEPARENT = "traceparent"
"""The header with the context of the poll's trace (W3C Trace Context, version 00)."""

TRACEPARENT_BYTES = 55
"""Length of that header; one of another length is not read."""

POLL_MESSAGES = "poll-messages"
"""The header with the number of messages, in decimal digits, that carry rows of one OpenSky answer,
over all partitions. A reader that has read so many of one `poll-time` and `source` has read the
whole answer."""

_ARRAY = b"["

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(StateVector)
_rows_decoder = msgspec.json.Decoder(list[StateVector])
_raw_rows_decoder = msgspec.json.Decoder(list[msgspec.Raw])
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class MalformedMessageError(Exception):
    """The message holds no state vector: set it aside with this text as the reason."""


def encode(state_vector: StateVector) -> bytes:
    """Return a JSON object with OpenSky's names, nulls included."""
    return _encoder.encode(state_vector)


def encode_rows(state_vectors: Sequence[StateVector]) -> bytes:
    """Return the value of a message of several rows, in their order."""
    return _encoder.encode(state_vectors)


def has_several_rows(value: bytes | None) -> TypeGuard[bytes]:
    """Whether the value of a message is an array of rows rather than one row."""
    return value is not None and value[:1] == _ARRAY


def decode_rows(value: bytes) -> list[StateVector]:
    """Read the value of a message of several rows.

    Raises:
        MalformedMessageError: A row is not a state vector; `split_rows` separates them.
    """
    try:
        return _rows_decoder.decode(value)
    except _UNREADABLE as error:
        raise MalformedMessageError(str(error)) from error


def split_rows(value: bytes) -> list[bytes]:
    """Return the JSON of each row of a message of several rows.

    Raises:
        MalformedMessageError: The value is not a JSON array.
    """
    try:
        return [bytes(row) for row in _raw_rows_decoder.decode(value)]
    except _UNREADABLE as error:
        raise MalformedMessageError(str(error)) from error


def decode_readable(value: bytes | None) -> list[StateVector | None]:
    """Read the rows of a message of either kind whose headers have been checked.

    Returns:
        None for each row that is malformed. A message without any row counts as one of these.
    """
    if not has_several_rows(value):
        return [decode_readable_row(value)]
    with contextlib.suppress(MalformedMessageError):
        return [*decode_rows(value)] or [None]
    with contextlib.suppress(MalformedMessageError):
        return [decode_readable_row(row) for row in split_rows(value)]
    return [None]


def decode_readable_row(value: bytes | None) -> StateVector | None:
    """Read the value of a message of one row, or a row of `split_rows`; None if it is malformed."""
    try:
        return decode_value(value)
    except MalformedMessageError:
        return None


def decode(value: bytes | None, headers: Headers) -> StateVector:
    """Read a message of telemetry.raw.

    Raises:
        MalformedMessageError: With the field and what is wrong with it.
    """
    check_headers(headers)
    return decode_value(value)


def decode_value(value: bytes | None) -> StateVector:
    """Read the value of a message whose headers have been checked.

    Raises:
        MalformedMessageError: With the field and what is wrong with it.
    """
    if value is None:
        raise MalformedMessageError("no value: a tombstone, which telemetry.raw does not use")
    try:
        return _decoder.decode(value)
    except _UNREADABLE as error:
        raise MalformedMessageError(str(error)) from error


def decode_values(values: Iterable[bytes | None]) -> list[StateVector]:
    """Read the values of messages of one row each, whose headers have been checked.

    Raises:
        MalformedMessageError: Some value is not one state vector; `decode_value` tells which.
    """
    try:
        return list(map(_decoder.decode, values))  # type: ignore[arg-type] # None is a TypeError
    except (*_UNREADABLE, TypeError) as error:
        raise MalformedMessageError(str(error)) from error


def check_headers(headers: Headers) -> None:
    """Refuse messages of another schema version or content type; absent headers mean ours.

    Raises:
        MalformedMessageError: With the header and its value.
    """
    if (reason := headers.get(REJECTED)) is not None:
        raise MalformedMessageError(reason.decode(errors="replace"))
    if (version := headers.get("schema-version", SCHEMA_VERSION)) != SCHEMA_VERSION:
        raise MalformedMessageError(f"schema-version {version!r}: only {SCHEMA_VERSION!r} is known")
    if (content_type := headers.get("content-type", CONTENT_TYPE)) != CONTENT_TYPE:
        raise MalformedMessageError(f"content-type {content_type!r}: only {CONTENT_TYPE!r} is read")
