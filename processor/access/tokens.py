"""Verify bearer tokens (JWT) of one issuer."""

import contextlib
import time
from collections.abc import Callable, Collection
from typing import Any

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwa import JWSAlgModel
from joserfc.jwk import Key
from joserfc.jws import JWSRegistry
from joserfc.jwt import JWTClaimsRegistry
from joserfc.util import urlsafe_b64decode

from configuration.shared_sections import AccessSettings
from processor.access.errors import RightLostError, invalid_token
from processor.access.key_set import (
    FILE_FRESH_SECONDS,
    KeySet,
    check_key_file,
    file_source,
    url_source,
)
from processor.access.principal import SCOPES, Credential, Principal
from processor.bounding_box import BoundingBox, parse_box

LEEWAY_SECONDS = 30
"""How far the clocks of issuer and processor may differ."""

MAX_TOKEN_BYTES = 16 * 1024
MAX_AREAS = 32

TYPES = {"at+jwt", "application/at+jwt", "jwt"}
"""Types of access tokens (RFC 9068), and the general type that many issuers use.

Tokens of other types, such as `logout+jwt`, are rejected.
"""

_Corners = tuple[float, float, float, float]


class _Header(msgspec.Struct, frozen=True):
    """The parts of a header that are used. Keys in it or linked from it (jwk, jku, x5u) are not."""

    alg: str
    kid: str | None = None
    typ: str = "JWT"


class PinnedRegistry(JWSRegistry):
    """Allows only the configured algorithms, even if there are none, and EdDSA without warning."""

    def __init__(self, allowed: Collection[str]) -> None:
        super().__init__(strict_check_header=False)
        self._pinned = frozenset(allowed)

    def allows(self, name: str) -> bool:
        """Whether a token may be signed with this algorithm."""
        return name in self._pinned

    def get_alg(self, name: str) -> JWSAlgModel:
        """Return the algorithm by which joserfc verifies."""
        if not self.allows(name):
            raise UnsupportedAlgorithmError
        return self.algorithms[name]


class Tokens:
    """Verifies tokens of one issuer for one audience."""

    def __init__(
        self,
        *,
        issuer: str,
        audience: str,
        algorithms: Collection[str],
        keys: KeySet,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._keys = keys
        self._clock = clock
        self._registry = PinnedRegistry(algorithms)
        self._claims = JWTClaimsRegistry(
            now=lambda: int(clock()),
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
            sub={"essential": True},
        )

    async def identify(self, text: str) -> Principal:
        """Return the principal of a token.

        Raises:
            AccessError: The token is not valid, or cannot be checked now.
        """
        header = _read_header(text)
        if header.typ.lower() not in TYPES:
            raise invalid_token("the token's typ is neither at+jwt nor JWT")
        if not self._registry.allows(header.alg):
            raise invalid_token("the token's alg is none of access.jwt_algorithms")
        keys = await self._keys.find(header.kid)
        if not keys:
            raise invalid_token("the token names a key that the issuer does not have")
        return self._principal(*self._verified(text, keys))

    def check(self, principal: Principal) -> None:
        """Check a principal that was authenticated by a token.

        Raises:
            RightLostError: The token has expired, or the issuer withdrew the key that signed it.
        """
        if principal.is_expired(self._clock() - LEEWAY_SECONDS):
            raise RightLostError("expired", "the token has expired")
        if principal.credential is None or not self._keys.holds(principal.credential.hash):
            raise RightLostError("revoked", "the issuer has withdrawn the key of the token")

    def refresh(self) -> None:
        """Start to read the issuer's keys again if that is due, even without a new token."""
        self._keys.refresh()

    def _verified(self, text: str, keys: Collection[Key]) -> tuple[dict[str, Any], Key]:
        """Return the claims, and the key that signed them.

        The key id is only a hint: keys of several types may share one.
        """
        for key in keys:
            with contextlib.suppress(JoseError, ValueError, TypeError, RecursionError):
                return jwt.decode(text, key, registry=self._registry).claims, key
        raise invalid_token("the token is not signed, as it is, by a key of the issuer's")

    def _principal(self, claims: dict[str, Any], key: Key) -> Principal:
        try:
            self._claims.validate(claims)
            return Principal(
                f"sub:{claims['sub']}",
                SCOPES.intersection(_scopes(claims.get("scope", ""))),
                _areas(claims["areas"]) if "areas" in claims else (),
                # The time from which on the token is rejected.
                float(claims["exp"]),
                Credential("token", key.thumbprint()),
            )
        except (JoseError, ValueError, OverflowError) as error:
            raise invalid_token(f"the token is not accepted: {error}") from error


def _read_header(text: str) -> _Header:
    """Parse the header, which is not trusted before a key has verified it."""
    if len(text) > MAX_TOKEN_BYTES:
        raise invalid_token(f"the token has more than {MAX_TOKEN_BYTES} bytes")
    encoded = text.partition(".")[0].encode()
    try:
        return msgspec.json.decode(urlsafe_b64decode(encoded), type=_Header)
    except (ValueError, RecursionError) as error:
        raise invalid_token(
            "the credentials are neither an API key of this server nor a JWT"
        ) from error


def _scopes(claim: object) -> list[str]:
    if not isinstance(claim, str):
        raise ValueError("the claim scope is not text")  # noqa: TRY004 - an error of the client
    return claim.split(" ")


def _areas(claim: object) -> tuple[BoundingBox, ...]:
    """Parse the areas. An invalid claim is an error: it must not grant the whole globe."""
    corners = msgspec.convert(claim, list[_Corners])
    if not 0 < len(corners) <= MAX_AREAS:
        raise ValueError(f"the claim areas has not 1 to {MAX_AREAS} boxes")
    return tuple(parse_box(",".join(map(repr, box))) for box in corners)


def create_tokens(settings: AccessSettings, issuer: str, audience: str) -> Tokens:
    """Make the check of tokens that the settings ask for.

    Raises:
        FatalError: The file of keys cannot be used.
    """
    return Tokens(
        issuer=issuer,
        audience=audience,
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
