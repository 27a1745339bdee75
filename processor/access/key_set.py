"""The issuer's public keys (JWKS): from a file or a URL, kept for a while, few and small."""

import asyncio
import time
import warnings
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import httpx2
import msgspec
import structlog
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import JWKRegistry, Key

from configuration.log_throttle import Throttle
from processor.access.errors import AccessError
from processor.errors import FatalError

log = structlog.get_logger()

MAX_BYTES = 64 * 1024
MAX_KEYS = 32
FETCH_SECONDS = 5.0
FRESH_SECONDS = 300.0
FILE_FRESH_SECONDS = 10.0
"""A file costs the issuer nothing, and is how an operator withdraws a key."""

ASK_AGAIN_SECONDS = 60.0
"""Tokens with a made-up key id cost the issuer no more than one request in this time."""

RETRY_SECONDS = 5.0
"""As long as there is no key at all, so that a start beside the issuer's own is not slow."""

STALE_SECONDS = 24 * 3600.0
"""An issuer that is away does not lock everybody out; for longer a revoked key might be used."""

Source = Callable[[], Awaitable[bytes]]
"""Gives the set's JSON, or raises OSError, ValueError or an error of httpx2's."""


class KeySet:
    """Hands out the keys that a token may be signed with; one question to the source at a time."""

    def __init__(
        self,
        source: Source,
        *,
        place: str,
        fresh_seconds: float = FRESH_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = source
        self._place = place
        self._fresh_seconds = fresh_seconds
        self._throttle = Throttle()
        self._clock = clock
        self._keys: Sequence[Key] = ()
        self._thumbprints: frozenset[str] = frozenset()
        self._read_at = self._asked_at = float("-inf")
        self._asking: asyncio.Task[None] | None = None

    async def find(self, key_id: str | None) -> Sequence[Key]:
        """Return the keys that a token with this key id may be signed with, perhaps none.

        Raises:
            AccessError: There are no keys at all at the moment.
        """
        found = self._matching(key_id)
        if not found:
            await self._request()
            found = self._matching(key_id)
        elif self._clock() >= self._read_at + self._fresh_seconds:
            self._start_asking()  # who has a key needs not wait
        if not self._usable():
            raise AccessError(
                503,
                "temporarily_unavailable",
                "tokens cannot be checked: the issuer's keys are away",
            )
        return found

    def holds(self, thumbprint: str) -> bool:
        """Whether the key with this thumbprint (RFC 7638) is in the set that was read last."""
        return thumbprint in self._thumbprints

    def refresh(self) -> None:
        """Have the set read again if that is due, as the next token would."""
        if self._clock() >= self._read_at + self._fresh_seconds:
            self._start_asking()

    def _matching(self, key_id: str | None) -> Sequence[Key]:
        return [key for key in self._usable() if key_id is None or key.kid in {None, key_id}]

    def _usable(self) -> Sequence[Key]:
        return self._keys if self._clock() < self._read_at + STALE_SECONDS else ()

    async def _request(self) -> None:
        self._start_asking()
        if self._asking is not None:
            # A viewer that gives up does not end the question for the others that wait.
            await asyncio.shield(self._asking)

    def _start_asking(self) -> None:
        if self._asking is not None:
            return
        again_seconds = min(ASK_AGAIN_SECONDS, self._fresh_seconds)
        wait_seconds = again_seconds if self._usable() else RETRY_SECONDS
        if self._clock() >= self._asked_at + wait_seconds:
            self._asked_at = self._clock()
            self._asking = asyncio.create_task(self._read(), name="issuer's keys")

    async def _read(self) -> None:
        try:
            self._keys = read_keys(await self._source())
            self._thumbprints = frozenset(key.thumbprint() for key in self._keys)
            self._read_at = self._clock()
        except (OSError, ValueError, httpx2.HTTPError, httpx2.InvalidURL) as error:
            reason = str(error) or type(error).__name__
            left_out = self._throttle.admit(reason)
            if left_out is not None:
                log.warning(
                    "issuer_keys_not_read", place=self._place, reason=reason, left_out=left_out
                )
        finally:
            self._asking = None


class _Jwks(msgspec.Struct, frozen=True):
    keys: Annotated[list[dict[str, Any]], msgspec.Meta(max_length=MAX_KEYS)]


def read_keys(body: bytes) -> Sequence[Key]:
    """Read a JWKS, without what we cannot use in it (RFC 7517, 5).

    Raises:
        ValueError: It is none, is too large, or holds nothing that can check a signature.
    """
    if len(body) > MAX_BYTES:
        raise ValueError(f"more than {MAX_BYTES} bytes are no key set")
    try:
        items = msgspec.json.decode(body, type=_Jwks).keys
    except RecursionError:
        raise ValueError("nested too deeply to be a key set") from None
    keys = [key for item in items if (key := _read_key(item)) is not None]
    if not keys:
        raise ValueError("holds no public key (RSA of 2048 bits, EC or OKP) for signatures")
    return keys


def _read_key(item: dict[str, Any]) -> Key | None:
    """Import a key for signatures; secrets and weak keys are none, whoever serves them."""
    if item.get("kty") not in {"RSA", "EC", "OKP"} or item.get("use", "sig") != "sig":
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", SecurityWarning)
            return JWKRegistry.import_key(item)
    except (JoseError, SecurityWarning, ValueError, TypeError, KeyError, AttributeError):
        return None


def check_key_file(path: Path) -> None:
    """Refuse a file of keys that no token could be checked with.

    Raises:
        FatalError: It cannot be read, or is no key set.
    """
    try:
        read_keys(_read_file(path))
    except (OSError, ValueError) as error:
        raise FatalError(
            f"access.jwks_file {path}: {error}; give it the issuer's JWKS, as its jwks_uri answers"
        ) from error


def file_source(path: Path) -> Source:
    """Make a source that reads a file."""

    async def read() -> bytes:
        return await asyncio.to_thread(_read_file, path)

    return read


def _read_file(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def url_source(url: str, *, transport: httpx2.AsyncBaseTransport | None = None) -> Source:
    """Make a source that asks a URL, and only that one."""

    async def fetch() -> bytes:
        async with (
            asyncio.timeout(FETCH_SECONDS),
            _client(transport) as client,
            client.stream("GET", url) as response,
        ):
            if response.status_code != httpx2.codes.OK:
                raise ValueError(f"HTTP {response.status_code}; redirects are not followed")
            return await _read_body(response)

    return fetch


def _client(transport: httpx2.AsyncBaseTransport | None) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(
        follow_redirects=False,
        headers={"Accept": "application/json", "Accept-Encoding": "identity"},
        transport=transport,
    )


async def _read_body(response: httpx2.Response) -> bytes:
    """Read up to the limit, as sent: what was compressed unasked could be a bomb."""
    body = bytearray()
    async for part in response.aiter_raw():
        body += part
        if len(body) > MAX_BYTES:
            raise ValueError(f"more than {MAX_BYTES} bytes are no key set")
    return bytes(body)
