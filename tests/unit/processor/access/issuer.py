"""An identity provider in the process: keys, key sets, and valid and forged tokens."""

import base64
import hmac
import json
import warnings
from functools import cache
from typing import Any

from joserfc import jws
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey
from joserfc.registry import Header

from processor.access.key_set import KeySet
from processor.access.tokens import Tokens

ISSUER = "https://issuer.example"
AUDIENCE = "flight-monitor"
NOW = 1_800_000_000
ALGORITHMS = ("RS256", "ES256", "EdDSA", "Ed25519")
LIFETIME_S = 300


class Clock:
    """A clock that moves only when a test moves it."""

    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class Source:
    """Serves a key set, and counts the requests."""

    def __init__(self, answer: bytes | Exception) -> None:
        self.answer = answer
        self.asked = 0

    async def __call__(self) -> bytes:
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@cache
def rsa_key(key_id: str = "rsa") -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": key_id})


@cache
def ec_key(key_id: str = "ec") -> ECKey:
    return ECKey.generate_key("P-256", {"kid": key_id})


@cache
def ed_key(key_id: str = "ed") -> OKPKey:
    return OKPKey.generate_key("Ed25519", {"kid": key_id})


def key_set_json(*keys: Key | dict[str, Any]) -> bytes:
    """Return a JWKS as an issuer publishes it, without private parts."""
    items = [key if isinstance(key, dict) else key.as_dict(private=False) for key in keys]
    return json.dumps({"keys": items}).encode()


def claims(**changed: object) -> dict[str, Any]:
    """Return valid claims with changes; None removes a claim."""
    merged = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "alice",
        "exp": NOW + LIFETIME_S,
        "scope": "flights:live",
        **changed,
    }
    return {name: value for name, value in merged.items() if value is not None}


def sign(payload: object, key: Key | None = None, **header: object) -> str:
    """Sign with any key by any algorithm, as a forger may."""
    key = key or rsa_key()
    whole: Header = {"alg": "RS256", "typ": "at+jwt", "kid": key.kid, **header}
    whole = {name: value for name, value in whole.items() if value is not None}
    registry = jws.JWSRegistry(algorithms=[whole["alg"]], strict_check_header=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of EdDSA's older name
        return jws.serialize_compact(whole, json.dumps(payload), key, registry=registry)


def unsigned(payload: dict[str, Any], **header: object) -> str:
    """Return a token whose header claims that it needs no signature."""
    return f"{_encode({'alg': 'none', 'typ': 'at+jwt', **header})}.{_encode(payload)}."


def confused(payload: dict[str, Any]) -> str:
    """Sign by HMAC with the issuer's public key as the secret (CVE-2024-37568)."""
    header = {"alg": "HS256", "typ": "at+jwt", "kid": "rsa"}
    signed = f"{_encode(header)}.{_encode(payload)}"
    secret = rsa_key().as_pem(private=False)
    return f"{signed}.{_base64(hmac.digest(secret, signed.encode(), 'sha256'))}"


def tokens(source: Source, clock: Clock, *, algorithms: tuple[str, ...] = ALGORITHMS) -> Tokens:
    """Return the object under test, for this issuer."""
    keys = KeySet(source, place="the test", clock=clock)
    return Tokens(issuer=ISSUER, audience=AUDIENCE, algorithms=algorithms, keys=keys, clock=clock)


def _encode(item: dict[str, Any]) -> str:
    return _base64(json.dumps(item).encode())


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
