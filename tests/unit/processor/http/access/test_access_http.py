"""Access control over HTTP: statuses, headers, hosts and CORS preflights."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import APIRouter, WebSocket
from httpx2 import Response
from prometheus_client import CollectorRegistry
from starlette.testclient import TestClient, WebSocketDenialResponse
from starlette.types import Message, Receive, Scope, Send

from configuration.shared_sections import AccessSettings
from processor.access.gate import create_gate
from processor.access.new_key import make_key
from processor.http.access.dependencies import LivePrincipal
from processor.http.access.hosts import HostCheck, accepted_hosts
from processor.http.access.ticket_routes import ticket_routes
from processor.http.app import create_app
from processor.http.health import Health
from processor.http.health_routes import health_routes

ORIGIN = "https://map.example"
EVERYWHERE = "0.0.0.0"  # noqa: S104 - a name for it, nothing is bound
BASE = "http://127.0.0.1:8081"
WS = "ws://127.0.0.1:8081/ws"
AT_HOME = accepted_hosts((), "127.0.0.1")


guarded_router = APIRouter()
"""Stands for the stream in both of its forms."""


@guarded_router.get("/guarded")
async def guarded(principal: LivePrincipal) -> str:
    return principal.name


@guarded_router.websocket("/ws")
async def ws(websocket: WebSocket, principal: LivePrincipal) -> None:
    await websocket.accept()
    await websocket.send_text(principal.name)
    await websocket.close()


def _client(settings: AccessSettings) -> TestClient:
    gate = create_gate(settings)
    health = health_routes(Health(required={}, observed={}, registry=CollectorRegistry()), gate)
    app = create_app(
        routers=[guarded_router, ticket_routes(gate), health],
        allowed_origins=[ORIGIN],
        accepted_hosts=AT_HOME,
    )
    return TestClient(app, base_url=BASE)


class _Site:
    """An application that requires credentials, and two API keys."""

    def __init__(self, folder: Path) -> None:
        self.subscriber, viewer_entry = make_key(name="viewer", scopes=["flights:live"])
        self.prometheus, prometheus_entry = make_key(name="prometheus", scopes=["metrics"])
        file = folder / "keys.yaml"
        file.write_text(viewer_entry + prometheus_entry)
        self.client = _client(AccessSettings(mode="required", keys_file=file))

    def get(self, path: str, key: str | None = None) -> Response:
        return self.client.get(path, headers={"Authorization": f"Bearer {key}"} if key else {})

    def ticket(self) -> str:
        headers = {"Authorization": f"Bearer {self.subscriber}"}
        return str(self.client.post("/sse/ticket", headers=headers).json()["ticket"])


@pytest.fixture
def site(tmp_path: Path) -> Iterator[_Site]:
    made = _Site(tmp_path)
    with made.client:
        yield made


@pytest.mark.parametrize(
    ("authorization", "status", "challenge", "error"),
    [
        (None, 401, "Bearer", "missing"),
        ("Basic x", 401, 'Bearer error="invalid_request"', "invalid_request"),
        ("Bearer osfm_x", 401, 'Bearer error="invalid_token"', "invalid_token"),
        ("Bearer prometheus", 403, 'Bearer error="insufficient_scope"', "insufficient_scope"),
    ],
)
def test_refusals_are_those_of_rfc_6750(
    site: _Site, authorization: str | None, status: int, challenge: str, error: str
) -> None:
    """A refusal has a status and a challenge for programs, a reason for people, and no caching."""
    headers = {"Authorization": authorization} if authorization else {}
    if authorization == "Bearer prometheus":
        headers = {"Authorization": f"Bearer {site.prometheus}"}
    for answer in (
        site.client.get("/guarded", headers=headers),
        site.client.post("/sse/ticket", headers=headers),
    ):
        assert answer.status_code == status
        assert answer.headers["www-authenticate"] == challenge
        assert answer.headers["cache-control"] == "no-store"
        assert answer.json()["error"] == error
        assert answer.json()["reason"]


def test_a_ticket_opens_the_stream_once(site: _Site) -> None:
    """It admits the principal that it was issued to, and no cache keeps it."""
    headers = {"Authorization": f"Bearer {site.subscriber}"}
    given = site.client.post("/sse/ticket", headers=headers)
    assert given.status_code == 200
    assert given.headers["cache-control"] == "no-store"
    assert given.json()["expires_in"] == 30
    path = f"/guarded?ticket={given.json()['ticket']}"
    assert site.get(path).json() == "key:viewer"
    assert site.get(path).status_code == 401


def test_a_ticket_buys_no_ticket(site: _Site) -> None:
    """The attempt does not use it up either."""
    ticket = site.ticket()
    assert site.client.post(f"/sse/ticket?ticket={ticket}").json()["error"] == "missing"
    assert site.get(f"/guarded?ticket={ticket}").status_code == 200


@pytest.mark.parametrize("parameter", ["access_token", "api_key", "token", "ticket"])
def test_a_key_in_the_url_is_refused_and_explained(site: _Site, parameter: str) -> None:
    """The name of the parameter and the validity of the key do not matter."""
    answer = site.get(f"/guarded?{parameter}={site.subscriber}")
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_request")
    assert "Authorization: Bearer" in answer.json()["reason"]
    assert site.subscriber not in answer.text


def test_metrics_need_their_scope_and_probes_need_nothing(site: _Site) -> None:
    """An orchestrator has no key."""
    assert site.get("/metrics").status_code == 401
    assert site.get("/metrics", site.subscriber).status_code == 403
    assert site.get("/metrics", site.prometheus).status_code == 200
    assert site.get(f"/metrics?ticket={site.ticket()}").status_code == 403
    for probe in ("/health", "/ready"):
        assert site.get(probe).status_code == 200


def test_a_websocket_is_refused_before_it_is_one(site: _Site) -> None:
    """The response is that of HTTP; a header or a ticket admits."""
    with (
        pytest.raises(WebSocketDenialResponse) as denied,
        site.client.websocket_connect(WS),
    ):
        pass
    assert denied.value.status_code == 401
    headers = {"Authorization": f"Bearer {site.subscriber}"}
    with site.client.websocket_connect(WS, headers=headers) as websocket:
        assert websocket.receive_text() == "key:viewer"
    with site.client.websocket_connect(f"{WS}?ticket={site.ticket()}") as websocket:
        assert websocket.receive_text() == "key:viewer"


@pytest.mark.parametrize("mode", ["loopback", "open"])
def test_open_modes_need_no_credentials(mode: str) -> None:
    """Clients written for tickets work there too."""
    with _client(AccessSettings.model_validate({"mode": mode})) as client:
        ticket = client.post("/sse/ticket").json()["ticket"]
        for path in ("/guarded", f"/guarded?ticket={ticket}", "/guarded?access_token=x"):
            assert client.get(path).json() == "anonymous"
        assert client.get("/metrics").status_code == 200


def test_a_listed_page_may_bring_a_token(site: _Site) -> None:
    """The browser sends a preflight; a refusal can be read, so that the page can show it."""
    for method in ("GET", "POST"):
        preflight = site.client.options(
            "/sse/ticket",
            headers={
                "origin": ORIGIN,
                "access-control-request-method": method,
                "access-control-request-headers": "authorization,last-event-id",
            },
        )
        assert preflight.status_code == 200
        assert preflight.headers["access-control-allow-origin"] == ORIGIN
        assert "access-control-allow-credentials" not in preflight.headers
    refused = site.client.get("/guarded", headers={"origin": ORIGIN})
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (401, ORIGIN)


@pytest.mark.parametrize("origin", ["https://evil.example", "null", ORIGIN + ".evil.example"])
def test_another_page_may_not(site: _Site, origin: str) -> None:
    """Its origin is neither allowed nor echoed."""
    headers = {"origin": origin, "access-control-request-method": "POST"}
    preflight = site.client.options("/sse/ticket", headers=headers)
    assert preflight.status_code == 400
    assert "access-control-allow-origin" not in preflight.headers
    answer = site.client.get("/health", headers={"origin": origin})
    assert "access-control-allow-origin" not in answer.headers


MALFORMED = [
    "",
    "a b",
    "host:port:port",
    "localhost:port",
    "localhost:",
    "[::1",
    "::1",
    "[:::]",
    "[]",
    "localhost@evil.com",
    "evil.com@localhost",
    "localhost/",
    "localhost#",
    "localhost\n",
    "localhost,evil.com",
    "löcalhost",
]
FOREIGN = ["evil.com", "127.0.0.1.evil.com", "localhost.evil.com", "127.0.0.2", "[::2]", EVERYWHERE]


async def _passes(check: HostCheck, *hosts: str, kind: str = "http", path: str = "/") -> bool:
    """Call the check directly, since clients send no malformed header."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        raise AssertionError

    headers = [(b"host", host.encode("latin-1")) for host in hosts]
    await check({"type": kind, "headers": headers, "path": path}, receive, send)
    if not sent:
        return True
    assert sent[0]["status"] == 400
    assert b"http.allowed_hosts" in sent[1]["body"]
    return False


