"""The setting `kafka.properties`: librdkafka's properties of the connection, some from files."""

from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, SecretStr

from configuration.section import parse_yaml

_OWN_SETTINGS = {
    "bootstrap.servers": "kafka.bootstrap_servers",
    "compression.type": "kafka.compression",
    "group.id": "kafka.group_id",
    "group.protocol": "kafka.group_protocol",
    "metadata.broker.list": "kafka.bootstrap_servers",
    "sasl.mechanism": "kafka.sasl_mechanism",
    "sasl.mechanisms": "kafka.sasl_mechanism",
    "sasl.password": "kafka.sasl_password",
    "sasl.username": "kafka.sasl_username",
    "security.protocol": "kafka.security_protocol",
    "ssl.ca.location": "kafka.ssl_ca_file",
}
"""Properties that have a setting of their own, which checks and messages go by."""

_CONNECTION = (
    *("api.version.", "broker.", "client.", "connections.", "enable.sasl.", "enable.ssl."),
    *("https.", "metadata.", "reconnect.", "resolve.", "retry.backoff.", "sasl.", "socket."),
    *("ssl.", "topic.metadata."),
)
"""Beginnings of the properties of a connection. Others decide what is read, committed and
published, which the services rely on."""


def read_secret(value: object) -> object:
    """Return the text of `{file: PATH}` without the line break at its end; other values as is.

    Raises:
        ValueError: The file cannot be read.
    """
    if not isinstance(value, dict):
        return value
    file = value.get("file")
    if set(value) != {"file"} or not isinstance(file, str):
        raise ValueError("a text is needed, or the file that holds it as {file: PATH}")
    try:
        return Path(file).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ValueError(f"the file {file} cannot be read ({reason})") from None


def _read_properties(value: object) -> object:
    """Check the names, and turn each value into the text that librdkafka reads."""
    given = parse_yaml(value)
    if not isinstance(given, dict):
        raise ValueError("properties of librdkafka are needed, as {socket.keepalive.enable: true}")  # noqa: TRY004 - pydantic's
    return {_checked_name(str(name)): _read_text(name, each) for name, each in given.items()}


def _checked_name(name: str) -> str:
    if setting := _OWN_SETTINGS.get(name):
        raise ValueError(f"{name} has a setting of its own: {setting}")
    if not name.startswith(_CONNECTION):
        raise ValueError(
            f"{name} is no property of the connection; those begin with {', '.join(_CONNECTION)}"
        )
    return name


def _read_text(name: object, value: object) -> str:
    try:
        read = read_secret(value)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    if isinstance(read, bool):
        return str(read).lower()
    if not isinstance(read, str | int | float):
        raise ValueError(f"{name}: a text, a number, true, false or {{file: PATH}} is needed")  # noqa: TRY004 - pydantic's
    return str(read)


Secret = Annotated[SecretStr, BeforeValidator(read_secret)]
"""A text that is never shown, written as it is or as `{file: PATH}`."""

KafkaProperties = Annotated[dict[str, SecretStr], BeforeValidator(_read_properties)]
"""Properties by name. No value is shown, because some are passwords."""
