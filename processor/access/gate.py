"""The one question at every door: who is it, and may they have this; and do they still?"""

import asyncio
import secrets
from contextlib import AbstractContextManager

import msgspec

from configuration.settings import AccessSettings
from processor.access.api_keys import PREFIX, ApiKeys
from processor.access.errors import AccessError, RightLostError, invalid_token
from processor.access.grants import End, Grants, Right
from processor.access.key_set import (
    FILE_FRESH_SECONDS,
    KeySet,
    check_key_file,
    file_source,
    url_source,
)
from processor.access.principal import ANONYMOUS, HISTORY, LIVE, Principal, Scope
from processor.access.tickets import Tickets
from processor.access.tokens import Tokens

LOOK_SECONDS = 2.0
"""Between two looks at the file of API keys, and between two checks of the rights in use."""

WANTED = "an API key or a token is needed, as `Authorization: Bearer …`"
NOT_IN_URL = (
    "keys and tokens in a URL end up in logs and histories: send `Authorization: Bearer …` or, "
    "where no header can be set, a ticket from POST /sse/ticket"
)


class Gate:
    """Admits whoever brings an API key, a token or a ticket; an open one admits everybody.

    Args:
        keys: None where no API keys are in use.
        tokens: None where no tokens are in use.
    """

    def __init__(
        self, *, is_open: bool, keys: ApiKeys | None, tokens: Tokens | None, tickets: Tickets
    ) -> None:
        self._is_open = is_open
        self._keys = keys
        self._tokens = tokens
        self._tickets = tickets
        self._grants = Grants(self.check)

    @property
    def ticket_seconds(self) -> int:
        """How long a ticket waits to be used."""
        return self._tickets.ttl_seconds

    async def admit(
        self,
        *,
        authorization: str | None,
        ticket: str | None,
        scope: Scope,
        has_token_in_url: bool = False,
    ) -> Principal:
        """Return who asks; what the header says counts more than a ticket.

        Raises:
            AccessError: Nobody we know, or somebody without the scope.
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
            raise AccessError(401, "missing", WANTED)
        if scope not in principal.scopes:
            raise AccessError(403, "insufficient_scope", f"the scope {scope} is needed for this")
        return principal

    def issue_ticket(self, principal: Principal, address: str) -> str:
        """Make a ticket that admits this principal to the stream and its past, once and soon.

        Raises:
            OverloadedError: There are too many, in all, of the principal or for the address.
        """
        if self._is_open:
            return secrets.token_urlsafe(32)  # nobody will ask for it
        scopes = principal.scopes & {LIVE, HISTORY}
        return self._tickets.issue(msgspec.structs.replace(principal, scopes=scopes), address)

    def check(self, right: Right) -> None:
        """Check a right that was granted before.

        Raises:
            RightLostError: The key or token is good no longer, or opens less than then.
        """
        principal = right.principal
        if principal.credential is None:
            return
        if principal.credential.kind == "token":
            if self._tokens is not None:
                self._tokens.check(principal)
            return
        if self._keys is not None:
            _refuse_less(self._keys.current(principal.credential), right)

    def held(self, right: Right, end: End) -> AbstractContextManager[None]:
        """Have `end` called within seconds when a right is gone that something long goes by."""
        return self._grants.held(right, end)

    async def watch(self) -> None:
        """Look at the file of API keys, and check every right in use, every few seconds."""
        while True:
            if self._keys is not None:
                await self._keys.look()
            if self._tokens is not None and self._grants:
                self._tokens.refresh()
            self._grants.review()
            await asyncio.sleep(LOOK_SECONDS)

    def keys_trouble(self) -> str | None:
        """Return why the API keys in use may not be those of the file; None if they are."""
        return self._keys.trouble() if self._keys is not None else None

    async def _identify(self, text: str) -> Principal:
        if text.startswith(PREFIX):
            if self._keys is None:
                raise invalid_token("API keys are not in use here: bring a token of the issuer's")
            await self._keys.look_if_changed()
            return self._keys.identify(text)
        if self._tokens is None:
            raise invalid_token(f"tokens are not in use here: bring an API key ({PREFIX}…)")
        return await self._tokens.identify(text)

    async def _redeem(self, text: str) -> Principal:
        if text.startswith(PREFIX) or "." in text:
            raise AccessError(401, "invalid_request", NOT_IN_URL)
        principal = self._tickets.redeem(text)
        if self._keys is not None:
            await self._keys.look_if_changed()
        self.check(Right(principal, principal.scopes))
        return principal


def _refuse_less(current: Principal, right: Right) -> None:
    """Refuse a right that goes beyond what its key opens by now.

    Raises:
        RightLostError: Saying what was taken away.
    """
    if not right.scopes <= current.scopes:
        raise RightLostError("narrowed", "a scope of the API key was taken away")
    if not current.covers_areas(right.principal.areas):
        raise RightLostError("narrowed", "the areas of the API key have changed")


def _bearer(authorization: str) -> str:
    scheme, _, text = authorization.strip().partition(" ")
    if scheme.lower() != "bearer" or not text.strip():
        raise AccessError(401, "invalid_request", WANTED)
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
    )


def _tokens(settings: AccessSettings) -> Tokens | None:
    if settings.jwt_issuer is None or settings.jwt_audience is None:
        return None
    return Tokens(
        issuer=settings.jwt_issuer,
        audience=settings.jwt_audience,
        algorithms=settings.jwt_algorithms,
        keys=_key_set(settings),
    )


def _key_set(settings: AccessSettings) -> KeySet:
    if settings.jwks_file is not None:
        check_key_file(settings.jwks_file)
        return KeySet(
            file_source(settings.jwks_file),
            place=str(settings.jwks_file),
            fresh_seconds=FILE_FRESH_SECONDS,
        )
    url = settings.jwks_url or ""
    return KeySet(url_source(url), place=url)
