"""The sections of config.yaml that both services read: kafka, http, security and log."""

import ipaddress
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from configuration.http_address import read_host
from configuration.logs import LogFormat, LogLevel
from configuration.section import Section, split_commas


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
    compression: Literal["none", "gzip", "snappy", "lz4", "zstd"] = "zstd"
    rows_per_message: int | None = Field(None, ge=1, le=1000)
    delivery_timeout_seconds: int = Field(120, ge=1)
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    sasl_username: str | None = None
    sasl_password: SecretStr | None = None
    ssl_ca_file: Path | None = None

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
            config["sasl.mechanism"] = self.sasl_mechanism
            config["sasl.username"] = self.sasl_username or ""
            password = self.sasl_password
            config["sasl.password"] = password.get_secret_value() if password else ""
        return config


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


class HttpSettings(Section):
    """The addresses that the services listen on; with port 0 the collector serves no metrics."""

    host: Annotated[str, AfterValidator(read_host)] = "127.0.0.1"
    port: int = Field(8081, ge=0, le=65_535)
    allowed_hosts: Annotated[tuple[AllowedHost, ...], BeforeValidator(split_commas)] = ()
    max_connections: int | None = Field(None, ge=1)
    max_connections_per_address: int | None = Field(None, ge=1)
    trusted_proxies: Annotated[tuple[Network, ...], BeforeValidator(split_commas)] = ()
    collector_metrics_port: int = Field(0, ge=0, le=65_535)


def _read_plaintext_host(text: str) -> str:
    return read_host(text).lower()


class SecuritySettings(Section):
    """Whether connections to other machines may be without TLS."""

    require_tls: bool = False
    plaintext_hosts: Annotated[
        tuple[Annotated[str, AfterValidator(_read_plaintext_host)], ...],
        BeforeValidator(split_commas),
    ] = ()


class LogSettings(Section):
    """The level and the format of the log."""

    level: LogLevel = "info"
    format: LogFormat = "auto"
