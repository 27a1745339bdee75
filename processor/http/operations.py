"""Serve `/health`, `/ready` and `/metrics` before the other routes are loaded."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from processor.access.errors import AccessError
from processor.access.gate import Gate
from processor.access.principal import METRICS
from processor.http.access.admission import admit
from processor.http.access.error_responses import respond_not_admitted
from processor.http.access.root_path import route_path
from processor.http.health import ALIVE, Health, respond_metrics, respond_ready
from processor.http.middleware import HttpOptions, add_middleware
from processor.http.request_metrics import CountedRequests, RequestMetrics
from processor.http.server.default_headers import DefaultHeaders

OPERATIONS = frozenset(
    {
        *(("GET", "/health"), ("HEAD", "/health")),
        *(("GET", "/ready"), ("HEAD", "/ready")),
        ("GET", "/metrics"),
    }
)
"""Method and path of the requests of orchestrators and Prometheus that `health_routes` answers."""

App = TypeVar("App", bound=ASGIApp)


def create_operations(
    health: Health, gate: Gate, options: HttpOptions, requests: RequestMetrics
) -> ASGIApp:
    """Create the application for `OPERATIONS`, which responds as `health_routes` does."""

    async def alive(_request: Request) -> Response:
        return JSONResponse(ALIVE)

    async def ready(request: Request) -> Response:
        return respond_ready(request, health)

    async def metrics(request: Request) -> Response:
        try:
            await admit(gate, METRICS, request)
        except AccessError as error:
            return await respond_not_admitted(request, error)
        return respond_metrics(health)

    app = Starlette(
        routes=[Route("/health", alive), Route("/ready", ready), Route("/metrics", metrics)]
    )
    add_middleware(app, options)
    for method, path in OPERATIONS:
        requests.show(path, [method])
    return DefaultHeaders(CountedRequests(app, requests))


class DeferredApp(Generic[App]):
    """Serves `OPERATIONS` at once, and loads the application that serves all other requests.

    FastAPI and the routes take a third of the processor's start and 10 MB. An archive that only
    stores never needs them, and an orchestrator gets its answers before they are loaded.

    Args:
        operations: Serves `OPERATIONS`.
        load: Makes the application; it is called once.
    """

    def __init__(self, operations: ASGIApp, load: Callable[[], Awaitable[App]]) -> None:
        self._operations = operations
        self._load = load
        self._loading: asyncio.Future[App] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        is_operation = "path" in scope and (scope.get("method"), route_path(scope)) in OPERATIONS
        app = self._operations if is_operation else await self.loaded()
        await app(scope, receive, send)

    async def loaded(self) -> App:
        """Return the application; the first call loads it."""
        if self._loading is None:
            self._loading = asyncio.ensure_future(self._load())
        # A client that disconnects must not cancel what others wait for.
        return await asyncio.shield(self._loading)
