"""One request: its form, its limits, and which error each failure becomes."""

import asyncio
import gzip
import json
from collections.abc import Callable

import httpx2
import pytest

from collector.access_token import AccessToken
from collector.credentials import Credentials
from collector.errors import (
    OpenSkyError,
    RateLimitedError,
    RefusedError,
    TransientError,
    UnreadableAnswerError,
)
from collector.opensky import OpenSky, timeouts
from collector.settings import Area, OpenSkySettings
from testkit.fault_record import record_faults
from tests.unit.collector.conftest import NOW, FakeClock, row

Handler = Callable[[httpx2.Request], httpx2.Response]
BODY = json.dumps({"time": NOW, "states": [row()]}).encode()


def answer(**changes: object) -> httpx2.Response:
    """Return a good answer, with the changes."""
    headers = {"Content-Type": "application/json;charset=UTF-8", "X-Rate-Limit-Remaining": "3974"}
    values: dict[str, object] = {"status_code": 200, "headers": headers, "content": BODY}
    return httpx2.Response(**{**values, **changes})  # type: ignore[arg-type]


def client(
    settings: OpenSkySettings, handler: Handler, token: AccessToken | None = None
) -> OpenSky:
    """Return a client whose requests the handler answers."""
    return OpenSky(
        settings=settings,
        access_token=token,
        clock=FakeClock(),
        transport=httpx2.MockTransport(handler),
    )


def recording(seen: list[httpx2.Request], response: httpx2.Response) -> Handler:
    """Return a handler that notes each request and gives the same answer."""

    def handle(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return response

    return handle


async def error_of(settings: OpenSkySettings, handler: Handler) -> OpenSkyError:
    """Return the error that one request ends with."""
    record_faults()
    opensky = client(settings, handler)
    with pytest.raises(OpenSkyError) as caught:
        await opensky.states(None)
    await opensky.close()
    return caught.value


async def test_asks_for_the_globe_with_the_category(opensky_settings: OpenSkySettings) -> None:
    """The request accepts gzip, and carries no credentials when there are none."""
    seen: list[httpx2.Request] = []
    opensky = client(opensky_settings, recording(seen, answer()))
    result = await opensky.states(None)
    await opensky.close()
    assert (result.time, len(result.state_vectors), result.credits_remaining) == (NOW, 1, 3974)
    assert seen[0].url == "http://opensky.test/api/states/all?extended=1"
    assert seen[0].headers["Accept-Encoding"] == "gzip"
    assert "Authorization" not in seen[0].headers


async def test_asks_for_a_box_and_a_past_moment(opensky_settings: OpenSkySettings) -> None:
    """With the four borders as OpenSky names them."""
    seen: list[httpx2.Request] = []
    opensky = client(opensky_settings, recording(seen, answer()))
    area = Area(name="alps", lamin=45, lomin=-5.5, lamax=48.25, lomax=13)
    await opensky.states(area, time=NOW - 60)
    await opensky.close()
    assert dict(seen[0].url.params) == {
        "extended": "1",
        "time": str(NOW - 60),
        "lamin": "45",
        "lomin": "-5.5",
        "lamax": "48.25",
        "lomax": "13",
    }


async def test_reads_gzip(opensky_settings: OpenSkySettings) -> None:
    """Which OpenSky may or may not send."""
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    opensky = client(
        opensky_settings, lambda _: answer(headers=headers, content=gzip.compress(BODY))
    )
    result = await opensky.states(None)
    await opensky.close()
    assert len(result.state_vectors) == 1
    assert result.credits_remaining is None


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
async def test_a_failing_server_is_transient(
    opensky_settings: OpenSkySettings, status: int
) -> None:
    """With the server's wish to wait, where there is one."""
    response = httpx2.Response(status, html="<h1>nginx</h1>", headers={"Retry-After": "7"})
    error = await error_of(opensky_settings, lambda _: response)
    assert isinstance(error, TransientError)
    assert error.retry_after == 7


@pytest.mark.parametrize("status", [400, 401, 403, 404, 418])
async def test_a_refusal_is_not_repeated(opensky_settings: OpenSkySettings, status: int) -> None:
    """A repetition of the request would be refused again."""
    error = await error_of(opensky_settings, lambda _: httpx2.Response(status))
    assert isinstance(error, RefusedError)
    assert str(status) in str(error)


async def test_a_redirect_is_refused(opensky_settings: OpenSkySettings) -> None:
    """Following it would carry the token to another host."""
    seen: list[httpx2.Request] = []
    response = httpx2.Response(302, headers={"Location": "http://evil.test/secret?x"})
    error = await error_of(opensky_settings, recording(seen, response))
    assert isinstance(error, RefusedError)
    assert "evil.test: not followed" in str(error)
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"X-Rate-Limit-Retry-After-Seconds": "22688", "Retry-After": "5"}, 22_688),
        ({"Retry-After": "120"}, 120),
        ({"Retry-After": "Fri, 15 Jan 2027 08:10:00 GMT"}, 600),
        ({}, 600),
        ({"X-Rate-Limit-Retry-After-Seconds": "soon"}, 600),
        ({"X-Rate-Limit-Retry-After-Seconds": "999999999"}, 86_400),
    ],
)
async def test_429_says_how_long_nothing_may_be_sent(
    opensky_settings: OpenSkySettings, headers: dict[str, str], seconds: float
) -> None:
    """OpenSky's own header, else the standard one, else ten minutes; never beyond a day."""
    error = await error_of(opensky_settings, lambda _: httpx2.Response(429, headers=headers))
    assert isinstance(error, RateLimitedError)
    assert error.retry_after == seconds


