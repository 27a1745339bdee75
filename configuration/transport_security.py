"""Connections that leave this machine without TLS: a warning at start, or a refusal."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

import structlog

from configuration.database_url import database_hosts, url_parameters, without_port
from configuration.errors import SettingsError
from configuration.http_address import is_loopback
from configuration.shared_sections import KafkaSettings, SecuritySettings, TracingSettings

log = structlog.get_logger()

_ACKNOWLEDGE = "or, if the whole way there is your own, name the host in security.plaintext_hosts"

_TOKEN_URL = "sasl.oauthbearer.token.endpoint.url"  # noqa: S105 - the name of a property

_UNCHECKED = {
    "enable.ssl.certificate.verification": "false",
    "ssl.endpoint.identification.algorithm": "none",
}
"""Properties of librdkafka with the values that accept any broker's certificate."""


@dataclass(frozen=True)
class PlaintextConnection:
    """One setting that names hosts to which a connection would go without TLS.

    Attributes:
        setting: Its key in config.yaml.
        hosts: Hosts other than this machine; empty where all are this machine.
        problem: What is not protected.
        remedy: How to protect it.
    """

    setting: str
    hosts: tuple[str, ...]
    problem: str
    remedy: str

    def __str__(self) -> str:
        """Return one sentence, without any secret."""
        hosts = ", ".join(self.hosts)
        return f"{self.setting}: {self.problem} ({hosts}): {self.remedy}, {_ACKNOWLEDGE}"


def find_plaintext_database(url: str) -> list[PlaintextConnection]:
    """Return the connection to the database, unless the server's certificate is checked."""
    mode = url_parameters(url).get("sslmode") or os.environ.get("PGSSLMODE")
    if mode == "verify-full":
        return []
    return [
        PlaintextConnection(
            "database.url",
            tuple(database_hosts(url)),
            "the database is on another machine, and its certificate is not checked",
            "add ?sslmode=verify-full&sslrootcert=FILE to it",
        )
    ]


def find_plaintext_kafka(settings: KafkaSettings) -> list[PlaintextConnection]:
    """Return the connections to brokers, token server and registry without TLS, or unchecked."""
    url = settings.property_text(_TOKEN_URL) or ""
    found = [
        *find_plaintext_url("kafka.schema_registry_url", settings.schema_registry_url or ""),
        *find_plaintext_url(f"kafka.properties: {_TOKEN_URL}", url),
    ]
    if settings.security_protocol.endswith("SSL"):
        return [*found, *_find_unchecked(settings)]
    return [
        *found,
        PlaintextConnection(
            "kafka.bootstrap_servers",
            kafka_hosts(settings.bootstrap_servers),
            f"Kafka is on another machine, and {settings.security_protocol} has no TLS",
            "set kafka.security_protocol to SASL_SSL or SSL (and kafka.ssl_ca_file for an authority"
            " of your own)",
        ),
    ]


def _find_unchecked(settings: KafkaSettings) -> list[PlaintextConnection]:
    return [
        PlaintextConnection(
            f"kafka.properties: {name}",
            kafka_hosts(settings.bootstrap_servers),
            "Kafka is on another machine, and its certificate is not checked",
            "leave the property out, and set kafka.ssl_ca_file for an authority of your own",
        )
        for name, unsafe in _UNCHECKED.items()
        if settings.property_text(name) == unsafe
    ]


def find_plaintext_url(setting: str, url: str) -> list[PlaintextConnection]:
    """Return the connection to a URL that carries credentials, unless it begins with https."""
    parts = urlsplit(url)
    if parts.scheme != "http":
        return []
    return [
        PlaintextConnection(
            setting,
            (parts.hostname or "",),
            "it is on another machine, and the credentials would cross the network as plain text",
            "write https://",
        )
    ]


def find_plaintext_tracing(settings: TracingSettings) -> list[PlaintextConnection]:
    """Return the connection by which spans are sent, unless none are or it has TLS."""
    return find_plaintext_url("tracing.endpoint", settings.endpoint) if settings.enabled else []


def warn_of_plaintext(
    security: SecuritySettings, connections: Iterable[PlaintextConnection]
) -> None:
    """Log a warning for each connection without TLS that is not accepted by the settings.

    Raises:
        SettingsError: `security.require_tls` refuses them.
    """
    for found in check_plaintext(security, connections):
        log.warning(
            "connection_without_tls",
            setting=found.setting,
            hosts=found.hosts,
            what=found.problem,
            remedy=f"{found.remedy}, {_ACKNOWLEDGE}",
        )


def check_plaintext(
    security: SecuritySettings, connections: Iterable[PlaintextConnection]
) -> list[PlaintextConnection]:
    """Return the connections to hosts that are neither this machine nor accepted.

    Raises:
        SettingsError: `security.require_tls` refuses them.
    """
    remote = (
        replace(each, hosts=_remote_hosts(each.hosts, security.plaintext_hosts))
        for each in connections
    )
    found = [each for each in remote if each.hosts]
    if found and security.require_tls:
        refused = "; security.require_tls refuses that"
        raise SettingsError("\n".join(f"{each}{refused}" for each in found))
    return found


def kafka_hosts(bootstrap_servers: str) -> tuple[str, ...]:
    """Return the hosts of a list of `host:port`; each entry may begin with its protocol."""
    servers = (server.strip().rpartition("://")[2] for server in bootstrap_servers.split(","))
    return tuple(without_port(server) for server in servers if server)


def _remote_hosts(hosts: Iterable[str], accepted: Iterable[str]) -> tuple[str, ...]:
    local = frozenset(accepted)
    lowered = (host.lower() for host in hosts)
    return tuple(host for host in lowered if not is_loopback(host) and host not in local)
