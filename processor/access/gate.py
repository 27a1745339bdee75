"""Authenticate requests, check their scopes, and end what runs when its right is lost."""

import asyncio
import hmac
import secrets
from contextlib import AbstractContextManager
from typing import Protocol

import msgspec
from pydantic import SecretStr

from configuration.shared_sections import AccessSettings
from processor.access.api_keys import PREFIX, ApiKeys
from processor.access.errors import AccessError, RightLostError, invalid_token
from processor.access.grants import Grants, OnLost, Right
from processor.access.principal import ANONYMOUS, HISTORY, LIVE, METRICS, Principal, Scope
from processor.access.tickets import Tickets

REVIEW_INTERVAL_SECONDS = 2.0
"""Between two reads of the file of API keys, and between two reviews of the rights in use."""

CREDENTIALS_NEEDED = "an API key or a token is needed, as `Authorization: Bearer …`"
NOT_IN_URL = (
    "keys and tokens in a URL end up in logs and histories: send `Authorization: Bearer …` or, "
    "where no header can be set, a ticket from POST /sse/ticket"
)


class TokenCheck(Protocol):
    """Verifies bearer tokens, see `processor.access.tokens.Tokens`."""

    async def identify(self, text: str) -> Principal: ...  # noqa: D102
    def check(self, principal: Principal) -> None: ...  # noqa: D102
    def refresh(self) -> None: ...  # noqa: D102


class Gate:
    """Admits requests with an API key, a token or a ticket; an open gate admits all requests.

    Args:
        is_open: Whether credentials are not needed.
        keys: The API keys; None if none are configured.
        tokens: The check of tokens; None if none are configured.
        tickets: The tickets that were issued.
        metrics_token: The token that admits to the metrics alone; None if there is none.
    """

    def __init__(
        self,
        *,
        is_open: bool,
        keys: ApiKeys | None,
        tokens: TokenCheck | None,
        tickets: Tickets,
        metrics_token: str | None = None,
    ) -> None:
        self._is_open = is_open
        self._keys = keys
        self._tokens = tokens
        self._tickets = tickets
        self._metrics_token = None if metrics_token is None else metrics_token.encode()
        self._grants = Grants(self.check)

    @property
    def ticket_seconds(self) -> int:
        """How long a ticket is valid, in seconds."""
        return self._tickets.ttl_seconds

    async def admit(
        self,
        *,
        authorization: str | None,
        ticket: str | None,
        scope: Scope,
        has_token_in_url: bool = False,
    ) -> Principal:
        """Return the principal of a request. The header takes precedence over a ticket.

        Raises:
            AccessError: The credentials are missing or not accepted, or lack the scope.
        """
        if self._is_open:
            return ANONYMOUS
        if has_token_in_url:
            raise AccessError(401, "invalid_request", NOT_IN_URL)
        if authorization is not None:
            principal = await self._identify(_bearer(authorization))
        elif ticket is not None:
            principal = await self._redeem(ticket)
        else:
            raise AccessError(401, "missing", CREDENTIALS_NEEDED)
        if scope not in principal.scopes:
            raise AccessError(403, "insufficient_scope", f"the scope {scope} is needed for this")
        return principal

    def issue_ticket(self, principal: Principal, address: str) -> str:
        """Return a ticket that admits this principal once to the stream or a replay.

        Raises:
            OverloadedError: Too many tickets are unused, in all or of this principal or address.
        """
        if self._is_open:
            return secrets.token_urlsafe(32)  # an open gate does not check it
        scopes = principal.scopes & {LIVE, HISTORY}
        return self._tickets.issue(msgspec.structs.replace(principal, scopes=scopes), address)

    def check(self, right: Right) -> None:
        """Check a right that was granted before.

        Raises:
            RightLostError: The key or token is not valid any more, or grants less than before.
        """
        principal = right.principal
        if principal.credential is None:
            return
        if principal.credential.kind == "token":
            if self._tokens is not None:
                self._tokens.check(principal)
            return
        if self._keys is not None:
            _check_not_narrowed(self._keys.current(principal.credential), right)

    def held(self, right: Right, on_lost: OnLost) -> AbstractContextManager[None]:
        """Within the block, call `on_lost` within seconds after the right is lost."""
        return self._grants.held(right, on_lost)

    async def watch(self) -> None:
        """Read the file of API keys, and review the rights in use, every few seconds."""
        while True:
            if self._keys is not None:
                await self._keys.reload()
            if self._tokens is not None and self._grants:
                self._tokens.refresh()
            self._grants.review()
            await asyncio.sleep(REVIEW_INTERVAL_SECONDS)

    def keys_trouble(self) -> str | None:
        """Return why the API keys in use may differ from the file, or None if they do not."""
        return self._keys.trouble() if self._keys is not None else None

    async def _identify(self, text: str) -> Principal:
        if self._metrics_token is not None and hmac.compare_digest(
            text.encode(), self._metrics_token
        ):
            return _METRICS_READER
        if text.startswith(PREFIX):
            if self._keys is None:
                raise invalid_token("API keys are not in use here: send a token of the issuer")
            await self._keys.reload_if_changed()
            return self._keys.identify(text)
        if self._tokens is None:
            raise invalid_token(f"tokens are not in use here: send an API key ({PREFIX}…)")
        return await self._tokens.identify(text)

    async def _redeem(self, text: str) -> Principal:
        if text.startswith(PREFIX) or "." in text:
            raise AccessError(401, "invalid_request", NOT_IN_URL)
        principal = self._tickets.redeem(text)
        if self._keys is not None:
            await self._keys.reload_if_changed()
        self.check(Right(principal, principal.scopes))
        return principal


_METRICS_READER = Principal("metrics_token", frozenset({METRICS}))


def _check_not_narrowed(current: Principal, right: Right) -> None:
    """Check that a right is within what its key grants now.

    Raises:
        RightLostError: The right exceeds the key; the error says how.
    """
    if not right.scopes <= current.scopes:
        raise RightLostError("narrowed", "a scope of the API key was taken away")
    if not current.covers_areas(right.principal.areas):
        raise RightLostError("narrowed", "the areas of the API key have changed")


def _bearer(authorization: str) -> str:
    scheme, _, text = authorization.strip().partition(" ")
    if scheme.lower() != "bearer" or not text.strip():
        raise AccessError(401, "invalid_request", CREDENTIALS_NEEDED)
    return text.strip()


def create_gate(settings: AccessSettings) -> Gate:
    """Make the gate that the settings ask for.

    Raises:
        FatalError: A file cannot be used.
    """
    return Gate(
        is_open=settings.mode != "required",
        keys=None if settings.keys_file is None else ApiKeys(settings.keys_file),
        tokens=_tokens(settings),
        tickets=Tickets(ttl_seconds=settings.ticket_seconds),
        metrics_token=_secret(settings.metrics_token),
    )


def _secret(value: SecretStr | None) -> str | None:
    return None if value is None else value.get_secret_value()


def _tokens(settings: AccessSettings) -> TokenCheck | None:
    if settings.jwt_issuer is None or settings.jwt_audience is None:
        return None
    # joserfc, cryptography and httpx2 take 100 ms and 5 MB, which only servers with an issuer need.
    from processor.access.tokens import create_tokens  # noqa: PLC0415

    return create_tokens(settings, settings.jwt_issuer, settings.jwt_audience)
