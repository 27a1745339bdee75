"""config.yaml and the environment, read into typed and frozen settings."""

import ipaddress
import os
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, YamlConfigSettingsSource

from configuration.database_url import check_url
from configuration.errors import explain, fields_below, place_of
from configuration.http_address import is_loopback, read_host
from configuration.logs import LogFormat, LogLevel


class SettingsError(Exception):
    """The settings cannot be used: tell the user which and what is allowed, then stop."""


def _split_commas(value: object) -> object:
    """Take `a,b` for a list, which is how an environment variable writes one."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


def _parse_yaml(value: object) -> object:
    """Take YAML or JSON text for a structure, which is how an environment variable writes one."""
    return yaml.safe_load(value) if isinstance(value, str) else value


def _check_confidential(url: str) -> str:
    """Refuse a URL whose answer somebody on the way could replace."""
    parts = urlsplit(url)
    is_local = parts.scheme == "http" and is_loopback(parts.hostname or "")
    if not parts.hostname or not (parts.scheme == "https" or is_local):
        raise ValueError("https:// is needed; http:// only for localhost, 127.0.0.1 and [::1]")
    return url


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


class Area(_Section):
    """A box of latitudes and longitudes in degrees; it may not cross the antimeridian."""

    name: str = Field(pattern=r"^[a-z0-9_-]{1,32}$")
    lamin: float = Field(ge=-90, le=90)
    lomin: float = Field(ge=-180, le=180)
    lamax: float = Field(ge=-90, le=90)
    lomax: float = Field(ge=-180, le=180)

    def model_post_init(self, _context: object) -> None:
        """Refuse an empty or inverted box."""
        if self.lamin >= self.lamax or self.lomin >= self.lomax:
            raise ValueError(
                f"area {self.name}: lamin < lamax and lomin < lomax are needed; "
                "split a box that crosses the antimeridian in two"
            )


class OpenSkySettings(_Section):
    """Where OpenSky is, who asks, for what and how often."""

    api_url: str = "https://opensky-network.org/api"
    token_url: str = (
        "https://auth.opensky-network.org/auth/realms/opensky-network"  # noqa: S105 - a URL
        "/protocol/openid-connect/token"
    )
    credentials_file: Path | None = None
    client_id: str | None = None
    client_secret: SecretStr | None = None
    areas: Annotated[tuple[Area, ...], BeforeValidator(_parse_yaml)] = ()
    extended: bool = True
    min_poll_interval_seconds: float = Field(10, ge=1, le=86_400)
    credits_per_day: int | None = Field(None, ge=1)
    credit_reserve: float = Field(0.05, ge=0, lt=1)
    connect_timeout_seconds: float = Field(5, gt=0, le=60)
    read_timeout_seconds: float = Field(30, gt=0, le=300)
    max_attempts: int = Field(3, ge=1, le=10)
    max_answer_bytes: int = Field(64 * 1024 * 1024, ge=1024)
    max_back_fill_seconds: int = Field(3600, ge=0, le=3600)


class KafkaSettings(_Section):
    """The broker and the topic between collector and processor."""

    bootstrap_servers: str = Field("localhost:9092", min_length=1)
    topic: str = Field("telemetry.raw", pattern=r"^[a-zA-Z0-9._-]{1,249}$")
    group_id: str = Field("flight-monitor-archive", min_length=1)
    group_protocol: Literal["classic", "consumer"] = "classic"
    partitions: int = Field(12, ge=1, le=1000)
    replication_factor: int = Field(1, ge=1, le=9)
    retention_hours: int = Field(72, ge=1)
    compression: Literal["none", "gzip", "snappy", "lz4", "zstd"] = "zstd"
    delivery_timeout_seconds: int = Field(120, ge=1)
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    sasl_username: str | None = None
    sasl_password: SecretStr | None = None
    ssl_ca_file: Path | None = None

    def connection(self) -> dict[str, str | int | float | bool]:
        """Return what every librdkafka client of ours needs to reach the broker."""
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


MAX_DAYS = 36_500
"""A century: so many days back from any date of ours is a date that databases know."""


class DatabaseSettings(_Section):
    """The database that keeps the history."""

    url: SecretStr = SecretStr("postgresql://flights@localhost:5432/flights")
    connect_timeout_seconds: float = Field(10, ge=1, le=120)
    statement_timeout_seconds: float = Field(30, ge=1, le=3600)
    retention_days: int = Field(30, ge=0, le=MAX_DAYS)
    minutely_retention_days: int = Field(365, ge=0, le=MAX_DAYS)
    flight_retention_days: int = Field(0, ge=0, le=MAX_DAYS)
    dead_letter_retention_days: int = Field(90, ge=0, le=MAX_DAYS)
    dead_letter_max_rows: int = Field(200_000, ge=20_000, le=10_000_000)
    dead_letter_max_megabytes: int = Field(1_000, ge=100, le=1_000_000)
    chunk_rows: int = Field(25_000_000, ge=1_000)
    compress_after_days: int = Field(4, ge=0, le=MAX_DAYS)

    @field_validator("url")
    @classmethod
    def _check_url(cls, url: SecretStr) -> SecretStr:
        check_url(url.get_secret_value())
        return url


class ArchiveSettings(_Section):
    """How state vectors are gathered into transactions."""

    max_batch_messages: int = Field(12_000, ge=1, le=200_000)
    max_batch_age_seconds: float = Field(1.0, gt=0, le=60)
    idle_seconds: float = Field(0.05, gt=0, le=5)
    pause_after_seconds: float = Field(5, gt=0, le=120)
    session_timeout_seconds: int = Field(45, ge=6, le=300)
    max_invalid_consecutive: int = Field(1_000, ge=1)
    max_invalid_ratio: float = Field(0.5, gt=0, le=1)


class HistorySettings(_Section):
    """How much of the history one request may ask for."""

    max_connections: int = Field(16, ge=4, le=100)
    client_share: float = Field(0.5, gt=0, le=1)
    statement_timeout_seconds: float = Field(30, ge=0.1, le=3600)
    max_window_days: int = Field(31, ge=1)
    max_rows: int = Field(100_000, ge=1)
    page_rows: int = Field(100, ge=1, le=1_000)
    max_replays: int = Field(50, ge=1)
    max_replays_per_principal: int = Field(10, ge=1)
    max_replays_per_address: int = Field(10, ge=1)
    max_export_seconds: float = Field(900, gt=0)
    min_export_bytes_per_second: int = Field(20_000, ge=0)


class LiveSettings(_Section):
    """How the living picture is kept."""

    expiry_seconds: int = Field(300, ge=1, le=86_400)
    resume_window_seconds: int = Field(300, ge=0, le=86_400)
    tick_seconds: float = Field(1.0, gt=0, le=60)
    quiet_seconds: float = Field(0.1, gt=0, le=5)


class SseSettings(_Section):
    """How the stream is served to browsers."""

    allowed_origins: Annotated[tuple[str, ...], BeforeValidator(_split_commas)] = ()
    heartbeat_seconds: float = Field(15, gt=0, le=300)
    write_deadline_seconds: float = Field(30, gt=0, le=300)
    max_viewers: int = Field(5_000, ge=1)
    max_viewers_per_address: int = Field(100, ge=1)
    max_viewers_per_principal: int = Field(20, ge=1)
    max_field_selections: int = Field(32, ge=1)
    max_field_selections_per_address: int = Field(4, ge=1)
    max_field_selections_per_principal: int = Field(4, ge=1)
    max_age_seconds: float = Field(3600, gt=0)
    retry_milliseconds: int = Field(2_000, ge=100, le=60_000)
    drain_seconds: float = Field(3, ge=0, le=60)


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
"""Signatures by key pairs only: with HS256 whoever can check a token could make one."""


class AccessSettings(_Section):
    """Who may read what the processor serves."""

    mode: Literal["loopback", "required", "open"] = "loopback"
    keys_file: Path | None = None
    jwt_issuer: str | None = Field(None, min_length=1)
    jwt_audience: str | None = Field(None, min_length=1)
    jwt_algorithms: Annotated[tuple[JwtAlgorithm, ...], BeforeValidator(_split_commas)] = (
        "RS256",
        "ES256",
        "EdDSA",
        "Ed25519",
    )
    jwks_url: Annotated[str, AfterValidator(_check_confidential)] | None = None
    jwks_file: Path | None = None
    ticket_seconds: int = Field(30, ge=1, le=300)


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


class HttpSettings(_Section):
    """Where the services listen; port 0 for the collector's metrics means nowhere."""

    host: Annotated[str, AfterValidator(read_host)] = "127.0.0.1"
    port: int = Field(8081, ge=0, le=65_535)
    allowed_hosts: Annotated[tuple[AllowedHost, ...], BeforeValidator(_split_commas)] = ()
    max_connections: int | None = Field(None, ge=1)
    max_connections_per_address: int | None = Field(None, ge=1)
    trusted_proxies: Annotated[tuple[Network, ...], BeforeValidator(_split_commas)] = ()
    collector_metrics_port: int = Field(0, ge=0, le=65_535)


