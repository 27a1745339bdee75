"""The settings of the processor: database, archive, history, live, sse and page."""

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, field_validator

from configuration.database_url import check_url
from configuration.loading import ServiceSettings
from configuration.section import Section, parse_yaml, split_commas

MAX_DAYS = 36_500
"""A century: so many days back from any date of ours is a date that databases know."""


class DatabaseSettings(Section):
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


class ArchiveSettings(Section):
    """How state vectors are gathered into transactions."""

    max_batch_messages: int = Field(12_000, ge=1, le=200_000)
    max_batch_age_seconds: float = Field(1.0, gt=0, le=60)
    idle_seconds: float = Field(0.05, gt=0, le=5)
    pause_after_seconds: float = Field(5, gt=0, le=120)
    session_timeout_seconds: int = Field(45, ge=6, le=300)
    max_invalid_consecutive: int = Field(1_000, ge=1)
    max_invalid_ratio: float = Field(0.5, gt=0, le=1)


class HistorySettings(Section):
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


class LiveSettings(Section):
    """When aircraft expire, how long clients may resume, and when ticks are published."""

    expiry_seconds: int = Field(300, ge=1, le=86_400)
    resume_window_seconds: int = Field(300, ge=0, le=86_400)
    tick_seconds: float = Field(1.0, gt=0, le=60)
    quiet_seconds: float = Field(0.1, gt=0, le=5)


class SseSettings(Section):
    """How the stream is served to browsers."""

    allowed_origins: Annotated[tuple[str, ...], BeforeValidator(split_commas)] = ()
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


def _check_tile_url(url: str) -> str:
    """Refuse what is no template of a tile's address."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("an address with http:// or https:// is needed")
    if not re.fullmatch(r"[\w.:\[\]-]+", parts.netloc, re.ASCII):
        raise ValueError(f"{parts.netloc!r} is not one host, with a port or without")
    missing = [part for part in ("{z}", "{x}", "{y}") if part not in url]
    if missing:
        raise ValueError(f"{', '.join(missing)} must stand in it, for which tile is asked for")
    return url


TileUrl = Annotated[str, AfterValidator(_check_tile_url)]

MAX_TILE_LAYERS = 12
"""Base maps that a user can choose from."""


class TileLayer(Section):
    """A base map that users of the page can choose, made of the tiles of a server."""

    name: str = Field(max_length=40, pattern=r"^\S(.*\S)?$")
    url: TileUrl
    attribution: str = ""


def _check_names(layers: tuple[TileLayer, ...]) -> tuple[TileLayer, ...]:
    """Refuse two layers of one name, by which users and links choose one."""
    names = [layer.name for layer in layers]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"{', '.join(twice)}: each layer needs a name of its own")
    return layers


class PageSettings(Section):
    """What the page at / shows besides the aircraft."""

    tile_url: TileUrl | None = None
    tile_attribution: str = ""
    tile_urls: Annotated[
        tuple[TileLayer, ...],
        BeforeValidator(parse_yaml),
        Field(max_length=MAX_TILE_LAYERS),
        AfterValidator(_check_names),
    ] = ()

    @property
    def tile_layers(self) -> tuple[TileLayer, ...]:
        """The base maps made of tiles; the page shows the first one unless its user chooses."""
        if self.tile_url is None:
            return self.tile_urls
        names = {layer.name for layer in self.tile_urls}
        name = next(name for name in ("Map", "Tiles", "tile_url") if name not in names)
        only = TileLayer(name=name, url=self.tile_url, attribution=self.tile_attribution)
        return (only, *self.tile_urls)

    @property
    def tile_origins(self) -> tuple[str, ...]:
        """The origins from which the page may fetch tiles, each once."""
        parts = [urlsplit(layer.url) for layer in self.tile_layers]
        return tuple(dict.fromkeys(f"{one.scheme}://{one.netloc}" for one in parts))


class ProcessorSettings(ServiceSettings):
    """Every setting that the processor reads. `config.yaml` gives the reason of each default."""

    database: DatabaseSettings = DatabaseSettings()
    archive: ArchiveSettings = ArchiveSettings()
    history: HistorySettings = HistorySettings()
    live: LiveSettings = LiveSettings()
    sse: SseSettings = SseSettings()
    page: PageSettings = PageSettings()
