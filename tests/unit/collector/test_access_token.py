"""The token: one request for all that wait, renewed in time, errors distinguished."""

import asyncio
from collections.abc import AsyncIterator, Callable
from urllib.parse import parse_qs

import httpx2
import pytest
from structlog.testing import capture_logs

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
    """A request whose older token was refused gets the current one."""
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


@pytest.mark.parametrize(
    "lifetime",
    [
        "null",
        "0",
        "-1",
        "0.001",
        "true",
        "[1800]",
        "{}",
        '"soon"',
        "1e999",
        "-1e999",
        "NaN",
        "1e18",
        "86401",
    ],
)
async def test_an_unusable_lifetime_counts_as_half_an_hour(clock: FakeClock, lifetime: str) -> None:
    """Which is how long OpenSky's tokens live."""
    asked: list[str] = []

    def answer(_: httpx2.Request) -> httpx2.Response:
        asked.append("token")
        text = f'{{"access_token": "t{len(asked)}", "expires_in": {lifetime}}}'
        return httpx2.Response(200, content=text)

    source = token(clock, answer)
    await source.get()
    clock.time += 1_700
    assert await source.get() == "t1"
    clock.time += 100
    assert await source.get() == "t2"


async def test_a_field_that_oauth_does_not_know_cannot_spoil_the_answer(clock: FakeClock) -> None:
    """One example is `expires_at`, which a library converts to a number."""
    assert await token(clock, Endpoint(expires_at=[], expires_in=1800)).get() == "t1"


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
    """The error names the client, never the secret."""
    endpoint = Endpoint()
    endpoint.status = status
    with pytest.raises(UnauthorizedError, match=r"me-api-client.*my-opensky/account") as caught:
        await token(clock, endpoint).get()
    assert SECRET not in str(caught.value)
    assert SECRET not in repr(Credentials(client_id="me", client_secret=SECRET))


NOT_OAUTH = [
    {"html": "<h1>Sign in to the hotel's network</h1>"},
    {"content": b""},
    {"json": []},
    {"json": {"error": "unsupported_grant_type"}},
    {"json": {"error": ["invalid_client"]}},
    {"json": {"message": "invalid_client"}},
]


@pytest.mark.parametrize("status", [400, 401])
@pytest.mark.parametrize("form", NOT_OAUTH)
async def test_a_refusal_that_is_not_oauth_s_says_nothing_of_the_credentials(
    clock: FakeClock, status: int, form: dict[str, object]
) -> None:
    """RFC 6749, 5.2: the word is in the JSON; a proxy's page is an outage, at the start too."""
    answer = httpx2.Response(status, **form)  # type: ignore[arg-type]
    with pytest.raises(TransientError, match=str(status)):
        await token(clock, lambda _: answer).get()


async def test_a_refusal_leaves_the_token_in_hand_in_use(clock: FakeClock) -> None:
    """OAuth's own word included: the credentials have worked before. It is logged once."""
    endpoint = Endpoint()
    source = token(clock, endpoint)
    await source.get()
    endpoint.status = 401
    clock.time += 1_750
    with capture_logs() as logs:
        assert [await source.get(), await source.get()] == ["t1", "t1"]
    assert [each["event"] for each in logs] == ["token_not_renewed"]
    endpoint.status = 200
    assert await source.get() == "t4"


async def test_refusals_are_final_when_they_last(clock: FakeClock) -> None:
    """Ten minutes of OAuth's own word, and no token in hand: the credentials were withdrawn."""
    endpoint = Endpoint()
    source = token(clock, endpoint)
    await source.get()
    endpoint.status = 401
    clock.time += 1_800
    with pytest.raises(TransientError, match="me-api-client"):
        await source.get()
    clock.time += 599
    with pytest.raises(TransientError, match="me-api-client"):
        await source.get()
    clock.time += 1
    with pytest.raises(UnauthorizedError, match="me-api-client"):
        await source.get()


async def test_a_token_that_a_proxy_refuses_is_not_thrown_away(clock: FakeClock) -> None:
    """A 401 of the API and an endpoint that is down: afterwards the same token works."""
    endpoint = Endpoint()
    source = token(clock, endpoint)
    refused = await source.get()
    endpoint.status = 503
    with pytest.raises(TransientError):
        await source.replace(refused)
    assert await source.get() == "t1"
    endpoint.status = 200
    assert await source.get() == "t4"


async def test_an_endpoint_that_drips_is_given_up(clock: FakeClock) -> None:
    """Each piece is in time, the whole is not."""

    class Dripping(httpx2.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            while True:
                yield b" "
                await asyncio.sleep(0.02)

    source = AccessToken(
        credentials=Credentials(client_id="me", client_secret=SECRET),
        token_url=URL,
        timeout=httpx2.Timeout(0.1),
        clock=clock,
        transport=httpx2.MockTransport(lambda _: httpx2.Response(200, stream=Dripping())),
    )
    with pytest.raises(TransientError, match=r"no whole answer within 0\.2 s"):
        await source.get()


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
        httpx2.Response(200, json={"access_token": ""}),
        httpx2.Response(200, json={"access_token": "  "}),
        httpx2.Response(200, content=b"[" * 100_000),
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
