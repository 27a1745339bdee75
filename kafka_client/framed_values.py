"""Translate framed values to the JSON of the same rows, by the schemas of a registry."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, Protocol

from configuration.shared_sections import KafkaSettings
from kafka_client.registry_errors import RegistryUnavailableError, RegistryUnusableError
from telemetry.codec import MalformedMessageError
from telemetry.framing import read_frame

if TYPE_CHECKING:
    from kafka_client.schema_registry import SchemaRegistry
    from telemetry.rows import Rows

MAX_SCHEMAS = 100
"""Bound of the schemas that are cached, newest use last. A topic has a few."""

UNKNOWN_SECONDS = 60.0
"""How long an id that the registry does not have is not looked up again. Registries of several
nodes may show an id a moment late, and messages with invented ids must not flood them."""

REMEDY = "install fastavro and protobuf, which are the extra `registry` of this project"


class Reader(Protocol):
    """Reads the records of one schema."""

    def read(self, payload: bytes) -> "Rows":
        """Return the rows of a record, or raise MalformedMessageError."""


class _Known(NamedTuple):
    """What is known of a schema id, until a time of the monotonic clock."""

    reader: Reader | None
    fault: str
    until: float


class FramedValues:
    """Reads framed values in one thread. Nothing of it is loaded before the first such value.

    Args:
        settings: The address of the registry.
        clock: Seconds that never go back.

    Attributes:
        trouble: Why the registry cannot be used; None while it answers.
    """

    def __init__(
        self, settings: KafkaSettings, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._registry: SchemaRegistry | None = None
        self._schemas: dict[int, _Known] = {}
        self._awaited: int | None = None
        self.trouble: str | None = None

    def to_json(self, value: bytes) -> bytes:
        """Return the JSON object or array of the same rows, which are not judged yet.

        Raises:
            MalformedMessageError: It is no record of ours, or its schema is not in the registry.
            RegistryUnavailableError: Its schema is not known yet, and the registry cannot be used.
            RegistryUnusableError: An operator has to act before such values can be read.
        """
        schema_id, payload = read_frame(value)
        try:
            return self._reader_of(schema_id).read(payload).to_json()
        except MalformedMessageError as error:
            raise MalformedMessageError(f"schema id {schema_id}: {error}") from error

    def retry(self) -> None:
        """Look up the schema for which the registry could not be used, if there is one.

        Raises:
            RegistryUnavailableError: It still cannot be used.
        """
        if self._awaited is not None:
            self._find(self._awaited)

    def _reader_of(self, schema_id: int) -> Reader:
        known = self._schemas.pop(schema_id, None)
        if known is None or self._clock() >= known.until:
            known = self._find(schema_id)
        self._schemas[schema_id] = known
        if len(self._schemas) > MAX_SCHEMAS:
            del self._schemas[next(iter(self._schemas))]
        if known.reader is None:
            raise MalformedMessageError(known.fault)
        return known.reader

    def _find(self, schema_id: int) -> _Known:
        try:
            found = self._connect().find(schema_id)
        except RegistryUnavailableError as error:
            self._awaited, self.trouble = schema_id, str(error)
            raise
        self._awaited = self.trouble = None
        if found is None:
            fault = "the schema registry has no such schema"
            return _Known(None, fault, self._clock() + UNKNOWN_SECONDS)
        try:
            return _Known(_make_reader(found.kind, found.text), "", float("inf"))
        except MalformedMessageError as error:
            return _Known(None, str(error), float("inf"))

    def _connect(self) -> "SchemaRegistry":
        if self._settings.schema_registry_url is None:
            raise RegistryUnusableError(
                f"topic {self._settings.topic} holds messages in Avro or Protobuf: set"
                " kafka.schema_registry_url to the registry of their schemas"
            )
        if self._registry is None:
            from kafka_client.schema_registry import SchemaRegistry

            self._registry = SchemaRegistry(self._settings)
        return self._registry


def _make_reader(kind: str, text: str) -> Reader:
    """Return the reader of a schema.

    Raises:
        MalformedMessageError: It is not a schema of ours.
        RegistryUnusableError: The libraries are not installed.
    """
    try:
        if kind == "AVRO":
            from telemetry.avro_rows import AvroReader

            return AvroReader(text)
        if kind == "PROTOBUF":
            from telemetry.protobuf_rows import ProtobufReader

            return ProtobufReader(text)
    except ImportError as error:
        raise RegistryUnusableError(f"messages in {kind} cannot be read: {REMEDY}") from error
    raise MalformedMessageError(f"its schema is of type {kind}: AVRO and PROTOBUF are read")
