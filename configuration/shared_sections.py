"""Sections of config.yaml that both services read: kafka, http, access, security, tracing, log."""

import ipaddress
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from configuration.http_address import is_loopback, read_host
from configuration.kafka_properties import KafkaProperties, Secret
from configuration.logs import LogFormat, LogLevel
from configuration.section import Section, split_commas


def _check_registry_url(url: str) -> str:
    """Refuse what is no address, and credentials in it, which would be logged."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("an address with http:// or https:// is needed")
    if parts.username or parts.password:
        raise ValueError(
            "credentials belong into schema_registry_username and schema_registry_password_file"
        )
    return url


class KafkaSettings(Section):
    """The broker and the topic between collector and processor."""

    bootstrap_servers: str = Field("localhost:9092", min_length=1)
    topic: str = Field("telemetry.raw", pattern=r"^[a-zA-Z0-9._-]{1,249}$")
    group_id: str = Field("flight-monitor-archive", min_length=1)
    group_protocol: Literal["classic", "consumer"] = "classic"
    collector_standby: bool = True
    collector_group_id: str | None = Field(None, min_length=1)
    partitions: int = Field(12, ge=1, le=1000)
    replication_factor: int = Field(1, ge=1, le=9)
    retention_hours: int = Field(72, ge=1)
    retention_bytes: int | None = Field(None, ge=1_000_000)
    compression: Literal["none", "gzip", "snappy", "lz4", "zstd"] = "zstd"
    rows_per_message: int | None = Field(None, ge=1, le=1000)
    encoding: Literal["json", "avro", "protobuf"] = "json"
    schema_registry_url: Annotated[str, AfterValidator(_check_registry_url)] | None = None
    schema_registry_username: str | None = None
    schema_registry_password_file: Path | None = None
    delivery_timeout_seconds: int = Field(120, ge=1)
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"] = (
        "SCRAM-SHA-512"
    )
    sasl_username: str | None = None
    sasl_password: Secret | None = None
    ssl_ca_file: Path | None = None
    properties: KafkaProperties = Field(default_factory=dict)

    def connection(self) -> dict[str, str | int | float | bool]:
        """Return the librdkafka settings that every client needs to reach the broker."""
        config: dict[str, str | int | float | bool] = {
            "bootstrap.servers": self.bootstrap_servers,
            "security.protocol": self.security_protocol,
            "reconnect.backoff.ms": 100,
            "reconnect.backoff.max.ms": 5_000,
            # Partitions that are added are used and read within this, not within 5 minutes.
            "topic.metadata.refresh.interval.ms": 10_000,
        }
        if self.ssl_ca_file is not None:
            config["ssl.ca.location"] = str(self.ssl_ca_file)
        if self.security_protocol.startswith("SASL"):
            config |= self._login()
        return config | {name: each.get_secret_value() for name, each in self.properties.items()}

    def has_token_login(self) -> bool:
        """Whether the client shows the broker a token that it gets from a token server."""
        return self.security_protocol.startswith("SASL") and self.sasl_mechanism == "OAUTHBEARER"

    def describe_client(self) -> str:
        """Return under which name the broker knows this client, for messages to an operator."""
        if self.has_token_login():
            client_id = self.property_text("sasl.oauthbearer.client.id")
            return f"the client {client_id!r} of the token server"
        if self.security_protocol == "SSL":
            file = self.property_text("ssl.certificate.location")
            return f"the client's certificate ({file or 'none'})"
        if self.security_protocol == "PLAINTEXT":
            return "clients without a login (User:ANONYMOUS)"
        return f"the user {self.sasl_username!r}"

    def property_text(self, name: str) -> str | None:
        """Return the value of a property that is no secret; None if it is not set."""
        value = self.properties.get(name)
        return None if value is None else value.get_secret_value()

    def _login(self) -> dict[str, str]:
        if self.has_token_login():
            return {"sasl.mechanism": self.sasl_mechanism}
        password = self.sasl_password
        return {
            "sasl.mechanism": self.sasl_mechanism,
            "sasl.username": self.sasl_username or "",
            "sasl.password": password.get_secret_value() if password else "",
        }


AllowedHost = Annotated[
    str, Field(pattern=r"^((\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])$")
]
"""A name, all names below one (`*.example.org`), or an address; neither port nor scheme."""


def _check_network(text: str) -> str:
    """Refuse what is not an address or a network; a name would never be recognised."""
    try:
        return str(ipaddress.ip_network(text))
    except ValueError as error:
        raise ValueError(
            f"an address or a network is needed, as 10.0.0.5 or 10.0.0.0/8 ({error})"
        ) from None


Network = Annotated[str, AfterValidator(_check_network)]


_ROUTES = frozenset({"api", "assets", "metrics", "sse"})
"""First parts of paths that the processor serves, which a proxy's path could be taken for."""


