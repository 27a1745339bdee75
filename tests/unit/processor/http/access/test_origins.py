"""Which pages may open a WebSocket."""

import pytest

from processor.http.access.origins import is_allowed_origin

HOST = "flights.example:8443"
LISTED = ("https://map.example",)


@pytest.mark.parametrize(
    ("origin", "scheme"),
    [
        (None, "ws"),
        ("https://flights.example:8443", "wss"),
        ("https://flights.example:8443", "https"),
        ("http://flights.example:8443", "ws"),
        ("https://FLIGHTS.example:8443", "wss"),
        ("https://map.example", "ws"),
    ],
)
def test_programs_own_pages_and_listed_ones_are_welcome(origin: str | None, scheme: str) -> None:
    """Programs send no Origin header, and could send any."""
    assert is_allowed_origin(origin, host=HOST, scheme=scheme, allowed=LISTED)


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "https://evil.example",
        "https://flights.example",
        "http://flights.example:8443",
        "https://flights.example:8443.evil.example",
        "https://flights.example:8443/",
        "https://evil.example/?https://map.example",
        "https://map.example.evil.example",
        "https://map.example:443",
        "http://map.example",
        "https://MAP.example",
        "https://x.map.example",
        "map.example",
    ],
)
def test_all_others_are_refused(origin: str) -> None:
    """Another scheme, port or suffix is another site."""
    assert not is_allowed_origin(origin, host=HOST, scheme="wss", allowed=LISTED)


def test_null_is_refused_even_if_listed() -> None:
    """Every sandboxed frame has the origin null."""
    assert not is_allowed_origin("null", host=HOST, scheme="wss", allowed=("null",))


def test_open_data_may_be_open_to_every_page() -> None:
    """CORS with the same setting does the same."""
    assert is_allowed_origin("https://any.example", host=HOST, scheme="ws", allowed=("*",))
