"""StateVector to and from the bytes of one message in telemetry.raw."""

from collections.abc import Mapping

import msgspec

from telemetry.state_vector import StateVector

SCHEMA_VERSION = b"1"
"""The version of the schema; it is increased when a field is added or changes its meaning."""

CONTENT_TYPE = b"application/json"

REJECTED = "rejected"
"""The header of a row that the collector could not read. Its value is the reason; the message is
the row as it was received."""

Headers = Mapping[str, bytes | None]

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(StateVector)


class MalformedMessageError(Exception):
    """The message holds no state vector: set it aside with this text as the reason."""


def encode(state_vector: StateVector) -> bytes:
    """Return a JSON object with OpenSky's names, nulls included."""
    return _encoder.encode(state_vector)


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
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
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
