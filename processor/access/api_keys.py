"""Check API keys against a file that holds their hashes, and reload the file when it changes."""

import asyncio
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
import structlog

from configuration.file_signature import file_signature
from configuration.log_throttle import Throttle
from processor.access.errors import RightLostError, invalid_token
from processor.access.keys_file import END, Content, read_content, read_text
from processor.access.principal import Credential, Principal
from processor.errors import FatalError

log = structlog.get_logger()

PREFIX = "osfm_"
"""Marks a key of this project, also for scanners that search for leaked secrets."""

MAX_UNREAD_SECONDS = 30.0
"""After this time without a successful read the keys in use may differ from the file."""


class _Key(msgspec.Struct, frozen=True):
    sha256: str
    principal: Principal


class ApiKeys:
    """The keys of the file. It is read again when it changes, so keys rotate without a restart.

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
        self._label = f"access.keys_file {path}"
        self._throttle = Throttle(monotonic)
        self._reloading = asyncio.Lock()
        self._trouble: str | None = None
        self._rejected_text: str | None = None
        self._keys: Mapping[str, _Key] = {}
        self._by_hash: Mapping[str, Principal] = {}
        self._signature_read = file_signature(self._path)
        self._take(read_content(self._label, read_text(self._label, path)))
        if not self._content.has_end:
            log.warning(
                "api_keys_without_end",
                reason=f"{self._label}: if the file were cut off, that would not be noticed; "
                f"end it with a line {END}",
            )

    def identify(self, text: str) -> Principal:
        """Return the principal of a key, by the file as it was read last.

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
        """Return the principal of a key as the file defines it now.

        Raises:
            RightLostError: The key was removed from the file, or has expired.
        """
        principal = self._by_hash.get(credential.hash)
        if principal is None:
            raise RightLostError("revoked", "the API key was deleted")
        if principal.is_expired(self._clock()):
            raise RightLostError("expired", "the API key has expired")
        return principal

    def trouble(self) -> str | None:
        """Return why the keys in use may differ from the file, or None if they do not."""
        seconds = self._monotonic() - self._read_at
        if seconds > MAX_UNREAD_SECONDS:
            return f"the file of API keys could not be read for {seconds:.0f} s"
        if self._trouble is not None:
            # The reason may quote the file, so only the log has it.
            return "the file of API keys cannot be used: the previous keys stay valid; see the log"
        return None

    async def reload_if_changed(self) -> None:
        """Read the file again if it was replaced, or if its size or times changed."""
        if file_signature(self._path) != self._signature_read:
            await self.reload()

    async def reload(self) -> None:
        """Read the file again; if it cannot be used, keep the previous keys.

        The file is read in a thread, since it may be large and its disk slow. Its content is
        compared, since size and times may be equal although it was changed.
        """
        async with self._reloading:
            signature = file_signature(self._path)
            try:
                content = await asyncio.to_thread(self._load)
            except FatalError as error:
                self._keep(str(error))
            else:
                self._take_over(content)
            self._signature_read = signature

    def _load(self) -> Content:
        """Return the content of the file; text that was parsed before is not parsed again.

        Raises:
            FatalError: The file cannot be used.
        """
        text = read_text(self._label, self._path)
        if text == self._content.text:
            return self._content
        if text == self._rejected_text and self._trouble is not None:
            raise FatalError(self._trouble)
        self._rejected_text = text
        content = read_content(self._label, text, self._content)
        self._rejected_text = None
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
        self._read_at = self._monotonic()
        principals = [(entry, entry.principal()) for entry in content.entries]
        self._keys = {entry.prefix: _Key(entry.sha256, one) for entry, one in principals}
        self._by_hash = {entry.sha256: one for entry, one in principals}

    def _keep(self, reason: str) -> None:
        """Keep the previous keys: an invalid file must not lock clients out."""
        self._trouble = reason
        self._read_at = self._monotonic()
        left_out = self._throttle.admit(reason)
        if left_out is not None:
            log.error("api_keys_not_changed", reason=reason, left_out=left_out)


def hash_key(text: str) -> str:
    """Return the hash of a key in the file. A key has 256 random bits, so a fast hash is enough."""
    return hashlib.sha256(text.encode()).hexdigest()