@pytest.mark.parametrize(
    "changes",
    [
        {"headers": {"Content-Type": "text/html"}, "content": b"<html>maintenance</html>"},
        {"headers": {}},
        {"content": BODY[:-30]},
        {"content": b""},
        {"headers": {"Content-Type": "application/json", "Content-Encoding": "br"}},
    ],
)
async def test_what_is_not_opensky_s_json_is_transient(
    opensky_settings: OpenSkySettings, changes: dict[str, object]
) -> None:
    """HTML with status 200, a cut-off answer, an encoding that was not requested."""
    error = await error_of(opensky_settings, lambda _: answer(**changes))
    assert isinstance(error, UnreadableAnswerError)


@pytest.mark.parametrize("is_compressed", [False, True])
async def test_an_answer_is_never_larger_than_the_limit(
    opensky_settings: OpenSkySettings, *, is_compressed: bool
) -> None:
    """Counted after decompression, and without taking it all in first."""
    settings = opensky_settings.model_copy(update={"max_answer_bytes": 100_000})
    content = b" " * 5_000_000
    headers = {"Content-Type": "application/json"}
    if is_compressed:
        content, headers["Content-Encoding"] = gzip.compress(content), "gzip"
    error = await error_of(settings, lambda _: answer(content=content, headers=headers))
    assert isinstance(error, UnreadableAnswerError)
    assert "max_answer_bytes (100000)" in str(error)


@pytest.mark.parametrize(
    "fault", [httpx2.ConnectError, httpx2.ReadTimeout, httpx2.RemoteProtocolError]
)
async def test_a_broken_connection_is_transient(
    opensky_settings: OpenSkySettings, fault: type[httpx2.TransportError]
) -> None:
    """The error names its cause, even where httpx2 gives no text."""

    def fail(_: httpx2.Request) -> httpx2.Response:
        raise fault("")

    error = await error_of(opensky_settings, fail)
    assert type(error) is TransientError
    assert fault.__name__ in str(error)


