"""Requests below a path of a proxy reach the routes, with and without that path."""

import pytest
from starlette.types import Receive, Scope, Send

from configuration.shared_sections import HttpSettings
from processor.http.access.root_path import at_root_path, route_path

SEEN: list[Scope] = []


async def application(scope: Scope, _receive: Receive, _send: Send) -> None:
    SEEN.append(scope)


async def served(kind: str, path: str, root_path: str) -> Scope:
    """Return the scope that the application gets."""
    SEEN.clear()

    async def receive() -> dict[str, object]:
        return {}

    async def send(_message: object) -> None:
        pass

    scope = {"type": kind, "path": path, "root_path": ""}
    await at_root_path(application, root_path)(scope, receive, send)
    [seen] = SEEN
    return seen


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(
    ("path", "full", "route"),
    [
        ("/", "/flights/", "/"),
        ("/flights/", "/flights/", "/"),
        ("/flights", "/flights", ""),
        ("/sse/flights", "/flights/sse/flights", "/sse/flights"),
        ("/flights/sse/flights", "/flights/sse/flights", "/sse/flights"),
        ("/flightsome", "/flights/flightsome", "/flightsome"),
    ],
)
async def test_both_kinds_of_proxy_lead_to_the_same_path(
    kind: str, path: str, full: str, route: str
) -> None:
    """The proxy may have taken the path off; a longer first part is another one."""
    scope = await served(kind, path, "/flights")
    assert (scope["path"], scope["root_path"], route_path(scope)) == (full, "/flights", route)


async def test_without_the_setting_nothing_changes() -> None:
    assert at_root_path(application, "") is application
    assert (await served("http", "/flights/health", ""))["path"] == "/flights/health"
    scope = await served("lifespan", "/", "/flights")
    assert scope["root_path"] == ""


@pytest.mark.parametrize("wrong", ["flights", "/flights/", "/", "/a b", "/api", "/sse/flights"])
def test_a_path_that_could_be_taken_for_a_route_is_refused(wrong: str) -> None:
    """It begins with a slash, ends without one, and does not begin like a route."""
    with pytest.raises(ValueError, match="root_path"):
        HttpSettings(root_path=wrong)
    assert HttpSettings(root_path="/tools/flights").root_path == "/tools/flights"
