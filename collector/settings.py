"""The settings of the collector: the section `opensky`, and the sections that it shares."""

from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr

from configuration.loading import ServiceSettings
from configuration.section import Section, parse_yaml
from configuration.transport_security import PlaintextConnection, find_plaintext_url


class Area(Section):
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


class OpenSkySettings(Section):
    """OpenSky's addresses, the credentials, the areas, and the limits of the requests."""

    api_url: str = "https://opensky-network.org/api"
    token_url: str = (
        "https://auth.opensky-network.org/auth/realms/opensky-network"  # noqa: S105 - a URL
        "/protocol/openid-connect/token"
    )
    credentials_file: Path | None = None
    client_id: str | None = None
    client_secret: SecretStr | None = None
    areas: Annotated[tuple[Area, ...], BeforeValidator(parse_yaml)] = ()
    extended: bool = True
    min_poll_interval_seconds: float = Field(10, ge=1, le=86_400)
    credits_per_day: int | None = Field(None, ge=1)
    credit_reserve: float = Field(0.05, ge=0, lt=1)
    connect_timeout_seconds: float = Field(5, gt=0, le=60)
    read_timeout_seconds: float = Field(30, gt=0, le=300)
    max_attempts: int = Field(3, ge=1, le=10)
    max_answer_bytes: int = Field(64 * 1024 * 1024, ge=1024)
    max_back_fill_seconds: int = Field(3600, ge=0, le=3600)


def find_plaintext_opensky(settings: OpenSkySettings) -> list[PlaintextConnection]:
    """Return the connections to OpenSky that would carry the client's secret without TLS."""
    return [
        *find_plaintext_url("opensky.api_url", settings.api_url),
        *find_plaintext_url("opensky.token_url", settings.token_url),
    ]


class CollectorSettings(ServiceSettings):
    """Every setting that the collector reads. `config.yaml` gives the reason of each default."""

    opensky: OpenSkySettings = OpenSkySettings()
