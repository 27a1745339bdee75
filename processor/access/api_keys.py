"""API keys: random secrets of which the file holds the hashes."""

import asyncio
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
import structlog

from configuration.log_throttle import Throttle
from processor.access.errors import RightLostError, invalid_token
from processor.access.keys_file import END, Content, read_content, read_text
from processor.access.principal import Credential, Principal
from processor.errors import FatalError

log = structlog.get_logger()

PREFIX = "osfm_"
"""Marks a key as ours, for us and for those who search for secrets that got out."""

UNSEEN_SECONDS = 30.0
"""A file that could not be looked at for so long may say something else by now."""


class _Key(msgspec.Struct, frozen=True):
    sha256: str
    principal: Principal


class ApiKeys:
    """The keys of the file, read again when it changes, so that keys rotate without a restart.

    Raises:
        FatalError: The file cannot be used.
    """

    def __init__(
        self,
        path: Path,
        *,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = path
        self._clock = clock
        self._monotonic = monotonic
        self._place = f"access.keys_file {path}"
        self._throttle = Throttle(monotonic)
        self._looking = asyncio.Lock()
        self._trouble: str | None = None
        self._refused_text: str | None = None
        self._keys: Mapping[str, _Key] = {}
        self._by_hash: Mapping[str, Principal] = {}
        self._seen = self._signature()
        self._take(read_content(self._place, read_text(self._place, path)))
        if not self._content.has_end:
            log.warning(
                "api_keys_without_end",
                reason=f"{self._place}: a part of the file could be taken for the whole; "
                f"end it with a line {END}",
            )

    def identify(self, text: str) -> Principal:
        """Return whose key this is, by what the file held at the last look.

        Raises:
            AccessError: The key is unknown, or has expired.
        """
        prefix, _, _ = text.removeprefix(PREFIX).partition("_")
        key = self._keys.get(prefix)
        if key is None or not hmac.compare_digest(key.sha256, hash_key(text)):
            raise invalid_token("the API key is unknown")
        if key.principal.is_expired(self._clock()):
            raise invalid_token(f"the API key {PREFIX}{prefix} has expired")
        return key.principal

    def current(self, credential: Credential) -> Principal:
        """Return what the key stands for by now.

        Raises:
            RightLostError: It is in the file no longer, or has expired.
        """
        principal = self._by_hash.get(credential.hash)
        if principal is None:
            raise RightLostError("revoked", "the API key was deleted")
        if principal.is_expired(self._clock()):
            raise RightLostError("expired", "the API key has expired")
        return principal

    def trouble(self) -> str | None:
        """Return why the keys in use may not be those of the file; None if they are."""
        seconds = self._monotonic() - self._looked_at
        if seconds > UNSEEN_SECONDS:
            return f"the file of API keys could not be looked at for {seconds:.0f} s"
        if self._trouble is not None:
            # Without the reason, which may quote the file: the log has it.
            return "the file of API keys cannot be used, and those of before hold; see the log"
        return None

    async def look_if_changed(self) -> None:
        """Read the file again if its name leads to another or its times have changed."""
        if self._signature() != self._seen:
            await self.look()

    async def look(self) -> None:
        """Read the file again; keep the keys of before if it cannot be used.

        In a thread, since it may be large and its disk slow. What the file holds is compared, for
        its size and times may be equal although it was changed.
        """
        async with self._looking:
            seen = self._signature()
            try:
                content = await asyncio.to_thread(self._load)
            except FatalError as error:
                self._keep(str(error))
            else:
                self._take_over(content)
            self._seen = seen

    def _load(self) -> Content:
        """Return what the file holds; what was read before is not read again.

        Raises:
            FatalError: It cannot be used.
        """
        text = read_text(self._place, self._path)
        if text == self._content.text:
            return self._content
        if text == self._refused_text and self._trouble is not None:
            raise FatalError(self._trouble)
        self._refused_text = text
        content = read_content(self._place, text, self._content)
        self._refused_text = None
        return content

    def _take_over(self, content: Content) -> None:
        is_changed = content is not self._content
        was_in_trouble = self._trouble is not None
        self._take(content)
        if is_changed or was_in_trouble:
            log.info("api_keys_changed" if is_changed else "api_keys_usable", keys=len(self._keys))

    def _take(self, content: Content) -> None:
        self._content = content
        self._trouble = None
        self._looked_at = self._monotonic()
        principals = [(entry, entry.principal()) for entry in content.entries]
        self._keys = {entry.prefix: _Key(entry.sha256, one) for entry, one in principals}
        self._by_hash = {entry.sha256: one for entry, one in principals}

    def _keep(self, reason: str) -> None:
        """Go on with the keys of before: a file that cannot be used must lock no client out."""
        self._trouble = reason
        self._looked_at = self._monotonic()
        left_out = self._throttle.admit(reason)
        if left_out is not None:
            log.error("api_keys_not_changed", reason=reason, left_out=left_out)

    def _signature(self) -> object:
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def hash_key(text: str) -> str:
    """Return what the file holds of a key; 256 random bits need no slower hash."""
    return hashlib.sha256(text.encode()).hexdigest()
