"""A secret is found in every form in which a log could give it away."""

import base64
from urllib.parse import quote

import pytest

from testkit.secret_forms import found_in

SECRET = "pä+ss/wo rd:1%"  # noqa: S105 - invented


@pytest.mark.parametrize("user", ["", "a", "ab", "abc"])
def test_a_basic_authorization_gives_it_away(user: str) -> None:
    """Wherever it begins in the three bytes that Base64 takes together."""
    encoded = base64.b64encode(f"{user}{SECRET}{user}".encode()).decode()
    assert found_in(f"one line\nAuthorization: Basic {encoded}", [SECRET]) != []


@pytest.mark.parametrize("text", [SECRET, quote(SECRET), quote(SECRET, safe=""), f"{SECRET!r}"])
def test_a_url_gives_it_away(text: str) -> None:
    assert found_in(f"postgresql://flights:{text}@localhost/flights", [SECRET]) != []


def test_what_is_no_secret_is_not_found() -> None:
    assert found_in("postgresql://flights:***@localhost/flights", [SECRET]) == []
