"""The OAuth2 access token: fetched once for all waiting requests, renewed before it expires."""

import asyncio
import re
from typing import Any

import httpx2
import msgspec
import structlog
from authlib.integrations.base_client import OAuthError  # type: ignore[import-untyped]
from authlib.integrations.httpx_client import AsyncOAuth2Client  # type: ignore[import-untyped]

from collector.clock import Clock
from collector.credentials import Credentials
from collector.errors import TransientError, UnauthorizedError
from collector.retry import server_wait

LEEWAY_SECONDS = 60.0
DEFAULT_LIFETIME_SECONDS = 1_800.0
"""The lifetime of OpenSky's tokens; assumed where an answer does not state it."""

MAX_LIFETIME_SECONDS = 86_400.0
"""A longer lifetime is taken for a mistake, and the default is used instead."""

REFUSED_STATUS = frozenset({400, 401})
"""Keycloak answers 401 for a wrong client; older versions answered 400."""

WRONG_CREDENTIALS = frozenset({"invalid_client", "unauthorized_client"})
"""The errors of RFC 6749, section 5.2, that only other credentials cure."""

BELIEVE_REFUSALS_AFTER_SECONDS = 600.0
"""After the credentials have worked once, refusals are believed only after this long: an endpoint
that is being restored refuses good credentials too."""

_TOKEN = re.compile(r"[!-~]+")

log = structlog.stdlib.get_logger()


class _OAuthError(msgspec.Struct):
    error: str


class AccessToken:
    """Gives a valid bearer token. All callers share one client and one request."""

    def __init__(
        self,
        *,
        credentials: Credentials,
        token_url: str,
        timeout: httpx2.Timeout,
        clock: Clock,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._credentials = credentials
        self._token_url = token_url
        self._clock = clock
        self._lock = asyncio.Lock()
        self._token = ""
        self._renew_at = self._expires_at = clock.monotonic()
        self._refused_since: float | None = None
        self._is_overdue = False
        self._deadline_seconds = (timeout.connect or 0.0) + (timeout.read or 0.0)
        self._client = AsyncOAuth2Client(
            client_id=credentials.client_id,
            client_secret=credentials.client_secret,
            # OpenSky documents the form fields; authlib's default is a Basic header.
            token_endpoint_auth_method="client_secret_post",  # noqa: S106 - the name of a method
            timeout=timeout,
            follow_redirects=False,
            transport=transport,
        )
        self._client.register_compliance_hook("access_token_response", self._check)

    async def get(self) -> str:
        """Return a token that is valid for a while.

        Raises:
            UnauthorizedError: The credentials are wrong.
            TransientError: The token endpoint does not answer properly.
        """
        async with self._lock:
            if self._clock.monotonic() >= self._renew_at:
                await self._renew()
            return self._token

    async def replace(self, refused: str) -> str:
        """Return a token other than the one that the API refused.

        Raises:
            UnauthorizedError: The credentials are wrong.
            TransientError: There is no other token for now. The refused one may still be good, for
                proxies answer 401 too, so it stays in use until its end.
        """
        async with self._lock:
            if self._token == refused:
                self._renew_at = self._clock.monotonic()
                await self._fetch()
            return self._token

    async def close(self) -> None:
        """Close the connections to the token endpoint."""
        await self._client.aclose()

    async def _renew(self) -> None:
        try:
            await self._fetch()
        except TransientError as error:
            # The token endpoint may be down while the API is up: use the token to its end.
            left = self._expires_at - self._clock.monotonic()
            if left <= 0:
                raise
            if not self._is_overdue:
                self._is_overdue = True
                log.warning(
                    "token_not_renewed",
                    reason=str(error),
                    valid_seconds=round(left),
                    hint="the present token is used until it expires; each poll requests a new one",
                )

    async def _fetch(self) -> None:
        requested_at = self._clock.monotonic()
        try:
            async with asyncio.timeout(self._deadline_seconds):
                answer = await self._client.fetch_token(
                    self._token_url, grant_type="client_credentials"
                )
        except TimeoutError as error:
            raise TransientError(
                f"token endpoint {self._token_url}: no whole answer within "
                f"{self._deadline_seconds:g} s"
            ) from error
        except OAuthError as error:
            raise TransientError(f"token endpoint {self._token_url}: {error.error}") from error
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, RecursionError) as error:
            reason = str(error) or type(error).__name__
            raise TransientError(f"token endpoint {self._token_url}: {reason}") from error
        self._take(answer, requested_at)

    def _take(self, answer: dict[str, Any], requested_at: float) -> None:
        lifetime = float(answer["expires_in"])
        self._token = answer["access_token"]
        self._expires_at = requested_at + lifetime
        # A token that lives for seconds, as in tests of a server, is not renewed at every call.
        self._renew_at = self._expires_at - min(LEEWAY_SECONDS, lifetime / 4)
        self._refused_since = None
        self._is_overdue = False

    def _check(self, response: httpx2.Response) -> httpx2.Response:
        """Return the answer reduced to a usable token and its lifetime."""
        if response.status_code in REFUSED_STATUS and (error := _oauth_error(response)):
            self._refuse(response.status_code, error)
        if response.status_code != httpx2.codes.OK:
            raise TransientError(
                f"token endpoint {self._token_url}: HTTP {response.status_code} "
                f"({_media_type(response)})",
                retry_after=server_wait(response.headers, self._clock.now()),
            )
        answer = response.json()
        if isinstance(answer, dict) and "error" in answer:
            return response
        token = answer.get("access_token") if isinstance(answer, dict) else None
        if not isinstance(token, str) or not _TOKEN.fullmatch(token):
            raise TransientError(f"token endpoint {self._token_url}: no access_token in the answer")
        usable = {"access_token": token, "expires_in": _lifetime(answer.get("expires_in"))}
        return httpx2.Response(200, json=usable, request=response.request)

    def _refuse(self, status: int, error: str) -> None:
        """Raise the error of a refusal: final for a first token, transient for later ones."""
        now = self._clock.monotonic()
        if self._refused_since is None:
            self._refused_since = now
        is_lasting = now - self._refused_since >= BELIEVE_REFUSALS_AFTER_SECONDS
        text = (
            f"OpenSky does not accept the credentials of client {self._credentials.client_id!r} "
            f"({error}, HTTP {status} from {self._token_url}): check opensky.credentials_file, or "
            "make a new API client at https://opensky-network.org/my-opensky/account"
        )
        if not self._token or (is_lasting and now >= self._expires_at):
            raise UnauthorizedError(text)
        raise TransientError(text)


def _oauth_error(response: httpx2.Response) -> str | None:
    """Return the error code of OAuth's JSON; None for anything else, such as HTML."""
    try:
        error = msgspec.json.decode(response.content, type=_OAuthError).error
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return error if error in WRONG_CREDENTIALS else None


def _media_type(response: httpx2.Response) -> str:
    return response.headers.get("Content-Type", "").partition(";")[0].strip() or "no Content-Type"


def _lifetime(seconds: object) -> float:
    """Return the seconds that a token lives; the default for a value that cannot be right."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return DEFAULT_LIFETIME_SECONDS
    if not 1 <= seconds <= MAX_LIFETIME_SECONDS:
        return DEFAULT_LIFETIME_SECONDS
    return float(seconds)