def _check_tile_url(url: str) -> str:
    """Refuse what is no template of a tile's address."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("an address with http:// or https:// is needed")
    missing = [part for part in ("{z}", "{x}", "{y}") if part not in url]
    if missing:
        raise ValueError(f"{', '.join(missing)} must stand in it, for which tile is asked for")
    return url


class PageSettings(_Section):
    """What the page at / shows besides the aircraft."""

    tile_url: Annotated[str, AfterValidator(_check_tile_url)] | None = None
    tile_attribution: str = ""

    @property
    def tile_origin(self) -> str | None:
        """Whose tiles the page may fetch."""
        if self.tile_url is None:
            return None
        parts = urlsplit(self.tile_url)
        return f"{parts.scheme}://{parts.netloc}"


def _read_plaintext_host(text: str) -> str:
    return read_host(text).lower()


class SecuritySettings(_Section):
    """Whether connections to other machines may go without TLS."""

    require_tls: bool = False
    plaintext_hosts: Annotated[
        tuple[Annotated[str, AfterValidator(_read_plaintext_host)], ...],
        BeforeValidator(_split_commas),
    ] = ()


class LogSettings(_Section):
    """What is logged, and how."""

    level: LogLevel = "info"
    format: LogFormat = "auto"


class Settings(BaseSettings):
    """Every setting of both services. `config.yaml` says why each default is what it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")  # type: ignore[assignment]

    opensky: OpenSkySettings = OpenSkySettings()
    kafka: KafkaSettings = KafkaSettings()
    database: DatabaseSettings = DatabaseSettings()
    archive: ArchiveSettings = ArchiveSettings()
    history: HistorySettings = HistorySettings()
    live: LiveSettings = LiveSettings()
    sse: SseSettings = SseSettings()
    http: HttpSettings = HttpSettings()
    access: AccessSettings = AccessSettings()
    page: PageSettings = PageSettings()
    security: SecuritySettings = SecuritySettings()
    log: LogSettings = LogSettings()


