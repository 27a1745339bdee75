"""The files of the page, and the servers that its policy allows."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from pydantic import ValidationError
from starlette.testclient import TestClient

from configuration.loading import load_settings
from processor.http.dependencies import add_routes
from processor.http.page import page_routes
from processor.settings import PageSettings, ProcessorSettings

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
        "tile_layers": [],
        "heartbeat_seconds": 15,
    }
    other = client_of(built, TILES, needs_key=True)
    assert (
        "connect-src 'self' https://tiles.example.org;"
        in other.get("/").headers["content-security-policy"]
    )
    only = {"name": "Map", "url": TILES.tile_url, "attribution": "Example"}
    assert other.get("/page.json").json() == {
        "needs_key": True,
        "tiles": only,
        "tile_layers": [only],
        "heartbeat_seconds": 15,
    }


def test_several_base_maps(built: Path) -> None:
    """Each has its name, the policy names each server once, and the old setting comes first."""
    layers = [
        {"name": "Streets", "url": "https://one.example.org/{z}/{x}/{y}.png", "attribution": "One"},
        {"name": "Map", "url": "https://two.example.org:8443/{z}/{x}/{y}"},
        {"name": "Charts", "url": "https://one.example.org/charts/{z}/{x}/{y}.png"},
    ]
    settings = PageSettings.model_validate({"tile_urls": layers})
    client = client_of(built, settings)
    configuration = client.get("/page.json").json()
    assert [layer["name"] for layer in configuration["tile_layers"]] == ["Streets", "Map", "Charts"]
    assert configuration["tiles"] == configuration["tile_layers"][0] == layers[0]
    policy = client.get("/").headers["content-security-policy"]
    servers = "https://one.example.org https://two.example.org:8443"
    assert f"connect-src 'self' {servers};" in policy
    assert f"img-src 'self' data: {servers};" in policy
    both = client_of(built, settings.model_copy(update={"tile_url": TILES.tile_url}))
    names = [layer["name"] for layer in both.get("/page.json").json()["tile_layers"]]
    assert names == ["Tiles", "Streets", "Map", "Charts"]


def test_base_maps_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """One variable holds the list as YAML or JSON."""
    monkeypatch.setenv("PAGE_TILE_URLS", '[{name: A, url: "https://a.org/{z}/{x}/{y}"}]')
    (layer,) = load_settings(ProcessorSettings).page.tile_urls
    assert (layer.name, layer.url) == ("A", "https://a.org/{z}/{x}/{y}")


@pytest.mark.parametrize(
    "layer",
    [
        {"name": "A", "url": "https://tiles.example.org/{z}/{x}.png"},
        {"name": "A", "url": "ftp://tiles.example.org/{z}/{x}/{y}"},
        {"name": "A", "url": "https://tiles.example.org; script-src */{z}/{x}/{y}"},
        {"name": "A", "url": "https://user:password@tiles.example.org/{z}/{x}/{y}"},
        {"name": " ", "url": "https://tiles.example.org/{z}/{x}/{y}"},
        {"name": "B" * 41, "url": "https://tiles.example.org/{z}/{x}/{y}"},
        {"url": "https://tiles.example.org/{z}/{x}/{y}"},
    ],
)
def test_base_maps_that_cannot_be_used(layer: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        PageSettings.model_validate({"tile_urls": [layer]})


def test_base_maps_are_few_and_have_different_names() -> None:
    """Users and links choose one by its name."""
    url = "https://tiles.example.org/{z}/{x}/{y}"
    with pytest.raises(ValidationError, match="name of its own"):
        PageSettings.model_validate({"tile_urls": [{"name": "A", "url": url}] * 2})
    many = [{"name": f"Layer {n}", "url": url} for n in range(13)]
    with pytest.raises(ValidationError, match="12"):
        PageSettings.model_validate({"tile_urls": many})


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
