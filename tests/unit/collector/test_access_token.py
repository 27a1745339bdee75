"""The token: one request however many wait, renewed in time, errors told apart."""

import asyncio
from collections.abc import Callable
from urllib.parse import parse_qs

import httpx2
import pytest

from collector.access_token import AccessToken
from collector.credentials import Credentials
from collector.errors import TransientError, UnauthorizedError
from tests.unit.collector.conftest import FakeClock

URL = "http://auth.test/realms/x/token"
SECRET = "p%s&w=r d+"  # noqa: S105 - invented


def token(clock: FakeClock, handler: Callable[[httpx2.Request], object]) -> AccessToken:
    """Return a token whose endpoint is the handler."""
    return AccessToken(
        credentials=Credentials(client_id="me-api-client", client_secret=SECRET),
        token_url=URL,
        timeout=httpx2.Timeout(5),
        clock=clock,
        transport=httpx2.MockTransport(handler),  # type: ignore[arg-type]
    )


class Endpoint:
    """Answers with t1, t2 and so on; or with a status, while one is set."""

    def __init__(self, **changes: object) -> None:
        self.requests: list[httpx2.Request] = []
        self.status = 200
        self.changes = changes

    async def __call__(self, request: httpx2.Request) -> httpx2.Response:
        """Answer slowly enough for others to ask meanwhile."""
        self.requests.append(request)
        await asyncio.sleep(0.01)
        if self.status != 200:
            return httpx2.Response(self.status, json={"error": "invalid_client"})
        fields = {"access_token": f"t{len(self.requests)}", "expires_in": 1800}
        return httpx2.Response(200, json={**fields, "token_type": "Bearer", **self.changes})


async def test_fifty_waiters_cost_one_request(clock: FakeClock) -> None:
    """At the start, when all of them need the first token."""
    endpoint = Endpoint()
    source = token(clock, endpoint)
    tokens = await asyncio.gather(*(source.get() for _ in range(50)))
    assert set(tokens) == {"t1"}
    assert len(endpoint.requests) == 1
    await source.close()


async def test_fifty_refusals_of_one_token_cost_one_request(clock: FakeClock) -> None:
    """Who was refused an older token than the current one gets the current one."""
    endpoint = Endpoint()
    source = token(clock, endpoint)
    refused = await source.get()
    tokens = await asyncio.gather(*(source.replace(refused) for _ in range(50)))
    assert set(tokens) == {"t2"}
    assert len(endpoint.requests) == 2


async def test_sends_the_form_that_opensky_documents(clock: FakeClock) -> None:
    """Values encoded, nothing in the URL or a Basic header."""
    endpoint = Endpoint()
    await token(clock, endpoint).get()
    request = endpoint.requests[0]
    assert str(request.url) == URL
    assert "Authorization" not in request.headers
    assert parse_qs(request.content.decode()) == {
        "grant_type": ["client_credentials"],
        "client_id": ["me-api-client"],
        "client_secret": [SECRET],
    }


async def test_is_renewed_a_minute_before_it_expires(clock: FakeClock) -> None:
    """So that no request travels with a token that dies on the way."""
    source = token(clock, Endpoint())
    assert await source.get() == "t1"
    clock.time += 1_739
    assert await source.get() == "t1"
    clock.time += 1
    assert await source.get() == "t2"


async def test_a_token_of_seconds_is_not_renewed_at_every_call(clock: FakeClock) -> None:
    """The leeway is never more than a quarter of the life."""
    source = token(clock, Endpoint(expires_in=8))
    assert [await source.get(), await source.get()] == ["t1", "t1"]
    clock.time += 6
    assert await source.get() == "t2"


@pytest.mark.parametrize("lifetime", [None, 0, -1])
async def test_an_unusable_lifetime_counts_as_half_an_hour(
    clock: FakeClock, lifetime: object
) -> None:
    """Which is how long OpenSky's tokens live."""
    source = token(clock, Endpoint(expires_in=lifetime))
    await source.get()
    clock.time += 1_700
    assert await source.get() == "t1"


async def test_a_token_is_used_to_its_end_while_the_endpoint_is_down(clock: FakeClock) -> None:
    """The two hosts fail separately."""
    endpoint = Endpoint()
    source = token(clock, endpoint)
    await source.get()
    endpoint.status = 503
    clock.time += 1_799
    assert await source.get() == "t1"
    clock.time += 1
    with pytest.raises(TransientError, match="503"):
        await source.get()


@pytest.mark.parametrize("status", [400, 401])
async def test_wrong_credentials_are_final_and_say_what_to_do(
    clock: FakeClock, status: int
) -> None:
    """The client's name is told, the secret never."""
    endpoint = Endpoint()
    endpoint.status = status
    with pytest.raises(UnauthorizedError, match=r"me-api-client.*my-opensky/account") as caught:
        await token(clock, endpoint).get()
    assert SECRET not in str(caught.value)
    assert SECRET not in repr(Credentials(client_id="me", client_secret=SECRET))


@pytest.mark.parametrize("status", [302, 403, 404, 429, 500, 502, 503])
async def test_any_other_status_is_transient(clock: FakeClock, status: int) -> None:
    """A proxy, a block or an outage: not the user's credentials."""
    endpoint = Endpoint()
    endpoint.status = status
    with pytest.raises(TransientError, match=str(status)):
        await token(clock, endpoint).get()


@pytest.mark.parametrize(
    "response",
    [
        httpx2.Response(200, html="<html>"),
        httpx2.Response(200, json=[]),
        httpx2.Response(200, json={}),
        httpx2.Response(200, json={"access_token": None}),
        httpx2.Response(200, json={"access_token": "a\r\nb"}),
        httpx2.Response(200, json={"error": "server_error"}),
    ],
)
async def test_an_answer_without_a_token_is_transient(
    clock: FakeClock, response: httpx2.Response
) -> None:
    """Whatever it is instead."""
    with pytest.raises(TransientError, match=URL):
        await token(clock, lambda _: response).get()


async def test_a_broken_connection_is_transient(clock: FakeClock) -> None:
    """As for the API."""

    def fail(_: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectTimeout("")

    with pytest.raises(TransientError, match="ConnectTimeout"):
        await token(clock, fail).get()
