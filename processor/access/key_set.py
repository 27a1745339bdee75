"""Load the issuer's public keys (JWKS) from a file or a URL, and cache them."""

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
"""How long a request to the issuer may take."""

FRESH_SECONDS = 300.0
"""After this time the set of a URL is read again."""

FILE_FRESH_SECONDS = 10.0
"""How long keys of a file count as fresh. Reading it costs the issuer nothing, and withdrawn keys
are refused soon."""

MIN_REFRESH_SECONDS = 60.0
"""Between two requests for a key id that is not in the set: tokens with invented key ids must not
flood the issuer."""

RETRY_SECONDS = 5.0
"""Between two requests while there is no key at all: the issuer may be starting as well."""

STALE_SECONDS = 24 * 3600.0
"""How long keys stay in use while the issuer does not answer. A longer time would keep a revoked
key in use, and a shorter one would lock all clients out."""

ReadKeys = Callable[[], Awaitable[bytes]]
"""Returns the set as JSON, or raises OSError, ValueError or an error of httpx2."""


class KeySet:
    """Finds the keys that a token may be signed with; refreshes the set, one request at a time."""

    def __init__(
        self,
        read: ReadKeys,
        *,
        place: str,
        fresh_seconds: float = FRESH_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetch = read
        self._place = place
        self._fresh_seconds = fresh_seconds
        self._throttle = Throttle()
        self._clock = clock
        self._keys: Sequence[Key] = ()
        self._thumbprints: frozenset[str] = frozenset()
        self._read_at = self._requested_at = float("-inf")
        self._refreshing: asyncio.Task[None] | None = None

    async def find(self, key_id: str | None) -> Sequence[Key]:
        """Return the keys that a token with this key id may be signed with; there may be none.

        Raises:
            AccessError: No keys could be read so far.
        """
        found = self._matching(key_id)
        if not found:
            await self._refresh()
            found = self._matching(key_id)
        elif self._clock() >= self._read_at + self._fresh_seconds:
            self._start_refresh()  # a token whose key is known need not wait
        if not self._usable():
            raise AccessError(
                503,
                "temporarily_unavailable",
                "tokens cannot be checked: the issuer's keys cannot be read; retry soon",
            )
        return found

    def holds(self, thumbprint: str) -> bool:
        """Whether the newest set has the key with this thumbprint (RFC 7638)."""
        return thumbprint in self._thumbprints

    def refresh(self) -> None:
        """Start to read the set again if that is due."""
        if self._clock() >= self._read_at + self._fresh_seconds:
            self._start_refresh()

    def _matching(self, key_id: str | None) -> Sequence[Key]:
        return [key for key in self._usable() if key_id is None or key.kid in {None, key_id}]

    def _usable(self) -> Sequence[Key]:
        return self._keys if self._clock() < self._read_at + STALE_SECONDS else ()

    async def _refresh(self) -> None:
        self._start_refresh()
        if self._refreshing is not None:
            # A client that disconnects must not cancel the request for which others wait.
            await asyncio.shield(self._refreshing)

    def _start_refresh(self) -> None:
        if self._refreshing is not None:
            return
        refresh_seconds = min(MIN_REFRESH_SECONDS, self._fresh_seconds)
        wait_seconds = refresh_seconds if self._usable() else RETRY_SECONDS
        if self._clock() >= self._requested_at + wait_seconds:
            self._requested_at = self._clock()
            self._refreshing = asyncio.create_task(self._read(), name="issuer's keys")

    async def _read(self) -> None:
        try:
            self._keys = read_keys(await self._fetch())
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
            self._refreshing = None


class _Jwks(msgspec.Struct, frozen=True):
    keys: Annotated[list[dict[str, Any]], msgspec.Meta(max_length=MAX_KEYS)]


def read_keys(body: bytes) -> Sequence[Key]:
    """Parse a JWKS. Keys that cannot be used here are ignored (RFC 7517, 5).

    Raises:
        ValueError: It is not a JWKS, is too large, or has no key that can check a signature.
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
    """Import a public key for signatures; return None for a secret, a weak key or another key."""
    # A tuple, because a set would hash what may be a list.
    if item.get("kty") not in ("RSA", "EC", "OKP") or item.get("use", "sig") != "sig":
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", SecurityWarning)
            return JWKRegistry.import_key(item)
    except (JoseError, SecurityWarning, ValueError, TypeError, KeyError, AttributeError):
        return None


def check_key_file(path: Path) -> None:
    """Check that a file has a key by which tokens can be checked.

    Raises:
        FatalError: The file cannot be read, or is not a JWKS.
    """
    try:
        read_keys(_read_file(path))
    except (OSError, ValueError) as error:
        raise FatalError(
            f"access.jwks_file {path}: {error}; give it the issuer's JWKS, as its jwks_uri answers"
        ) from error


def file_source(path: Path) -> ReadKeys:
    """Return a function that reads the set from a file."""

    async def read() -> bytes:
        return await asyncio.to_thread(_read_file, path)

    return read


def _read_file(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def url_source(url: str, *, transport: httpx2.AsyncBaseTransport | None = None) -> ReadKeys:
    """Return a function that requests the set from a URL; redirects are not followed."""

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
    """Read up to the limit without decompressing: a compressed body could be a bomb."""
    body = bytearray()
    async for part in response.aiter_raw():
        body += part
        if len(body) > MAX_BYTES:
            raise ValueError(f"more than {MAX_BYTES} bytes are no key set")
    return bytes(body)
