"""What reads foreign bytes, and how it refuses them: any other error is a fault."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NamedTuple, cast
from urllib.parse import parse_qsl

from joserfc.jwk import ECKey, Key

from collector.answer import read_answer
from collector.errors import ImplausibleTimeError, UnreadableAnswerError
from processor.access.errors import AccessError
from processor.access.key_set import KeySet, read_keys
from processor.access.keys_file import read_entries
from processor.access.tokens import Tokens
from processor.errors import FatalError
from processor.history.errors import InvalidRequestError
from processor.history.flights import decode_cursor
from processor.stream.filter import FilterError
from processor.stream.log_position import parse_event_id
from processor.stream.query import parse_query
from processor.stream.replay_request import parse_replay_event_id
from telemetry.avro_rows import SEVERAL_ROWS_FILE, AvroReader
from telemetry.codec import MalformedMessageError, check_headers, decode_readable, split_rows
from telemetry.framing import read_frame
from telemetry.protobuf_rows import ProtobufReader
from telemetry.schemas import read_schema

Read = Callable[[bytes], object]


class Target(NamedTuple):
    """One reader.

    Attributes:
        read: Called with any bytes.
        refusals: The errors that say that the bytes cannot be used.
    """

    read: Read
    refusals: tuple[type[Exception], ...] = ()

    def try_out(self, data: bytes) -> None:
        """Read bytes; a refusal is as good as a result."""
        with suppress(*self.refusals):
            self.read(data)


class _OneKey:
    """The keys of an issuer that has one."""

    def __init__(self) -> None:
        self._key = ECKey.generate_key("P-256", auto_kid=True)

    async def find(self, _: str | None) -> Sequence[Key]:
        return [self._key]


def _text(read: Callable[[str], object]) -> Read:
    """Return a reader of bytes out of one of text, as a URL or a header gives it."""
    return lambda data: read(data.decode("latin-1"))


def _headers(data: bytes) -> None:
    names = ("schema-version", "content-type", "rejected")
    check_headers(dict(zip(names, data.split(b"\n"), strict=False)))


def _event_id(text: str) -> None:
    parse_event_id(text)
    parse_replay_event_id(text)


def _token() -> Read:
    tokens = Tokens(
        issuer="https://issuer.test",
        audience="flights",
        algorithms=["ES256"],
        keys=cast("KeySet", _OneKey()),
    )
    return _text(lambda text: asyncio.run(tokens.identify(text)))


def make_targets() -> dict[str, Target]:
    """Return all targets by their names, which are those of the folders in `corpus`."""
    malformed = (MalformedMessageError,)
    avro = AvroReader(read_schema(SEVERAL_ROWS_FILE))
    protobuf = ProtobufReader(read_schema("state_vectors.v1.proto"))
    return {
        "opensky-answer": Target(read_answer, (UnreadableAnswerError, ImplausibleTimeError)),
        "message": Target(decode_readable),
        "message-rows": Target(split_rows, malformed),
        "message-headers": Target(_headers, malformed),
        "message-frame": Target(read_frame, malformed),
        "avro-record": Target(avro.read, malformed),
        "avro-schema": Target(_text(AvroReader), malformed),
        "protobuf-record": Target(protobuf.read, malformed),
        "stream-query": Target(
            _text(lambda text: parse_query(parse_qsl(text, keep_blank_values=True))), (FilterError,)
        ),
        "event-id": Target(_text(_event_id)),
        "history-cursor": Target(_text(decode_cursor), (InvalidRequestError,)),
        "token": Target(_token(), (AccessError,)),
        "issuer-keys": Target(read_keys, (ValueError,)),
        "keys-file": Target(_text(lambda text: read_entries("keys.yaml", text)), (FatalError,)),
    }