def _check_root_path(path: str) -> str:
    if path and path.split("/")[1] in _ROUTES:
        raise ValueError("it begins like a path of the processor: choose another one at the proxy")
    return path


class HttpSettings(Section):
    """The addresses that the services listen on; with port 0 the collector serves no metrics."""

    host: Annotated[str, AfterValidator(read_host)] = "127.0.0.1"
    port: int = Field(8081, ge=0, le=65_535)
    allowed_hosts: Annotated[tuple[AllowedHost, ...], BeforeValidator(split_commas)] = ()
    max_connections: int | None = Field(None, ge=1)
    max_connections_per_address: int | None = Field(None, ge=1)
    trusted_proxies: Annotated[tuple[Network, ...], BeforeValidator(split_commas)] = ()
    root_path: Annotated[str, AfterValidator(_check_root_path)] = Field(
        "", pattern=r"^((/[A-Za-z0-9._~-]+)+)?$"
    )
    collector_metrics_port: int = Field(0, ge=0, le=65_535)


def _check_confidential(url: str) -> str:
    """Refuse a URL whose answer another host on the way could replace."""
    parts = urlsplit(url)
    is_local = parts.scheme == "http" and is_loopback(parts.hostname or "")
    if not parts.hostname or not (parts.scheme == "https" or is_local):
        raise ValueError("https:// is needed; http:// only for localhost, 127.0.0.1 and [::1]")
    return url


JwtAlgorithm = Literal[
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
    "Ed25519",
]
"""Signatures by key pairs only: with HS256, every service that can check a token can make one."""


class AccessSettings(Section):
    """The clients that may read what the processor serves, and how they prove who they are."""

    mode: Literal["loopback", "required", "open"] = "loopback"
    keys_file: Path | None = None
    jwt_issuer: str | None = Field(None, min_length=1)
    jwt_audience: str | None = Field(None, min_length=1)
    jwt_algorithms: Annotated[tuple[JwtAlgorithm, ...], BeforeValidator(split_commas)] = (
        "RS256",
        "ES256",
        "EdDSA",
        "Ed25519",
    )
    jwks_url: Annotated[str, AfterValidator(_check_confidential)] | None = None
    jwks_file: Path | None = None
    ticket_seconds: int = Field(30, ge=1, le=300)
    metrics_token: Annotated[SecretStr, Field(min_length=32)] | None = None


def _read_plaintext_host(text: str) -> str:
    return read_host(text).lower()


class SecuritySettings(Section):
    """Whether connections to other machines may be without TLS."""

    require_tls: bool = False
    plaintext_hosts: Annotated[
        tuple[Annotated[str, AfterValidator(_read_plaintext_host)], ...],
        BeforeValidator(split_commas),
    ] = ()


class TracingSettings(Section):
    """Whether spans are recorded, for what share of the polls, and where they are sent."""

    enabled: bool = False
    endpoint: str = Field("http://localhost:4318", pattern=r"^https?://[^\s/]+")
    sample_ratio: float = Field(1.0, ge=0, le=1)
    service_name: str | None = Field(None, min_length=1)


class LogSettings(Section):
    """The level and the format of the log."""

    level: LogLevel = "info"
    format: LogFormat = "auto"
