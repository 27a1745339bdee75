"""Kafka settings that can never work: refused at start, where librdkafka would try for ever."""

import os
import ssl
from collections.abc import Iterator
from pathlib import Path

from confluent_kafka import KafkaException, Producer

from configuration.errors import SettingsError
from configuration.shared_sections import KafkaSettings

_METHOD = "sasl.oauthbearer.method"


def refuse_unusable(settings: KafkaSettings) -> None:
    """Refuse them in a process that uses Kafka; a migration needs no password of Kafka's.

    Raises:
        SettingsError: Naming every key at fault, its value and what is needed.
    """
    problems = [
        *_sasl_problems(settings),
        *_tls_problems(settings),
        *_registry_problems(settings),
    ]
    if problems := problems or [*_property_problems(settings)]:
        raise SettingsError("\n".join(problems))


def _sasl_problems(settings: KafkaSettings) -> Iterator[str]:
    protocol, user, password = (
        settings.security_protocol,
        settings.sasl_username,
        settings.sasl_password,
    )
    if settings.has_token_login() and settings.property_text(_METHOD) != "oidc":
        yield (
            f"kafka.sasl_mechanism: 'OAUTHBEARER' cannot be used: kafka.properties needs {_METHOD}:"
            " oidc with the client's id, its secret and the token server's address"
        )
    if not protocol.startswith("SASL") or settings.has_token_login():
        return
    need = f"cannot be used: kafka.security_protocol {protocol} needs it"
    if not user:
        yield f"kafka.sasl_username: {user!r} {need}"
    if password is None or not password.get_secret_value():
        yield f"kafka.sasl_password: (not shown) {need}"


def _tls_problems(settings: KafkaSettings) -> Iterator[str]:
    file = settings.ssl_ca_file
    is_used = settings.security_protocol.endswith("SSL") or _has_secure_registry(settings)
    if file is None or not is_used:
        return
    if (reason := _authorities_problem(file)) is not None:
        yield f"kafka.ssl_ca_file: {str(file)!r} cannot be used: {reason}"


def _has_secure_registry(settings: KafkaSettings) -> bool:
    return (settings.schema_registry_url or "").startswith("https:")


def _registry_problems(settings: KafkaSettings) -> Iterator[str]:
    if settings.encoding != "json" and settings.schema_registry_url is None:
        yield (
            "kafka.schema_registry_url: null cannot be used:"
            f" kafka.encoding {settings.encoding} needs it"
        )
    user, file = settings.schema_registry_username, settings.schema_registry_password_file
    if (user is None) != (file is None):
        yield (
            "kafka.schema_registry_username and kafka.schema_registry_password_file:"
            " both are needed, or neither"
        )
    if file is not None and not os.access(file, os.R_OK):
        yield f"kafka.schema_registry_password_file: {str(file)!r} cannot be read"


def _authorities_problem(file: Path) -> str | None:
    """Return why a TLS connection could not take its certificate authorities from this file."""
    try:
        ssl.create_default_context(cafile=file)
    except ssl.SSLError:
        return "this file holds no certificate in PEM format"
    except OSError as error:
        return f"this file cannot be read ({error.strerror})"
    return None


def _property_problems(settings: KafkaSettings) -> Iterator[str]:
    """Yield what librdkafka says of the properties, by a client that has no broker to connect to.

    It loads certificates and keys. SASL is left out, because a client would fetch its first token.
    """
    if not settings.properties:
        return
    has_tls = settings.security_protocol.endswith("SSL")
    config = {
        **settings.connection(),
        "security.protocol": "SSL" if has_tls else "PLAINTEXT",
        "log_level": 0,
    }
    del config["bootstrap.servers"]
    try:
        Producer(config)
    except KafkaException as error:
        yield f"kafka.properties cannot be used: {error.args[0].str()}"
