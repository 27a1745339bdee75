"""The files of the page, and the servers that its policy allows."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from processor.http.dependencies import add_routes
from processor.http.page import page_routes
from processor.settings import PageSettings

TILES = PageSettings(
    tile_url="https://tiles.example.org/{z}/{x}/{y}.png", tile_attribution="Example"
)


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """Return a folder as the build leaves it."""
    assets = tmp_path / "assets"
    assets.mkdir()
    for name, content in (
        ("index.html", b"<!doctype html>"),
        ("icon.svg", b"<svg/>"),
        ("assets/index-1a.js", b"plain"),
        ("assets/index-1a.js.br", b"brotli"),
        ("assets/index-1a.js.gz", b"gzip"),
        ("secret.txt", b"not of the page"),
    ):
        (tmp_path / name).write_bytes(content)
    return tmp_path


def client_of(
    built: Path, settings: PageSettings | None = None, *, needs_key: bool = False
) -> TestClient:
    """Serve that folder."""
    app = FastAPI()
    routes = page_routes(
        settings or PageSettings(), needs_key=needs_key, heartbeat_seconds=15, built=built
    )
    add_routes(app, routes)
    return TestClient(app)


@pytest.fixture
def client(built: Path) -> Iterator[TestClient]:
    """Return a client of the folder."""
    with client_of(built) as client:
        yield client


def test_page_is_revalidated_and_assets_are_not(client: TestClient) -> None:
    """A new build is noticed at once, and only changed files are sent."""
    page = client.get("/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["cache-control"] == "no-cache"
    asset = client.head("/assets/index-1a.js")
    assert "immutable" in asset.headers["cache-control"]
    assert "javascript" in asset.headers["content-type"]
    assert client.get("/icon.svg").headers["content-type"] == "image/svg+xml"


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [("gzip, br", "br"), ("gzip", "gzip"), ("br;q=0, gzip;q=0.5", "gzip"), ("identity", None)],
)
def test_smallest_form_that_the_browser_takes(
    client: TestClient, accepted: str, encoding: str | None
) -> None:
    """Files are compressed by the build, never while they are served."""
    answer = client.head("/assets/index-1a.js", headers={"accept-encoding": accepted})
    assert answer.headers.get("content-encoding") == encoding
    assert answer.headers["vary"] == "Accept-Encoding"
    assert int(answer.headers["content-length"]) == len(
        {"br": "brotli"}.get(encoding or "", encoding or "plain")
    )


@pytest.mark.parametrize(
    "path", ["/assets/none.js", "/assets/..%2Fsecret.txt", "/assets/%2E%2E", "/secret.txt"]
)
def test_nothing_else_is_served(client: TestClient, path: str) -> None:
    """Missing files and files beside the page are not served."""
    assert client.get(path).status_code == 404


def test_browser_speaks_to_this_server_only(client: TestClient, built: Path) -> None:
    """If tiles are configured, their server is allowed too."""
    policy = client.get("/").headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "connect-src 'self';" in policy
    assert client.get("/page.json").json() == {
        "needs_key": False,
        "tiles": None,
        "heartbeat_seconds": 15,
    }
    other = client_of(built, TILES, needs_key=True)
    assert (
        "connect-src 'self' https://tiles.example.org;"
        in other.get("/").headers["content-security-policy"]
    )
    assert other.get("/page.json").json() == {
        "needs_key": True,
        "tiles": {"url": TILES.tile_url, "attribution": "Example"},
        "heartbeat_seconds": 15,
    }


def test_page_that_is_not_built_says_how_to_build_it(tmp_path: Path) -> None:
    """It is served as soon as it is built."""
    client = client_of(tmp_path)
    answer = client.get("/")
    assert answer.status_code == 503
    assert "make web" in answer.text
    (tmp_path / "index.html").write_text("<!doctype html>")
    assert client.get("/").status_code == 200


@pytest.mark.parametrize(
    ("url", "reason"),
    [("tiles/{z}/{x}/{y}", "http"), ("https://tiles.example.org/{z}/{x}.png", "{y}")],
)
def test_address_of_tiles_that_cannot_be_one_is_refused(url: str, reason: str) -> None:
    """The error says what is missing."""
    with pytest.raises(ValueError, match=reason):
        PageSettings(tile_url=url)
