"""How the values of messages are written: as JSON, or framed in Avro or Protobuf."""

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import structlog

from collector.clock import Clock
from collector.errors import EncodingError
from configuration.log_throttle import Throttle
from configuration.shared_sections import KafkaSettings
from kafka_client.framed_values import REMEDY
from kafka_client.registry_errors import RegistryRefusedError, RegistryUnavailableError
from telemetry import codec
from telemetry.framing import frame
from telemetry.schemas import read_schema
from telemetry.state_vector import StateVector

if TYPE_CHECKING:
    from kafka_client.schema_registry import SchemaRegistry

RETRY_SECONDS = 1.0

AVRO_CONTENT = b"application/avro"
PROTOBUF_CONTENT = b"application/protobuf"

log = structlog.stdlib.get_logger()


class Encoding(NamedTuple):
    """Encodes the values of messages.

    Attributes:
        content_type: The header that describes them.
        encode: Returns the value of a message of one row.
        encode_rows: Returns the value of a message of several rows.
    """

    content_type: bytes
    encode: Callable[[StateVector], bytes]
    encode_rows: Callable[[Sequence[StateVector]], bytes]


JSON = Encoding(codec.CONTENT_TYPE, codec.encode, codec.encode_rows)


async def open_encoding(settings: KafkaSettings, clock: Clock) -> Encoding:
    """Return the encoding of the settings, whose schemas the registry then has.

    It waits for a registry that does not answer, until the clock stops.

    Raises:
        EncodingError: The registry refuses a schema, or the libraries are not installed.
    """
    if settings.encoding == "json":
        return JSON
    throttle = Throttle(clock.monotonic)
    while not clock.is_stopping:
        try:
            return await asyncio.to_thread(_register, settings)
        except ImportError as error:
            text = f"kafka.encoding {settings.encoding} cannot be used: {REMEDY}"
            raise EncodingError(text) from error
        except RegistryRefusedError as error:
            raise EncodingError(str(error)) from error
        except RegistryUnavailableError as error:
            if throttle.admit(str(error)) is not None:
                log.warning("schema_registry_unusable", reason=str(error), hint="trying on")
            await clock.pause(RETRY_SECONDS)
    return JSON  # nothing is published any more


def _register(settings: KafkaSettings) -> Encoding:
    """Register the schemas of an encoding, and return it."""
    from kafka_client.schema_registry import SchemaRegistry

    registry = SchemaRegistry(settings)
    register = _register_avro if settings.encoding == "avro" else _register_protobuf
    encoding = register(registry, settings.topic)
    log.info("schemas_registered", encoding=settings.encoding, url=settings.schema_registry_url)
    return encoding


def _register_avro(registry: "SchemaRegistry", topic: str) -> Encoding:
    from kafka_client.schema_registry import RegisteredSchema
    from telemetry import avro_rows as avro

    one, several = (
        registry.register(f"{topic}-{name}", RegisteredSchema("AVRO", read_schema(file)))
        for name, file in (
            (avro.ONE_ROW_NAME, avro.ONE_ROW_FILE),
            (avro.SEVERAL_ROWS_NAME, avro.SEVERAL_ROWS_FILE),
        )
    )
    return Encoding(
        AVRO_CONTENT,
        lambda row: frame(one, avro.encode_row(row)),
        lambda rows: frame(several, avro.encode_rows(rows)),
    )


def _register_protobuf(registry: "SchemaRegistry", topic: str) -> Encoding:
    from kafka_client.schema_registry import RegisteredSchema
    from telemetry import protobuf_rows as protobuf

    schema = RegisteredSchema("PROTOBUF", read_schema(protobuf.SCHEMA_FILE))
    one, several = (
        registry.register(f"{topic}-{name}", schema)
        for name in (protobuf.ONE_ROW_NAME, protobuf.SEVERAL_ROWS_NAME)
    )
    return Encoding(
        PROTOBUF_CONTENT,
        lambda row: frame(one, protobuf.encode_row(row)),
        lambda rows: frame(several, protobuf.encode_rows(rows)),
    )
