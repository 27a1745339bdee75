"""What is served before the routes are loaded responds as the routes do."""

import asyncio
from collections.abc import AsyncIterator

import httpx2
import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry, Counter

from configuration.shared_sections import AccessSettings
from processor.access.gate import create_gate
from processor.http.app import create_app
from processor.http.health import Health
from processor.http.health_routes import health_routes
from processor.http.middleware import HttpOptions
from processor.http.operations import OPERATIONS, DeferredApp, create_operations
from processor.http.request_metrics import RequestMetrics

ORIGIN = "https://page.example"
OPTIONS = HttpOptions([ORIGIN], ["localhost"])
SETTINGS = {
    "loopback": AccessSettings(),
    "required": AccessSettings(
        mode="required",
        jwt_issuer="https://localhost:1",
        jwt_audience="x",
        jwks_url="https://localhost:1",
    ),
}


class _Site:
    """An application, with and without what is served before it is loaded."""

    def __init__(self, access: AccessSettings) -> None:
        registry = CollectorRegistry()
        Counter("things", "Things.", registry=registry).inc(3)
        health = Health({"good": lambda: None, "bad": lambda: "why"}, {}, registry)
        self._health, self._gate = health, create_gate(access)
        self.n_loads = 0
        self.is_loading = asyncio.Event()
        self.may_load = asyncio.Event()
        self.may_load.set()
        requests = RequestMetrics(CollectorRegistry())
        operations = create_operations(health, self._gate, OPTIONS, requests)
        self.deferred = DeferredApp(operations, self._load)

    async def _load(self) -> FastAPI:
        self.n_loads += 1
        self.is_loading.set()
        await self.may_load.wait()
        return self.create()

    def create(self) -> FastAPI:
        """Create the application with all routes."""
        return create_app(
            routers=[health_routes(self._health, self._gate)],
            allowed_origins=OPTIONS.allowed_origins,
            accepted_hosts=OPTIONS.accepted_hosts,
        )


@pytest.fixture(params=SETTINGS)
def site(request: pytest.FixtureRequest) -> _Site:
    return _Site(SETTINGS[request.param])


@pytest.fixture
async def clients(site: _Site) -> AsyncIterator[tuple[httpx2.AsyncClient, httpx2.AsyncClient]]:
    """A client of the deferred application, and one of the application itself."""
    async with (
        httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=site.deferred), base_url="http://localhost"
        ) as first,
        httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=site.create()), base_url="http://localhost"
        ) as second,
    ):
        yield first, second


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS"])
@pytest.mark.parametrize("path", ["/health", "/ready", "/metrics", "/ready/", "/nothing"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"host": "other.example"},
        {"origin": ORIGIN, "access-control-request-method": "GET"},
        {"authorization": "Bearer nothing"},
    ],
    ids=lambda headers: next(iter(headers), "plain"),
)
async def test_responses_do_not_depend_on_what_is_loaded(
    site: _Site,
    clients: tuple[httpx2.AsyncClient, httpx2.AsyncClient],
    method: str,
    path: str,
    headers: dict[str, str],
) -> None:
    """Status, headers and body are the same; only other requests load the application."""
    first, second = [await each.request(method, path, headers=headers) for each in clients]
    assert (first.status_code, first.content) == (second.status_code, second.content)
    assert sorted(first.headers.multi_items()) == sorted(second.headers.multi_items())
    assert site.n_loads == ((method, path) not in OPERATIONS)


async def test_the_application_is_loaded_once_for_all_that_wait(
    site: _Site, clients: tuple[httpx2.AsyncClient, httpx2.AsyncClient]
) -> None:
    """Probes are answered meanwhile, and a client that disconnects changes nothing for others."""
    site.may_load.clear()
    waiting = [asyncio.create_task(clients[0].get("/openapi.json")) for _ in range(3)]
    await site.is_loading.wait()
    assert (await clients[0].get("/health")).json() == {"status": "alive"}
    waiting[0].cancel()
    await asyncio.wait([waiting[0]])
    site.may_load.set()
    assert [(await each).status_code for each in waiting[1:]] == [200, 200]
    assert site.n_loads == 1
