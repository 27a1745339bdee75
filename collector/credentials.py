"""OpenSky's API client credentials, out of the settings or the account page's file."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from collector.settings import OpenSkySettings
from configuration.errors import SettingsError

_SPELLINGS = (("clientId", "client_id"), ("clientSecret", "client_secret"))
_REMEDY = "download it again from https://opensky-network.org/my-opensky/account"


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """An API client of an OpenSky account."""

    client_id: str
    client_secret: str = field(repr=False)


def find_credentials(settings: OpenSkySettings) -> Credentials | None:
    """Return the credentials that the settings name, or None for anonymous access.

    Raises:
        SettingsError: They are incomplete, given twice, or their file cannot be used.
    """
    given = settings.client_id is not None, settings.client_secret is not None
    if settings.credentials_file is not None:
        if any(given):
            raise SettingsError(
                "opensky.credentials_file and opensky.client_id/client_secret are both set: "
                "keep one of the two"
            )
        return _read_file(settings.credentials_file)
    if not any(given):
        return None
    secret = settings.client_secret.get_secret_value().strip() if settings.client_secret else ""
    if not (settings.client_id or "").strip() or not secret:
        missing = "client_secret" if not secret else "client_id"
        raise SettingsError(
            f"opensky.{missing} is missing: set both client_id and client_secret, or neither "
            "for anonymous access"
        )
    return Credentials(client_id=(settings.client_id or "").strip(), client_secret=secret)


def _read_file(path: Path) -> Credentials:
    try:
        content = msgspec.json.decode(path.expanduser().read_bytes())
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise SettingsError(
            f"opensky.credentials_file {path}: cannot be read ({reason}); give the path of the "
            "credentials.json from OpenSky's account page"
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise SettingsError(f"opensky.credentials_file {path}: is not JSON; {_REMEDY}") from None
    if not isinstance(content, dict):
        raise SettingsError(f"opensky.credentials_file {path}: is no JSON object; {_REMEDY}")
    client_id, client_secret = (_text(path, content, names) for names in _SPELLINGS)
    return Credentials(client_id=client_id, client_secret=client_secret)


def _text(path: Path, content: dict[str, Any], names: tuple[str, str]) -> str:
    values = [content[name] for name in names if name in content]
    if not values or not isinstance(values[0], str) or not values[0].strip():
        raise SettingsError(
            f"opensky.credentials_file {path}: {names[0]} (or {names[1]}) is missing, empty or no "
            f"text; {_REMEDY}"
        )
    return values[0].strip()
