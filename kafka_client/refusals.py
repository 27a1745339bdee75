"""Kafka settings that can never work: refused at start, where librdkafka would try for ever."""

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
    problems = [*_sasl_problems(settings), *_tls_problems(settings)]
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
    if file is None or not settings.security_protocol.endswith("SSL"):
        return
    if (reason := _authorities_problem(file)) is not None:
        yield f"kafka.ssl_ca_file: {str(file)!r} cannot be used: {reason}"


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