async def _nothing(_scope: Scope, _receive: Receive, _send: Send) -> None:
    """Stand in for an application that sends nothing."""


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize("host", MALFORMED + FOREIGN)
async def test_other_names_are_refused_on_loopback(host: str, kind: str) -> None:
    """A page whose own name resolves to this machine gets nothing (DNS rebinding)."""
    assert not await _passes(HostCheck(_nothing, accepted=AT_HOME), host, kind=kind)


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8081", "LocalHost", "127.0.0.1:8081", "[::1]", "[::1]:8081"]
)
async def test_this_machines_names_are_welcome(host: str) -> None:
    """They work with and without a port, and beside configured names, since probes use them."""
    assert await _passes(HostCheck(_nothing, accepted=AT_HOME), host)
    configured = accepted_hosts(("flights.example",), EVERYWHERE)
    assert await _passes(HostCheck(_nothing, accepted=configured), host)


@pytest.mark.parametrize("host", MALFORMED)
async def test_malformed_names_are_refused_everywhere(host: str) -> None:
    """They are refused even if every name is accepted."""
    everywhere = HostCheck(_nothing, accepted=accepted_hosts((), EVERYWHERE))
    assert not await _passes(everywhere, host)


async def test_every_name_is_welcome_on_an_address_of_others() -> None:
    """If names are configured, only those and their subdomains after `*` are accepted."""
    everywhere = HostCheck(_nothing, accepted=accepted_hosts((), "192.0.2.1"))
    assert await _passes(everywhere, "evil.com")
    assert await _passes(everywhere, "[2001:db8::1]:8081")
    configured = accepted_hosts(("flights.example", "*.flights.example"), "192.0.2.1")
    some = HostCheck(_nothing, accepted=configured)
    for host in ("flights.example", "a.flights.example:443", "192.0.2.1"):
        assert await _passes(some, host)
    for host in ("evil.com", "evilflights.example", "flights.example.evil.com"):
        assert not await _passes(some, host)


