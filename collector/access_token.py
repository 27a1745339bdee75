"""The OAuth2 access token: fetched once for all who wait, renewed before it expires."""

import asyncio
from typing import Any

import httpx2
from authlib.integrations.base_client import OAuthError  # type: ignore[import-untyped]
from authlib.integrations.httpx_client import AsyncOAuth2Client  # type: ignore[import-untyped]

from collector.clock import Clock
from collector.credentials import Credentials
from collector.errors import TransientError, UnauthorizedError
from collector.retry import server_wait

LEEWAY_SECONDS = 60.0
DEFAULT_LIFETIME_SECONDS = 1_800.0
"""OpenSky's tokens live 30 minutes; used where an answer does not say."""

WRONG_CREDENTIALS = frozenset({400, 401})
"""Keycloak answers 401 for a wrong client; older versions answered 400."""


class AccessToken:
    """Hands out a valid bearer token; one long-lived client and one request however many wait."""

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
        self._client = AsyncOAuth2Client(
            client_id=credentials.client_id,
            client_secret=credentials.client_secret,
            # OpenSky documents the form fields; authlib's default is a Basic header.
            token_endpoint_auth_method="client_secret_post",  # noqa: S106 - the name of a method
            timeout=timeout,
            follow_redirects=False,
            transport=transport,
        )
        self._client.register_compliance_hook("access_token_response", self._check_status)

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
        """Return another token than the one that the API has refused."""
        async with self._lock:
            if self._token == refused:
                self._renew_at = self._expires_at = self._clock.monotonic()
                await self._renew()
            return self._token

    async def close(self) -> None:
        """Close the connections to the token endpoint."""
        await self._client.aclose()

    async def _renew(self) -> None:
        try:
            await self._fetch()
        except TransientError:
            # The token endpoint may be down while the API is up: use the token to its end.
            if self._clock.monotonic() >= self._expires_at:
                raise

    async def _fetch(self) -> None:
        asked_at = self._clock.monotonic()
        try:
            answer = await self._client.fetch_token(
                self._token_url, grant_type="client_credentials"
            )
        except OAuthError as error:
            raise TransientError(f"token endpoint {self._token_url}: {error.error}") from error
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
            reason = str(error) or type(error).__name__
            raise TransientError(f"token endpoint {self._token_url}: {reason}") from error
        self._take(answer, asked_at)

    def _take(self, answer: dict[str, Any], asked_at: float) -> None:
        token = answer.get("access_token")
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise TransientError(f"token endpoint {self._token_url}: no access_token in the answer")
        lifetime = answer.get("expires_in")
        if not isinstance(lifetime, int | float) or lifetime <= 0:
            lifetime = DEFAULT_LIFETIME_SECONDS
        self._token = token
        self._expires_at = asked_at + lifetime
        # A token that lives for seconds, as in tests of a server, is not renewed at every call.
        self._renew_at = self._expires_at - min(LEEWAY_SECONDS, lifetime / 4)

    def _check_status(self, response: httpx2.Response) -> httpx2.Response:
        if response.status_code in WRONG_CREDENTIALS:
            raise UnauthorizedError(
                f"OpenSky does not accept the credentials of client "
                f"{self._credentials.client_id!r} (HTTP {response.status_code} from "
                f"{self._token_url}): check opensky.credentials_file, or make a new API client at "
                "https://opensky-network.org/my-opensky/account"
            )
        if response.status_code != httpx2.codes.OK:
            raise TransientError(
                f"token endpoint {self._token_url}: HTTP {response.status_code}",
                retry_after=server_wait(response.headers, self._clock.now()),
            )
        return response
