"""Serve below a path of a proxy, whether the proxy passes that path on or takes it off."""

from starlette.types import ASGIApp, Receive, Scope, Send


class RootPath:
    """Gives each request the path that its client sees, with `root_path` as its beginning.

    Redirects and the OpenAPI document then name addresses that the client can use.
    """

    def __init__(self, app: ASGIApp, root_path: str) -> None:
        self._app = app
        self._root_path = root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application."""
        if scope["type"] in {"http", "websocket"}:
            scope = {**scope, "root_path": self._root_path, "path": self._full(scope["path"])}
        await self._app(scope, receive, send)

    def _full(self, path: str) -> str:
        has_it = f"{path}/".startswith(f"{self._root_path}/")
        return path if has_it else self._root_path + path


def at_root_path(app: ASGIApp, root_path: str) -> ASGIApp:
    """Return the application as `http.root_path` has it served; empty changes nothing."""
    return RootPath(app, root_path) if root_path else app


def route_path(scope: Scope) -> str:
    """Return the path of a request without `root_path`, as the routes have it."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))
