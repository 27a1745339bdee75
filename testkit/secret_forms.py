"""The forms in which a secret may stand in a log: plain, URL-encoded and in Base64."""

import base64
import json
from collections.abc import Iterable
from urllib.parse import quote, quote_plus


def forms_of(secret: str) -> set[str]:
    """Return the texts by which a secret would be given away, also as a part of Base64."""
    encoded = {
        secret,
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        repr(secret)[1:-1],
        secret.encode().hex(),
    }
    return encoded | {form for skipped in range(3) for form in _base64(secret, skipped)}


def found_in(text: str, secrets: Iterable[str]) -> list[str]:
    """Return the lines that give a secret away."""
    forms = {form for secret in secrets for form in forms_of(secret)}
    return [line for line in text.splitlines() if any(form in line for form in forms)]


def _base64(secret: str, skipped: int) -> Iterable[str]:
    """Yield the Base64 of a secret behind so many bytes, without what other bytes decide on."""
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        text = encode(b"\0" * skipped + secret.encode()).decode()
        begin = (0, 2, 3)[skipped]
        end = len(text.rstrip("=")) - (1 if text.endswith("=") else 0)
        yield text[begin:end]
