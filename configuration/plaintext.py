"""Connections that leave this machine without TLS: warned about at start, or refused."""

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from urllib.parse import urlsplit

import structlog

from configuration.database_url import database_hosts, url_parameters, without_port
from configuration.http_address import is_loopback
from configuration.settings import KafkaSettings, Settings, SettingsError

log = structlog.get_logger()


class Link(Enum):
    """What a process connects to."""

    DATABASE = auto()
    KAFKA = auto()
    OPENSKY = auto()


ALL = tuple(Link)

ACKNOWLEDGE = "or, if the whole way there is your own, name the host in security.plaintext_hosts"


@dataclass(frozen=True)
class Plaintext:
    """One setting that leads to other machines without TLS."""

    setting: str
    hosts: tuple[str, ...]
    what: str
    remedy: str

    def __str__(self) -> str:
        """Say all of it, without any secret."""
        return (
            f"{self.setting}: {self.what} ({', '.join(self.hosts)}): {self.remedy}, {ACKNOWLEDGE}"
        )


def warn_of_plaintext(settings: Settings, links: Collection[Link]) -> None:
    """Log a line for each connection without TLS.

    Raises:
        SettingsError: `security.require_tls` refuses them.
    """
    for found in _checked(settings, links):
        log.warning(
            "connection_without_tls",
            setting=found.setting,
            hosts=found.hosts,
            what=found.what,
            remedy=f"{found.remedy}, {ACKNOWLEDGE}",
        )


def plaintext_sentences(settings: Settings, links: Collection[Link]) -> list[str]:
    """Return the same as sentences, for programs without a log.

    Raises:
        SettingsError: `security.require_tls` refuses them.
    """
    return [str(found) for found in _checked(settings, links)]


def _checked(settings: Settings, links: Collection[Link]) -> list[Plaintext]:
    found = list(_find(settings, links))
    if found and settings.security.require_tls:
        refused = "; security.require_tls refuses that"
        raise SettingsError("\n".join(f"{each}{refused}" for each in found))
    return found


def _find(settings: Settings, links: Collection[Link]) -> Iterator[Plaintext]:
    accepted = settings.security.plaintext_hosts
    if Link.DATABASE in links:
        yield from _find_database(settings.database.url.get_secret_value(), accepted)
    if Link.KAFKA in links:
        yield from _find_kafka(settings.kafka, accepted)
    if Link.OPENSKY in links:
        for name in ("api_url", "token_url"):
            yield from _find_opensky(name, getattr(settings.opensky, name), accepted)


def _find_database(url: str, accepted: Collection[str]) -> Iterator[Plaintext]:
    mode = url_parameters(url).get("sslmode") or os.environ.get("PGSSLMODE")
    hosts = _remote(database_hosts(url), accepted)
    if hosts and mode != "verify-full":
        yield Plaintext(
            "database.url",
            hosts,
            "the database is on another machine, and its certificate is not checked",
            "add ?sslmode=verify-full&sslrootcert=FILE to it",
        )


def _find_kafka(kafka: KafkaSettings, accepted: Collection[str]) -> Iterator[Plaintext]:
    hosts = _remote(kafka_hosts(kafka.bootstrap_servers), accepted)
    if hosts and not kafka.security_protocol.endswith("SSL"):
        yield Plaintext(
            "kafka.bootstrap_servers",
            hosts,
            f"Kafka is on another machine, and {kafka.security_protocol} has no TLS",
            "set kafka.security_protocol to SASL_SSL or SSL (and kafka.ssl_ca_file for an authority"
            " of your own)",
        )


def _find_opensky(name: str, url: str, accepted: Collection[str]) -> Iterator[Plaintext]:
    parts = urlsplit(url)
    hosts = _remote((parts.hostname or "",), accepted)
    if hosts and parts.scheme == "http":
        yield Plaintext(
            f"opensky.{name}",
            hosts,
            "it is on another machine, and the credentials would cross the network as plain text",
            "write https://",
        )


def kafka_hosts(bootstrap_servers: str) -> tuple[str, ...]:
    """Return the hosts of a list of `host:port`, each of which may begin with its protocol."""
    servers = (server.strip().rpartition("://")[2] for server in bootstrap_servers.split(","))
    return tuple(without_port(server) for server in servers if server)


def _remote(hosts: Collection[str], accepted: Collection[str]) -> tuple[str, ...]:
    """Return those that are of other machines and not accepted."""
    lowered = (host.lower() for host in hosts)
    return tuple(host for host in lowered if not is_loopback(host) and host not in accepted)
