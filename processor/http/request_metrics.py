"""Count requests by route, method and class of status."""

from collections.abc import Awaitable, Iterable

from prometheus_client import CollectorRegistry, Counter
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from processor.http.access.root_path import route_path

METHODS = ("GET", "HEAD", "POST", "OPTIONS")
OTHER = "other"
"""Label of any other method, and of a path that no route has: clients can send any number."""

WEBSOCKET = "WEBSOCKET"
"""Label in place of the method; the status is 1xx if the stream was opened."""

EXPECTED = ("2xx", "4xx", "5xx")
"""Classes of status whose series exist from the start."""


class RequestMetrics:
    """The metric of the requests that reach a route."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            "flightmonitor_http_requests",
            "Requests by the path of their route, method and class of status, once the answer"
            " begins. A WebSocket has a method of its own, and 1xx if it was opened.",
            ["route", "method", "status"],
            registry=registry,
        )
        self._fixed_paths: set[str] = set()
        for method in METHODS:
            self._requests.labels(OTHER, method, "4xx")

    def show(self, path: str, methods: Iterable[str]) -> None:
        """Show the series of a route from the start."""
        if "{" not in path:
            self._fixed_paths.add(path)
        for method in methods:
            for status in ("1xx", *EXPECTED[1:]) if method == WEBSOCKET else EXPECTED:
                self._requests.labels(path, method, status)

    def count(self, scope: Scope, status: int) -> None:
        """Count a request whose answer begins."""
        method = WEBSOCKET if scope["type"] == "websocket" else scope["method"]
        known = method if method in METHODS or method == WEBSOCKET else OTHER
        self._requests.labels(self._route_of(scope), known, f"{status // 100}xx").inc()

    def _route_of(self, scope: Scope) -> str:
        route = scope.get("route")
        if route is not None:
            return str(route.path)
        # Refused before it reached its route.
        path = route_path(scope)
        return path if path in self._fixed_paths else OTHER


class CountedRequests:
    """Counts the requests to an application; bodies and frames pass unchanged."""

    def __init__(self, app: ASGIApp, metrics: RequestMetrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        is_counted = False

        # Returns the coroutine of `send`: one of its own would cost every frame of every stream.
        def count(message: Message) -> Awaitable[None]:
            nonlocal is_counted
            if not is_counted and (status := _status_of(message)) is not None:
                is_counted = True
                self._metrics.count(scope, status)
            return send(message)

        await self._app(scope, receive, count)


def _status_of(message: Message) -> int | None:
    kind = message["type"]
    if kind in {"http.response.start", "websocket.http.response.start"}:
        status: int = message["status"]
        return status
    # 403 is what the server answers to a handshake that was not accepted.
    return {"websocket.accept": 101, "websocket.close": 403}.get(kind)
