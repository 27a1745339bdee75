"""Every answer of every route, whatever it is, forbids sniffing and storing and names no server."""

import asyncio
from collections.abc import AsyncIterator, Mapping

import httpx2
import pytest
from fastapi import APIRouter

from configuration.settings import AccessSettings, DatabaseSettings, Settings
from processor.http.server.default_headers import with_default_headers
from processor.http.server.server import create_server, listen
from processor.service import Service

SETTINGS = Settings(
    database=DatabaseSettings.model_validate({"url": "postgresql://x@127.0.0.1:1/x"})
)
PAGE_ASSETS = {"/", "/icon.svg", "/assets/{name}"}
"""With a caching of their own."""


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
    """The whole application as the service puts it together, and the paths of its routes."""
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
    app.include_router(_faulty())
    listener = listen("127.0.0.1", 0, write_deadline_seconds=30)
    server = create_server(app)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    async with httpx2.AsyncClient(base_url=url) as client:
        yield client, set(app.openapi()["paths"]) | PAGE_ASSETS | {"/page.json"}
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
    """By each method, whether it answers with data, with an error or with a refusal."""
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
    """Also those that no route makes."""
    answer = await site[0].get(path, headers=headers)
    assert answer.status_code == status
    _verify(answer.headers, path)


def test_what_a_route_sets_stays() -> None:
    """In whatever case it is written; nothing stands there twice."""
    headers = [(b"Cache-Control", b"no-cache"), (b"X-Content-Type-Options", b"nosniff")]
    assert with_default_headers(headers) == headers
