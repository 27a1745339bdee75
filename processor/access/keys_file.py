"""Parse the file of API keys, and reject one that is too large, invalid or cut off."""

import datetime as dt
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
import yaml

from processor.access.principal import Credential, Principal, Scope
from processor.bounding_box import parse_box
from processor.errors import FatalError

END = "..."
"""YAML's mark for the end of a document. If it is the last line, a cut-off file is recognised."""

MAX_BYTES = 1024 * 1024
"""Room for some 6,000 keys, which a thread parses in about a second."""

MAX_DEPTH = 8
"""A list of entries with lists of scopes and areas has depth 3."""

_NO_END, _END_OF_LINE, _END_OF_DOCUMENT = range(3)


class KeyEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry of the file. Entries with the same name are keys of the same principal."""

    name: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._@-]{1,64}$")]
    prefix: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{8}$")]
    sha256: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")]
    scopes: Annotated[list[Scope], msgspec.Meta(min_length=1)]
    # Without areas a key is valid for the whole globe. An empty list is rejected: it looks as if it
    # allowed no area at all.
    areas: Annotated[list[str], msgspec.Meta(min_length=1)] | msgspec.UnsetType = msgspec.UNSET
    expires: dt.date | msgspec.UnsetType = msgspec.UNSET
    """The first day, in UTC, on which the key is refused."""

    def principal(self) -> Principal:
        """Return the principal of the key.

        Raises:
            ValueError: An area is not west,south,east,north.
        """
        return Principal(
            f"key:{self.name}",
            frozenset(self.scopes),
            () if self.areas is msgspec.UNSET else tuple(map(parse_box, self.areas)),
            self._expires_at(),
            Credential("key", self.sha256),
        )

    def _expires_at(self) -> float | None:
        if self.expires is msgspec.UNSET:
            return None
        return dt.datetime.combine(self.expires, dt.time(), dt.UTC).timestamp()


class Content(msgspec.Struct, frozen=True):
    """The text and the entries of a valid file."""

    text: str
    entries: Sequence[KeyEntry]

    @property
    def has_end(self) -> bool:
        """Whether a cut-off copy of the file would be recognised."""
        return _completeness(self.text) == _END_OF_DOCUMENT


def read_text(label: str, path: Path) -> str:
    """Read the file. Symbolic links are followed.

    Raises:
        FatalError: The file cannot be read.
    """
    try:
        return _read_bytes(path).decode()
    except (OSError, ValueError) as error:
        raise FatalError(
            f"{label}: cannot be read ({error}); `python -m processor key` makes one"
        ) from error


def read_content(label: str, text: str, before: Content | None = None) -> Content:
    """Parse the text of the file.

    Args:
        label: The name of the file in errors.
        text: The text of the file.
        before: The last valid content, if there is one.

    Raises:
        FatalError: The text is invalid or looks cut off.
    """
    content = Content(text, read_entries(label, text))
    if before is not None:
        _check_complete(label, content, before)
    return content


def _read_bytes(path: Path) -> bytes:
    # Without blocking: if the path names a pipe, opening it would wait for ever.
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ValueError("is no regular file")
        raw = file.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise ValueError(f"has more than {MAX_BYTES} bytes")
    return raw


def read_entries(label: str, text: str) -> Sequence[KeyEntry]:
    """Parse the entries of a file of keys.

    Raises:
        FatalError: The text is invalid; the error names the file and the entry.
    """
    try:
        _check_depth(text)
        items = yaml.load(text, Loader=yaml.CSafeLoader)  # six times as fast
    except yaml.YAMLError as error:
        raise FatalError(f"{label}: is not YAML: {error}") from error
    if items is None:
        raise FatalError(f"{label}: is empty; write [] to revoke every key")
    if not isinstance(items, list):
        raise FatalError(f"{label}: is no list of keys as `python -m processor key` makes them")
    entries: dict[str, KeyEntry] = {}
    for number, item in enumerate(items, 1):
        entry = _read_entry(f"{label}, entry {number}", item)
        if entry.prefix in entries:
            twin = entries[entry.prefix].name
            raise FatalError(
                f"{label}, entry {number} ({entry.name}): has the prefix of {twin}: delete it and "
                "make another with `python -m processor key`"
            )
        entries[entry.prefix] = entry
    return list(entries.values())


def _check_depth(text: str) -> None:
    """Check that the text does not overflow the stack of the YAML loader.

    Raises:
        YAMLError: It is nested more deeply than a file of keys.
    """
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise yaml.YAMLError(f"nested more than {MAX_DEPTH} times")


def _read_entry(label: str, item: Any) -> KeyEntry:  # noqa: ANN401 - parsed YAML
    name = item.get("name", "no name") if isinstance(item, dict) else "no name"
    try:
        entry = msgspec.convert(item, KeyEntry)
        entry.principal()
    except ValueError as error:
        raise FatalError(f"{label} ({name}): {error}") from error
    return entry


def _check_complete(label: str, content: Content, before: Content) -> None:
    """Check that a file does not look like the first part of a longer one.

    Raises:
        FatalError: The file looks cut off; the error says what is missing.
    """
    completeness = _completeness(content.text)
    if completeness < _completeness(before.text):
        is_unterminated = completeness == _NO_END
        what = "the final line break" if is_unterminated else f"the last line, {END},"
        raise FatalError(f"{label}: looks cut off: {what} is missing which it had before")
    if completeness == _NO_END and before.text.startswith(content.text):
        raise FatalError(f"{label}: looks cut off: it is the beginning of what it held before")
    if completeness != _END_OF_DOCUMENT and content.entries:
        _check_entry_complete(f"{label}, entry {len(content.entries)}", content.entries[-1], before)


def _check_entry_complete(label: str, last: KeyEntry, before: Content) -> None:
    """Check that the last entry did not gain rights by a missing line, where the file may be cut.

    Raises:
        FatalError: A line is missing; the error names it.
    """
    for entry in before.entries:
        if entry.sha256 != last.sha256:
            continue
        for field in ("areas", "expires"):
            if getattr(last, field) is msgspec.UNSET is not getattr(entry, field):
                raise FatalError(
                    f"{label} ({last.name}): looks cut off: {field} is missing; if that is meant, "
                    f"end the file with a line {END}"
                )


def _completeness(text: str) -> int:
    """Return how clearly the end of a text shows that nothing is cut off."""
    stripped = text.strip()
    # A list in brackets that is cut off is invalid YAML.
    if stripped.startswith("[") or stripped.rpartition("\n")[2].rstrip() == END:
        return _END_OF_DOCUMENT
    return _END_OF_LINE if text.endswith("\n") else _NO_END
