"""Create the HTTP application: routes, error responses and middleware."""

from collections.abc import Iterable, Sequence

from fastapi import APIRouter, FastAPI
from fastapi.routing import iter_route_contexts
from starlette.types import ASGIApp

from processor.access.errors import AccessError
from processor.access.slots import OverloadedError
from processor.http.access.error_responses import (
    INVALID_HOST,
    respond_not_admitted,
    respond_overloaded,
)
from processor.http.dependencies import Routes, add_routes
from processor.http.history.error_responses import HISTORY_ERRORS
from processor.http.middleware import HttpOptions, add_middleware
from processor.http.request_metrics import WEBSOCKET, CountedRequests, RequestMetrics
from processor.http.server.default_headers import DefaultHeaders
from processor.http.stream.request import respond_invalid_filter
from processor.stream.filter import FilterError


class _App(FastAPI):
    """Counts and adds the default headers to every response, also to those of unhandled errors."""

    requests: RequestMetrics | None = None

    def build_middleware_stack(self) -> ASGIApp:
        """Put the count and the default headers around all other middleware."""
        app = super().build_middleware_stack()
        return DefaultHeaders(app if self.requests is None else CountedRequests(app, self.requests))


def create_app(
    *,
    routers: Iterable[Routes | APIRouter],
    allowed_origins: Sequence[str],
    accepted_hosts: Sequence[str] = (),
    write_deadline_seconds: float = 30,
    requests: RequestMetrics | None = None,
) -> FastAPI:
    """Create the application of one process.

    Args:
        routers: The routes to serve.
        allowed_origins: Other origins whose pages may read the responses.
        accepted_hosts: The names that the Host header may give; empty accepts every name.
        write_deadline_seconds: How long a client may take to read each chunk of a large response.
        requests: Counts the requests; None counts none.
    """
    app = _App(
        title="OpenSky Flight Monitor",
        description="Data of The OpenSky Network, https://opensky-network.org",
        openapi_url="/openapi.json",
        docs_url=None,
        redoc_url=None,
        responses=INVALID_HOST,
    )
    for each in routers:
        add_routes(app, each)
    app.exception_handler(AccessError)(respond_not_admitted)
    app.exception_handler(OverloadedError)(respond_overloaded)
    app.exception_handler(FilterError)(respond_invalid_filter)
    for error, handler in HISTORY_ERRORS.items():
        app.exception_handler(error)(handler)
    if requests is not None:
        app.requests = requests
        for route in iter_route_contexts(app.routes):
            requests.show(route.path or "", route.methods or {WEBSOCKET})
    add_middleware(app, HttpOptions(allowed_origins, accepted_hosts, write_deadline_seconds))
    return app
