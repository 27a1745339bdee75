"""The one question at every door: who is it, and may they have this."""

import secrets

import msgspec

from processor.access.api_keys import PREFIX, ApiKeys
from processor.access.errors import AccessError, invalid_token
from processor.access.key_set import KeySet, check_key_file, file_source, url_source
from processor.access.principal import ANYBODY, HISTORY, LIVE, Principal, Scope
from processor.access.tickets import Tickets
from processor.access.tokens import Tokens
from telemetry.settings import AccessSettings

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
            return ANYBODY
        if has_token_in_url:
            raise AccessError(401, "invalid_request", NOT_IN_URL)
        if authorization is not None:
            principal = await self._identify(_bearer(authorization))
        elif ticket is not None:
            principal = self._redeem(ticket)
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

    async def _identify(self, text: str) -> Principal:
        if text.startswith(PREFIX):
            if self._keys is None:
                raise invalid_token("API keys are not in use here: bring a token of the issuer's")
            return self._keys.identify(text)
        if self._tokens is None:
            raise invalid_token(f"tokens are not in use here: bring an API key ({PREFIX}…)")
        return await self._tokens.identify(text)

    def _redeem(self, text: str) -> Principal:
        if text.startswith(PREFIX) or "." in text:
            raise AccessError(401, "invalid_request", NOT_IN_URL)
        return self._tickets.redeem(text)


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
        return KeySet(file_source(settings.jwks_file), place=str(settings.jwks_file))
    url = settings.jwks_url or ""
    return KeySet(url_source(url), place=url)
