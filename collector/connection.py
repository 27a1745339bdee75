"""Builds the client of OpenSky and the governor of its credits from the settings."""

import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from collector.clock import Clock
from collector.credentials import Credentials
from collector.credits import Governor
from collector.opensky import OpenSky, timeouts
from collector.settings import OpenSkySettings
from configuration.errors import SettingsError

if TYPE_CHECKING:
    from collector.access_token import AccessToken


def check_urls(settings: OpenSkySettings) -> None:
    """Refuse what is no address.

    Raises:
        SettingsError: Names the setting.
    """
    for name in ("api_url", "token_url"):
        url = urlsplit(getattr(settings, name))
        if url.scheme not in {"https", "http"} or not url.hostname:
            raise SettingsError(
                f"opensky.{name} {url.geturl()!r}: not a URL like https://host/path"
            )


def make_governor(
    settings: OpenSkySettings, credentials: Credentials | None, clock: Clock
) -> Governor:
    """Return a governor that knows nothing yet of the credits that are left."""
    return Governor(
        clock=clock,
        is_authenticated=credentials is not None,
        credits_per_day=settings.credits_per_day,
        reserve_share=settings.credit_reserve,
        floor_seconds=settings.min_poll_interval_seconds,
    )


@contextlib.asynccontextmanager
async def open_opensky(
    settings: OpenSkySettings, credentials: Credentials | None, clock: Clock
) -> AsyncIterator[OpenSky]:
    """Give a client, with tokens if there are credentials, and close its connections."""
    access_token = None if credentials is None else _access_token(settings, credentials, clock)
    opensky = OpenSky(settings=settings, access_token=access_token, clock=clock)
    try:
        yield opensky
    finally:
        await opensky.close()
        if access_token is not None:
            await access_token.close()


def _access_token(
    settings: OpenSkySettings, credentials: Credentials, clock: Clock
) -> "AccessToken":
    # authlib and cryptography take 6 MB, which only a collector with credentials needs.
    from collector.access_token import AccessToken  # noqa: PLC0415

    return AccessToken(
        credentials=credentials,
        token_url=settings.token_url,
        timeout=timeouts(settings),
        clock=clock,
    )