@pytest.mark.parametrize("path", ["/health", "/ready"])
@pytest.mark.parametrize("hosts", [(), ("10.1.2.3:8081",), ("evil.com",), ("a b",)])
async def test_probes_need_no_name(path: str, hosts: tuple[str, ...]) -> None:
    """HAProxy's httpchk sends no Host header, and a kubelet sends the pod's address."""
    check = HostCheck(_nothing, accepted=AT_HOME)
    assert await _passes(check, *hosts, path=path)
    assert not await _passes(check, *hosts, path=path, kind="websocket")
    for other in ("/", "/metrics", f"{path}/", f"{path}/../metrics", "/api/flights"):
        assert not await _passes(check, *hosts, path=other)


@pytest.mark.parametrize("probe", ["/health", "/ready"])
def test_balancers_probe_by_head(site: _Site, probe: str) -> None:
    """The response has the status of GET, without the body."""
    answer = site.client.head(probe)
    assert (answer.status_code, answer.content) == (200, b"")


async def test_a_name_is_given_once() -> None:
    """A request with no or two Host headers is refused (RFC 9112, 3.2)."""
    check = HostCheck(_nothing, accepted=AT_HOME)
    assert not await _passes(check)
    assert not await _passes(check, "localhost", "evil.com")
    assert not await _passes(check, "localhost", "localhost")


async def test_what_is_sent_is_not_touched() -> None:
    """Streams send through the server's own function."""
    given: list[Send] = []

    async def keep(_scope: Scope, _receive: Receive, send: Send) -> None:
        given.append(send)

    async def send(_message: Message) -> None: ...

    async def receive() -> Message:
        raise AssertionError

    scope = {"type": "http", "headers": [(b"host", b"localhost")]}
    await HostCheck(keep, accepted=AT_HOME)(scope, receive, send)
    assert given == [send]


def test_the_application_checks_the_host_first() -> None:
    """The check comes before routes and CORS."""
    with _client(AccessSettings()) as client:
        refused = client.get("/guarded", headers={"host": "evil.com", "origin": ORIGIN})
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_host")
        with (
            pytest.raises(WebSocketDenialResponse) as denied,
            client.websocket_connect(WS, headers={"host": "evil.com"}),
        ):
            pass
        assert denied.value.status_code == 400
