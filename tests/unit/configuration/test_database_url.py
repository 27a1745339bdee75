"""The database's URL is shown and complained about without any part of its password."""

import pytest

from configuration.database_url import check_url, has_password, without_password
from configuration.errors import SettingsError
from configuration.loading import load_settings
from standalone.settings import AllSettings

UNREADABLE = [
    "mysql://me:secret@db/x",
    "postgresql://me:se@cret@db/x",
    "postgresql://me:se/cret@db/x",
    "postgresql://me:se?cret@db/x",
    "postgresql://me:se#cret@db/x",
    "postgresql://me:secret@[::1/x",
    "postgresql://me:secret@db:secret/x",
    "postgresql://me:secret@db/x?secret",
    "postgresql://me:[secret]@db/x",
]


@pytest.mark.parametrize("url", UNREADABLE)
def test_what_cannot_be_read_is_refused_without_quoting_it(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A special character in a password is the commonest mistake, and its error goes to logs."""
    monkeypatch.setenv("DATABASE_URL", url)
    with pytest.raises(SettingsError) as refused:
        load_settings(AllSettings)
    assert "database.url: (not shown)" in str(refused.value)
    assert "cret" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://flights@localhost:5432/flights",
        "postgres://flights:p%40ss%2F@a.example,b.example:5433,[::1]:1/flights?sslmode=require",
        "postgresql://flights@%2Fvar%2Frun%2Fpostgresql/flights",
        "postgresql:///flights?host=/tmp&passfile=/root/.pgpass",
        "postgresql://",
    ],
)
def test_what_can_be_read_is_accepted(url: str) -> None:
    """All that the driver takes."""
    check_url(url)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://me:secret@db:1/x?a=b", "postgresql://me@db:1/x?a=b"),
        ("postgresql://me@db/x", "postgresql://me@db/x"),
        ("postgresql://me@db/x?passfile=/p", "postgresql://me@db/x?passfile=/p"),
        ("postgresql://db/x?user=me&password=secret&a=b", "postgresql://db/x?user=me&a=b"),
        ("postgresql://db/x?password=secret", "postgresql://db/x"),
        ("postgresql://db/x?sslpassword=secret", "postgresql://db/x"),
        *(
            (url, None)
            for url in UNREADABLE
            if "@" in url and "?secret" not in url and ":secret/" not in url
        ),
    ],
)
def test_password_is_left_out(url: str, shown: str | None) -> None:
    """Also of a URL that no program could read."""
    bare = without_password(url)
    assert shown is None or bare == shown
    assert "cret" not in bare
    assert has_password(url) == (bare != url)
