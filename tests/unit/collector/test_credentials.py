"""Credentials: both spellings, and one clear sentence for each mistake."""

import json
from pathlib import Path

import pytest
from pydantic import SecretStr

from collector.credentials import Credentials, find_credentials
from collector.settings import OpenSkySettings
from configuration.errors import SettingsError

EXPECTED = Credentials(client_id="me-api-client", client_secret="hush")  # noqa: S106 - invented


def from_file(path: Path, content: object) -> Credentials | None:
    """Write the content and read it as credentials."""
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return find_credentials(OpenSkySettings(credentials_file=path))


@pytest.mark.parametrize(
    "content",
    [
        {"clientId": "me-api-client", "clientSecret": "hush"},
        {"client_id": "me-api-client", "client_secret": "hush", "note": 1},
        {"clientId": " me-api-client ", "client_secret": "hush\n"},
    ],
)
def test_reads_the_account_page_s_file_in_both_spellings(tmp_path: Path, content: object) -> None:
    """OpenSky's own is camelCase, OAuth's is snake_case."""
    assert from_file(tmp_path / "credentials.json", content) == EXPECTED


@pytest.mark.parametrize(
    "content",
    [
        "not json",
        "",
        [],
        "null",
        {},
        {"clientId": "me"},
        {"clientId": "me", "clientSecret": ""},
        {"clientId": "me", "clientSecret": 7},
        {"clientId": None, "clientSecret": "hush"},
        "[" * 100_000,
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_a_remedy(tmp_path: Path, content: object) -> None:
    """One line, and nothing of the secret."""
    path = tmp_path / "credentials.json"
    with pytest.raises(SettingsError) as caught:
        from_file(path, content)
    assert str(path) in str(caught.value)
    assert "my-opensky/account" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("name", ["missing.json", ""])
def test_a_missing_file_or_a_folder_is_named(tmp_path: Path, name: str) -> None:
    """With the system's own word for it."""
    with pytest.raises(SettingsError, match="cannot be read"):
        find_credentials(OpenSkySettings(credentials_file=tmp_path / name))


def test_takes_them_out_of_the_settings() -> None:
    """Instead of the file."""
    settings = OpenSkySettings(client_id="me-api-client", client_secret=SecretStr("hush"))
    assert find_credentials(settings) == EXPECTED


def test_none_at_all_is_anonymous_access() -> None:
    """Which is allowed."""
    assert find_credentials(OpenSkySettings()) is None


@pytest.mark.parametrize(
    ("settings", "missing"),
    [
        (OpenSkySettings(client_id="me"), "client_secret"),
        (OpenSkySettings(client_secret=SecretStr("hush")), "client_id"),
        (OpenSkySettings(client_id="", client_secret=SecretStr("hush")), "client_id"),
    ],
)
def test_half_of_them_is_an_error(settings: OpenSkySettings, missing: str) -> None:
    """Falling back to anonymous access would hide the mistake."""
    with pytest.raises(SettingsError, match=f"opensky.{missing} is missing"):
        find_credentials(settings)


def test_the_file_and_the_settings_together_are_an_error(tmp_path: Path) -> None:
    """It would be unclear which of them is used."""
    settings = OpenSkySettings(credentials_file=tmp_path / "x", client_id="me")
    with pytest.raises(SettingsError, match="both set"):
        find_credentials(settings)