async def test_an_answer_that_drips_is_given_up(opensky_settings: OpenSkySettings) -> None:
    """Each piece is in time, the whole is not."""

    class Dripping(httpx2.AsyncByteStream):
        async def __aiter__(self):  # type: ignore[no-untyped-def]  # noqa: ANN204 - an async generator
            while True:
                yield b" "
                await asyncio.sleep(0.02)

    settings = opensky_settings.model_copy(
        update={"connect_timeout_seconds": 0.1, "read_timeout_seconds": 0.1}
    )
    response = httpx2.Response(200, headers={"Content-Type": "application/json"}, stream=Dripping())
    error = await error_of(settings, lambda _: response)
    assert "no whole answer within 0.2 s" in str(error)


@pytest.mark.parametrize(
    ("headers", "http_date"),
    [
        ({"Date": "Fri, 15 Jan 2027 08:00:00 GMT"}, NOW),
        ({"Date": "Fri, 15 Jan 2027 08:00:00 GMT", "Age": "40"}, NOW + 40),
        ({"Date": "Fri, 15 Jan 2027 08:00:00 GMT", "Age": "-4"}, NOW),
        ({"Date": "today"}, None),
        ({}, None),
    ],
)
async def test_an_answer_comes_with_what_three_clocks_show(
    opensky_settings: OpenSkySettings, headers: dict[str, str], http_date: float | None
) -> None:
    """The host's, the server's (Age included, where a cache kept the answer) and its own."""
    headers = {"Content-Type": "application/json", **headers}
    result = await client(opensky_settings, lambda _: answer(headers=headers)).states(None)
    assert result.clocks == (NOW, http_date, NOW)


@pytest.mark.parametrize(("text", "credits_left"), [("-3", 0), ("0", 0), ("many", None)])
async def test_fewer_credits_than_none_are_none(
    opensky_settings: OpenSkySettings, text: str, credits_left: int | None
) -> None:
    """A negative number is not an unknown one."""
    headers = {"Content-Type": "application/json", "X-Rate-Limit-Remaining": text}
    result = await client(opensky_settings, lambda _: answer(headers=headers)).states(None)
    assert result.credits_remaining == credits_left


class TestToken:
    """The token goes with each request, and is replaced when the API refuses it."""

    @pytest.fixture
    def seen(self) -> list[str]:
        """Give the list of what was asked: `token`, or the Authorization header."""
        return []

    def opensky(self, settings: OpenSkySettings, handler: Handler) -> OpenSky:
        """Return a client with a token endpoint of its own."""
        transport = httpx2.MockTransport(handler)
        token = AccessToken(
            credentials=Credentials(client_id="me", client_secret="hush"),  # noqa: S106 - invented
            token_url=settings.token_url,
            timeout=timeouts(settings),
            clock=FakeClock(),
            transport=transport,
        )
        return client(settings, handler, token)

    async def test_a_401_is_answered_by_a_new_token_once(
        self, opensky_settings: OpenSkySettings, seen: list[str]
    ) -> None:
        """A revoked token costs one more request, nothing else."""

        def handle(request: httpx2.Request) -> httpx2.Response:
            if request.url.host == "auth.test":
                seen.append("token")
                number = seen.count("token")
                return httpx2.Response(200, json={"access_token": f"t{number}", "expires_in": 1800})
            seen.append(request.headers["Authorization"])
            return httpx2.Response(401) if seen[-1] == "Bearer t1" else answer()

        opensky = self.opensky(opensky_settings, handle)
        assert len((await opensky.states(None)).state_vectors) == 1
        assert seen == ["token", "Bearer t1", "token", "Bearer t2"]

    async def test_a_second_401_is_a_refusal(
        self, opensky_settings: OpenSkySettings, seen: list[str]
    ) -> None:
        """Not the end of the process: the API may be the one that errs."""

        def handle(request: httpx2.Request) -> httpx2.Response:
            if request.url.host == "auth.test":
                return httpx2.Response(200, json={"access_token": "t", "expires_in": 1800})
            seen.append(request.headers["Authorization"])
            return httpx2.Response(401)

        with pytest.raises(RefusedError, match="401"):
            await self.opensky(opensky_settings, handle).states(None)
        assert len(seen) == 2
