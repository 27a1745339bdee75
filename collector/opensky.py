"""One request to OpenSky's `/states/all`, and the errors that it may end with."""

import asyncio
from typing import Protocol
from urllib.parse import urlsplit

import httpx2
import msgspec

from collector.answer import Answer, read_answer
from collector.answer_time import ClockReadings, http_date
from collector.clock import Clock
from collector.errors import (
    RateLimitedError,
    RefusedError,
    TransientError,
    UnreadableAnswerError,
)
from collector.retry import RATE_LIMITED_WAIT_SECONDS, server_wait
from collector.settings import Area, OpenSkySettings
from configuration.build_info import PACKAGE, installed_version

_REMEDIES = {
    400: "a parameter is not accepted",
    403: "OpenSky blocks this address; it does so with many cloud providers",
    404: "check opensky.api_url",
}
_ACCEPTED_ENCODINGS = frozenset({"", "identity", "gzip"})


class BearerTokens(Protocol):
    """Gives tokens, see `collector.access_token.AccessToken`."""

    async def get(self) -> str: ...  # noqa: D102
    async def replace(self, refused: str) -> str: ...  # noqa: D102


class OpenSky:
    """The client of the states API."""

    def __init__(
        self,
        *,
        settings: OpenSkySettings,
        access_token: BearerTokens | None,
        clock: Clock,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._settings = settings
        self._access_token = access_token
        self._clock = clock
        self._url = settings.api_url.rstrip("/") + "/states/all"
        self._max_bytes = settings.max_answer_bytes
        self._deadline_seconds = settings.connect_timeout_seconds + settings.read_timeout_seconds
        self._client = httpx2.AsyncClient(
            timeout=timeouts(settings),
            follow_redirects=False,
            headers={"Accept-Encoding": "gzip", "User-Agent": _user_agent()},
            transport=transport,
        )

    async def authorize(self) -> None:
        """Fetch a token if there is none, so that `states` fails for no reason but the API.

        Raises:
            TransientError: The token endpoint does not answer properly.
            UnauthorizedError: The credentials are wrong.
        """
        if self._access_token is not None:
            await self._access_token.get()

    async def states(self, area: Area | None, time: int | None = None) -> Answer:
        """Request the state vectors of an area, or of the globe, once.

        Args:
            area: None is the globe.
            time: Unix seconds within the last hour; None is now.

        Raises:
            OpenSkyError: By what the caller must do.
            UnauthorizedError: The credentials are wrong.
        """
        try:
            async with asyncio.timeout(self._deadline_seconds):
                return await self._authorized(self._parameters(area, time))
        except TimeoutError as error:
            raise TransientError(
                f"{self._url}: no whole answer within {self._deadline_seconds:g} s"
            ) from error
        except httpx2.HTTPError as error:
            raise TransientError(f"{self._url}: {type(error).__name__} {error}".rstrip()) from error

    async def close(self) -> None:
        """Close the connections to OpenSky."""
        await self._client.aclose()

    def _parameters(self, area: Area | None, time: int | None) -> dict[str, str]:
        parameters: dict[str, str] = {}
        if self._settings.extended:
            parameters["extended"] = "1"
        if time is not None:
            parameters["time"] = str(time)
        if area is not None:
            for name in ("lamin", "lomin", "lamax", "lomax"):
                parameters[name] = f"{getattr(area, name):.6f}".rstrip("0").rstrip(".")
        return parameters

    async def _authorized(self, parameters: dict[str, str]) -> Answer:
        """Send the token; when the API refuses it, get another one and try that once."""
        if self._access_token is None:
            return await self._request(parameters, token=None)
        token = await self._access_token.get()
        try:
            return await self._request(parameters, token)
        except _TokenRefusedError:
            return await self._request(parameters, await self._access_token.replace(token))

    async def _request(self, parameters: dict[str, str], token: str | None) -> Answer:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        request = self._client.stream("GET", self._url, params=parameters, headers=headers)
        async with request as response:
            arrived_at = self._clock.now()
            self._check_status(response)
            self._check_form(response)
            body = await self._read(response)
        answer = read_answer(body, _credits_remaining(response))
        clocks = ClockReadings(arrived_at, http_date(response.headers), answer.time)
        return msgspec.structs.replace(answer, clocks=clocks)

    def _check_status(self, response: httpx2.Response) -> None:
        status = response.status_code
        if status == httpx2.codes.OK:
            return
        text = f"{self._url}: HTTP {status}"
        wait = server_wait(response.headers, self._clock.now())
        if status == httpx2.codes.TOO_MANY_REQUESTS:
            seconds = RATE_LIMITED_WAIT_SECONDS if wait is None else wait
            raise RateLimitedError(text, retry_after=seconds)
        if status == httpx2.codes.UNAUTHORIZED:
            raise _TokenRefusedError(
                f"{text}: access is refused, even with a new token if one is used"
            )
        if status == httpx2.codes.REQUEST_TIMEOUT or response.is_server_error:
            raise TransientError(text, retry_after=wait)
        if response.is_redirect:
            target = urlsplit(response.headers.get("Location", "")).hostname or "nowhere"
            raise RefusedError(f"{text} to {target}: not followed; check opensky.api_url")
        raise RefusedError(f"{text}: {_REMEDIES.get(status, 'unexpected')}")

    def _check_form(self, response: httpx2.Response) -> None:
        """Refuse to read what cannot be OpenSky's, such as a proxy's page with status 200."""
        media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if media_type != "application/json":
            raise UnreadableAnswerError(
                f"{self._url}: Content-Type {media_type!r} instead of application/json"
            )
        encoding = response.headers.get("Content-Encoding", "").strip().lower()
        if encoding not in _ACCEPTED_ENCODINGS:
            raise UnreadableAnswerError(f"{self._url}: Content-Encoding {encoding!r} unasked")

    async def _read(self, response: httpx2.Response) -> bytes:
        """Read the body, but never more than the limit, compressed or not."""
        body = bytearray()
        async for part in response.aiter_bytes():
            body += part
            if len(body) > self._max_bytes:
                raise UnreadableAnswerError(
                    f"{self._url}: more than opensky.max_answer_bytes ({self._max_bytes})"
                )
        return bytes(body)


class _TokenRefusedError(RefusedError):
    """The API answered 401: the token was revoked, or the clocks disagree."""


def timeouts(settings: OpenSkySettings) -> httpx2.Timeout:
    """Return the limits for one request, to the API as to the token endpoint."""
    return httpx2.Timeout(settings.read_timeout_seconds, connect=settings.connect_timeout_seconds)


def _credits_remaining(response: httpx2.Response) -> int | None:
    text = response.headers.get("X-Rate-Limit-Remaining", "").strip()
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdecimal()):
        return None
    return 0 if digits != text else int(digits[:9])


def _user_agent() -> str:
    found = installed_version()
    return PACKAGE if found is None else f"{PACKAGE}/{found}"
