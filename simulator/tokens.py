"""Bearer tokens for client credentials, with the answers of the Keycloak behind OpenSky."""

import base64
import binascii
import hmac
import json
import secrets
from collections.abc import Mapping
from urllib.parse import parse_qs, unquote_plus

_INVALID = "Invalid client or Invalid client credentials"


class TokenRefused(Exception):  # noqa: N818 - named after what happens, not "Error"
    """No token for this request; carries the status and Keycloak's body."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.body = {"error": error, "error_description": description}


class Tokens:
    """Issues tokens and knows whose they are until they expire.

    Args:
        clients: Accepted client ids and their secrets.
        lifetime: Seconds a token is valid; OpenSky's are valid for 1800.
    """

    def __init__(self, clients: Mapping[str, str], *, lifetime: int) -> None:
        self._clients = dict(clients)
        self._lifetime = lifetime
        self._owners: dict[str, tuple[str, float]] = {}
        self.issued = 0

    def grant(self, form: bytes, authorization: str | None, now: float) -> dict[str, str | int]:
        """Answer a token request: its form and its Authorization header.

        Raises:
            TokenRefused: Wrong grant (400) or wrong client (401).
        """
        fields = {name: values[0] for name, values in parse_qs(form.decode("latin-1")).items()}
        if "grant_type" not in fields:
            raise TokenRefused(400, "invalid_request", "Missing form parameter: grant_type")
        if fields["grant_type"] != "client_credentials":
            raise TokenRefused(400, "unsupported_grant_type", "Unsupported grant_type")
        client_id, secret = _credentials(fields, authorization)
        known = self._clients.get(client_id)
        if known is None:
            raise TokenRefused(401, "invalid_client", _INVALID)
        if not hmac.compare_digest(known.encode(), secret.encode()):
            raise TokenRefused(401, "unauthorized_client", _INVALID)
        return {
            "access_token": self._issue(client_id, now),
            "expires_in": self._lifetime,
            "refresh_expires_in": 0,
            "token_type": "Bearer",
            "not-before-policy": 0,
            "scope": "email profile",
        }

    def owner(self, token: str, now: float) -> str | None:
        """Return the client a token belongs to, None if it is unknown or expired."""
        client_id, expires = self._owners.get(token, ("", 0.0))
        return client_id if now < expires else None

    def _issue(self, client_id: str, now: float) -> str:
        self._owners = {token: owned for token, owned in self._owners.items() if owned[1] > now}
        token = _jwt({"exp": int(now) + self._lifetime, "iat": int(now), "azp": client_id})
        self._owners[token] = (client_id, now + self._lifetime)
        self.issued += 1
        return token


def _credentials(fields: Mapping[str, str], authorization: str | None) -> tuple[str, str]:
    """Client id and secret from the form or, as RFC 6749 prefers, from a Basic header."""
    scheme, _, encoded = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return fields.get("client_id", ""), fields.get("client_secret", "")
    try:
        client_id, _, secret = base64.b64decode(encoded).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return unquote_plus(client_id), unquote_plus(secret)


def _jwt(claims: dict[str, str | int]) -> str:
    """Return a text of a JWT's shape; the signature is random, because no client checks it."""
    header = {"alg": "RS256", "typ": "JWT", "kid": "simulator"}
    parts = [json.dumps(part, separators=(",", ":")).encode() for part in (header, claims)]
    encoded = [base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts]
    return ".".join([*encoded, secrets.token_urlsafe(32)])
