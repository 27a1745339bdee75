"""Every response of every route forbids sniffing and storing, and names no server."""

import asyncio
from collections.abc import AsyncIterator, Mapping

import httpx2
import pytest
from fastapi import APIRouter

from configuration.shared_sections import AccessSettings
from processor.http.server.default_headers import with_default_headers
from processor.http.server.server import create_server, listen
from processor.service import Service
from processor.settings import DatabaseSettings, ProcessorSettings

SETTINGS = ProcessorSettings(
    database=DatabaseSettings.model_validate({"url": "postgresql://x@127.0.0.1:1/x"})
)
PAGE_ASSETS = {"/", "/icon.svg", "/assets/{name}"}
"""Paths whose responses set their own caching."""


def _fault() -> None:
    raise RuntimeError("a fault that no route has foreseen")


def _faulty() -> APIRouter:
    router = APIRouter()
    router.get("/fault")(_fault)
    return router


@pytest.fixture(params=["loopback", "required"])
async def site(
    request: pytest.FixtureRequest,
) -> AsyncIterator[tuple[httpx2.AsyncClient, set[str]]]:
    """The application as the service builds it, and the paths of its routes."""
    access = AccessSettings(mode=request.param)
    if request.param == "required":
        access = AccessSettings(
            mode="required",
            jwt_issuer="https://x",
            jwt_audience="x",
            jwks_url="https://localhost:1",
        )
    service = Service(SETTINGS.model_copy(update={"access": access}), "all")
    app = service._app("127.0.0.1")
    full = await app.loaded()
    full.include_router(_faulty())
    listener = listen("127.0.0.1", 0, write_deadline_seconds=30)
    server = create_server(app)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    async with httpx2.AsyncClient(base_url=url) as client:
        yield client, set(full.openapi()["paths"]) | PAGE_ASSETS | {"/page.json"}
    server.should_exit = True
    await serving


def _verify(headers: Mapping[str, str], path: str) -> None:
    assert headers["x-content-type-options"] == "nosniff", path
    assert "server" not in headers, path
    if path in PAGE_ASSETS:
        assert headers["cache-control"], path
    else:
        assert "no-store" in headers["cache-control"], path


async def test_every_route(site: tuple[httpx2.AsyncClient, set[str]]) -> None:
    """Each method is tried, whether it responds with data, an error or a refusal."""
    client, paths = site
    assert len(paths) > 15
    for path in sorted(paths):
        for method in ("GET", "HEAD", "POST", "DELETE", "OPTIONS"):
            asked = path.replace("{icao24}", "4b1814").replace("{", "").replace("}", "")
            async with client.stream(method, asked) as answer:
                _verify(answer.headers, path)


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/nothing", {}, 404),
        ("/fault", {}, 500),
        ("/api/flights", {"host": "evil.example"}, 400),
        ("/openapi.json", {}, 200),
    ],
)
async def test_errors(
    site: tuple[httpx2.AsyncClient, set[str]], path: str, headers: dict[str, str], status: int
) -> None:
    """Errors that no route raises have the headers too."""
    answer = await site[0].get(path, headers=headers)
    assert answer.status_code == status
    _verify(answer.headers, path)


def test_what_a_route_sets_stays() -> None:
    """The case of the name does not matter, and no header is repeated."""
    headers = [(b"Cache-Control", b"no-cache"), (b"X-Content-Type-Options", b"nosniff")]
    assert with_default_headers(headers) == headers
