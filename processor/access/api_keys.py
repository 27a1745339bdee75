"""API keys: random secrets of which the file holds the hashes."""

import datetime as dt
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
import structlog
import yaml

from processor.access.errors import invalid_token
from processor.access.principal import Principal, Scope
from processor.box import parse_box
from processor.errors import FatalError

log = structlog.get_logger()

PREFIX = "osfm_"
"""Marks a key as ours, for us and for those who search for secrets that got out."""


class KeyEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry of the file; entries of one name are the keys of one principal."""

    name: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._@-]{1,64}$")]
    prefix: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{8}$")]
    sha256: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")]
    scopes: Annotated[list[Scope], msgspec.Meta(min_length=1)]
    # Absent is the globe. Empty is refused, since it looks as if it meant nothing at all.
    areas: Annotated[list[str], msgspec.Meta(min_length=1)] | msgspec.UnsetType = msgspec.UNSET
    expires: dt.date | msgspec.UnsetType = msgspec.UNSET
    """The first day, in UTC, on which the key is refused."""

    def principal(self) -> Principal:
        """Return whom the key stands for.

        Raises:
            ValueError: An area is not west,south,east,north.
        """
        areas = () if self.areas is msgspec.UNSET else tuple(map(parse_box, self.areas))
        return Principal(f"key:{self.name}", frozenset(self.scopes), areas, self._expires_at())

    def _expires_at(self) -> float | None:
        if self.expires is msgspec.UNSET:
            return None
        return dt.datetime.combine(self.expires, dt.time(), dt.UTC).timestamp()


class _Key(msgspec.Struct, frozen=True):
    sha256: str
    principal: Principal


class ApiKeys:
    """The keys of the file, read again when it changes, so that keys rotate without a restart.

    Raises:
        FatalError: The file cannot be used.
    """

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._clock = clock
        self._seen: object = None
        self._keys: Mapping[str, _Key] = {}
        self._read()

    def identify(self, text: str) -> Principal:
        """Return whose key this is.

        Raises:
            AccessError: Nobody's, or it has expired.
        """
        self._read_if_changed()
        prefix, _, _ = text.removeprefix(PREFIX).partition("_")
        key = self._keys.get(prefix)
        if key is None or not hmac.compare_digest(key.sha256, hash_key(text)):
            raise invalid_token("the API key is unknown")
        if key.principal.is_expired(self._clock()):
            raise invalid_token(f"the API key {PREFIX}{prefix} has expired")
        return key.principal

    def _read_if_changed(self) -> None:
        """Take over a changed file; one that cannot be used must not lock everybody out."""
        if self._signature() == self._seen:
            return
        try:
            self._read()
        except FatalError as error:
            log.error("api_keys_not_changed", reason=str(error))  # noqa: TRY400 - it says it all
        else:
            log.info("api_keys_changed", keys=len(self._keys))

    def _read(self) -> None:
        place = f"access.keys_file {self._path}"
        self._seen = self._signature()
        try:
            text = self._path.read_text()
        except (OSError, UnicodeDecodeError) as error:
            raise FatalError(
                f"{place}: cannot be read ({error}); `python -m processor key` makes one"
            ) from error
        entries = read_entries(place, text)
        self._keys = {entry.prefix: _Key(entry.sha256, entry.principal()) for entry in entries}

    def _signature(self) -> object:
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino


def hash_key(text: str) -> str:
    """Return what the file holds of a key; 256 random bits need no slower hash."""
    return hashlib.sha256(text.encode()).hexdigest()


def read_entries(place: str, text: str) -> list[KeyEntry]:
    """Read the text of a file of keys.

    Raises:
        FatalError: Naming the place and the entry at fault.
    """
    try:
        items = yaml.safe_load(text) or []
    except yaml.YAMLError as error:
        raise FatalError(f"{place}: is not YAML: {error}") from error
    if not isinstance(items, list):
        raise FatalError(f"{place}: is no list of keys as `python -m processor key` makes them")
    entries: dict[str, KeyEntry] = {}
    for number, item in enumerate(items, 1):
        entry = _read_entry(f"{place}, entry {number}", item)
        if entry.prefix in entries:
            twin = entries[entry.prefix].name
            raise FatalError(
                f"{place}, entry {number} ({entry.name}): has the prefix of {twin}: delete it and "
                "make another with `python -m processor key`"
            )
        entries[entry.prefix] = entry
    return list(entries.values())


def _read_entry(place: str, item: Any) -> KeyEntry:  # noqa: ANN401 - whatever the file holds
    name = item.get("name", "no name") if isinstance(item, dict) else "no name"
    try:
        entry = msgspec.convert(item, KeyEntry)
        entry.principal()
    except ValueError as error:
        raise FatalError(f"{place} ({name}): {error}") from error
    return entry
