"""The response to a client for which there is no slot."""

import pytest
from fastapi import APIRouter, WebSocket
from starlette.testclient import TestClient, WebSocketDenialResponse

from processor.access.slots import Client, SlotLimits, Slots
from processor.http.app import create_app

ALONE = Client("192.0.2.1", "key:tower")


@pytest.fixture
def client() -> TestClient:
    full = Slots("exports", SlotLimits(1, 1, 1), setting="history.max_exports")
    full.acquire(ALONE)
    router = APIRouter()

    @router.get("/share")
    async def share() -> None:
        full.acquire(ALONE)

    @router.get("/total")
    async def total() -> None:
        full.acquire(Client("192.0.2.2", "key:other"))

    @router.websocket("/socket")
    async def socket(_socket: WebSocket) -> None:
        full.acquire(ALONE)

    return TestClient(create_app(routers=[router], allowed_origins=[]))


def test_a_share_that_is_used_up_is_429_and_names_the_bound(client: TestClient) -> None:
    answer = client.get("/share")
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "5"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json() == {
        "error": "overloaded",
        "reason": "key:tower has taken all of its 1 places for exports"
        " (history.max_exports_per_principal): end one first, or come back later",
        "bound": "principal",
        "limit": 1,
        "setting": "history.max_exports_per_principal",
    }


def test_what_all_together_have_taken_is_503(client: TestClient) -> None:
    answer = client.get("/total")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert (answer.json()["bound"], answer.json()["limit"]) == ("total", 1)


def test_a_handshake_is_refused_in_the_same_way(client: TestClient) -> None:
    with pytest.raises(WebSocketDenialResponse) as caught, client.websocket_connect("/socket"):
        pass
    assert caught.value.status_code == 429
    assert caught.value.json()["bound"] == "principal"
