"""Give messages in Avro and Protobuf the JSON value that the rest of the processor reads."""

import threading
from collections.abc import Iterator, Sequence
from operator import methodcaller

import structlog

from configuration.log_throttle import Throttle
from configuration.shared_sections import KafkaSettings
from kafka_client.framed_values import FramedValues
from kafka_client.registry_errors import RegistryUnavailableError, RegistryUnusableError
from processor.errors import FatalError, ReconnectError
from processor.message import HeaderList, Message
from telemetry.codec import CONTENT_TYPE, SCHEMA_VERSION, MalformedMessageError
from telemetry.framing import MAGIC, is_framed

RETRY_SECONDS = 1.0
"""Time between two attempts to use a registry that does not answer."""

log = structlog.get_logger()

_value_of = methodcaller("value")
_DESCRIPTION = {"schema-version": SCHEMA_VERSION, "content-type": CONTENT_TYPE}


class UnframedMessage:
    """A framed message with its rows as JSON, or as it came where they cannot be read.

    Attributes:
        fault: Why its rows cannot be read; None if they can.
    """

    __slots__ = ("_headers", "_message", "_value", "fault")

    def __init__(self, message: Message, value: bytes | None, fault: str | None) -> None:
        self._message = message
        self._value = value
        self._headers = message.headers() if fault is not None else _described(message.headers())
        self.fault = fault

    def partition(self) -> int | None:
        """Return the partition."""
        return self._message.partition()

    def offset(self) -> int | None:
        """Return the offset."""
        return self._message.offset()

    def key(self) -> bytes | None:
        """Return the key."""
        return self._message.key()

    def value(self) -> bytes | None:
        """Return the JSON; the framed value if it cannot be read."""
        return self._value

    def headers(self) -> HeaderList:
        """Return the headers; those that describe the value describe the JSON."""
        return self._headers

    def timestamp(self) -> tuple[int, int]:
        """Return Kafka's timestamp."""
        return self._message.timestamp()


def fault_of(message: Message) -> str | None:
    """Return why the rows of a framed message cannot be read; None of any other message."""
    return message.fault if isinstance(message, UnframedMessage) else None


class Unframer:
    """Translates the framed ones among messages, in the thread that reads them."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._values = FramedValues(settings)
        self._lines = Throttle()

    @property
    def trouble(self) -> str | None:
        """Why the schema registry cannot be used; None while it can, or is not needed."""
        return self._values.trouble

    def read(self, messages: Sequence[Message]) -> Sequence[Message]:
        """Return the messages; the framed ones have their rows as JSON.

        Raises:
            ReconnectError: The schema registry cannot be used, and none was judged.
            FatalError: Framed messages cannot be read here; the text says what to do.
        """
        if MAGIC not in {value[:1] for value in map(_value_of, messages) if value}:
            return messages
        return list(map(self._unframe, messages))

    def read_or_wait(
        self, messages: Sequence[Message], stopping: threading.Event
    ) -> Sequence[Message]:
        """Return the messages once the registry can be used; none if it is to stop before.

        Raises:
            FatalError: As in `read`.
        """
        while not stopping.is_set():
            try:
                return self.read(messages)
            except ReconnectError as error:
                if self._lines.admit(str(error)) is not None:
                    log.warning("schema_registry_unusable", reason=str(error))
                stopping.wait(RETRY_SECONDS)
        return []

    def retry(self) -> None:
        """Look up the schema for which the registry could not be used, if there is one.

        Raises:
            ReconnectError: It still cannot be used.
        """
        try:
            self._values.retry()
        except RegistryUnavailableError as error:
            raise ReconnectError(str(error)) from error

    def _unframe(self, message: Message) -> Message:
        value = message.value()
        if not is_framed(value):
            return message
        try:
            return UnframedMessage(message, self._values.to_json(value), None)
        except MalformedMessageError as error:
            return UnframedMessage(message, value, str(error))
        except RegistryUnavailableError as error:
            raise ReconnectError(str(error)) from error
        except RegistryUnusableError as error:
            raise FatalError(str(error)) from error


def _described(headers: HeaderList) -> HeaderList:
    """Return headers that describe the JSON, where they described the framed value."""
    return list(_replaced(headers)) if headers else headers


def _replaced(headers: HeaderList) -> Iterator[tuple[str, str | bytes | None]]:
    pairs = headers.items() if isinstance(headers, dict) else headers or ()
    for name, value in pairs:
        yield name, _DESCRIPTION.get(name, value)
