"""Where a service listens, as people write it, and the URL that opens it."""

import pytest

from configuration.http_address import read_host, url_of


@pytest.mark.parametrize(
    ("written", "bound"),
    [
        ("[::1]", "::1"),
        ("::1", "::1"),
        ("[::]", "::"),
        ("fe80::1%eth0", "fe80::1%eth0"),
        ("127.0.0.1", "127.0.0.1"),
        ("localhost", "localhost"),
        ("flights.example", "flights.example"),
    ],
)
def test_addresses_and_names_are_taken(written: str, bound: str) -> None:
    """IPv6 in brackets too, which is how it stands in every URL."""
    assert read_host(written) == bound


@pytest.mark.parametrize(
    "written",
    ["", "[::1]:8081", "localhost:8081", "http://localhost", "[localhost]", "[::1", "a b"],
)
def test_everything_else_is_refused_with_the_right_spelling(written: str) -> None:
    """An empty one would listen everywhere."""
    with pytest.raises(ValueError, match=r"without port or scheme: 127\.0\.0\.1, ::1"):
        read_host(written)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8081"),
        ("::1", "http://[::1]:8081"),
        ("0.0.0.0", "http://127.0.0.1:8081"),  # noqa: S104 - nothing is bound
        ("::", "http://[::1]:8081"),
        ("fe80::1%eth0", "http://[fe80::1%25eth0]:8081"),
        ("flights.example", "http://flights.example:8081"),
    ],
)
def test_url_can_be_opened(host: str, url: str) -> None:
    """Also where the socket listens everywhere, which is no address to connect to."""
    assert url_of(host, 8081) == url