class _EnvironmentSource(PydanticBaseSettingsSource):
    """`SECTION_KEY` variables that are not empty.

    Those of other programs, such as `KAFKA_HEAP_OPTS`, are not ours.
    """

    def get_field_value(self, _field: object, field_name: str) -> tuple[Any, str, bool]:
        values = {
            key: os.environ[name]
            for key in fields_below(Settings, [field_name])
            if os.environ.get(name := f"{field_name}_{key}".upper())
        }
        return values, field_name, False

    def __call__(self) -> dict[str, Any]:
        values = {name: self.get_field_value(None, name)[0] for name in Settings.model_fields}
        return {name: section for name, section in values.items() if section}


def load_settings(config_file: Path | None = None) -> Settings:
    """Read the defaults, over them the file, over that the environment.

    Args:
        config_file: By default `config.yaml` in the current folder, if there is one.

    Raises:
        SettingsError: Naming every key at fault, its value and what is allowed.
    """
    if config_file is not None and not config_file.is_file():
        raise SettingsError(f"{config_file}: no such file; --config takes a config.yaml's path")

    class _Sourced(Settings):
        @classmethod
        def settings_customise_sources(
            cls, settings_cls: type[BaseSettings], *_args: object, **_sources: object
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            yaml_file = config_file or Path("config.yaml")
            return (
                _EnvironmentSource(settings_cls),
                YamlConfigSettingsSource(settings_cls, yaml_file=yaml_file),
            )

    try:
        return _Sourced()
    except ValidationError as error:
        raise SettingsError("\n".join(explain(Settings, item) for item in error.errors())) from None
    except yaml.YAMLError as error:
        raise SettingsError(f"config.yaml is not YAML: {place_of(error)}") from None
