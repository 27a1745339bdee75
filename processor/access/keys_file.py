"""Read the file of API keys: bounded in size, and taken whole or not at all."""

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
"""YAML's mark for the end of a document. A file whose last line it is cannot be cut off unseen."""

MAX_BYTES = 1024 * 1024
"""Some 6,000 keys, which a thread reads in about a second."""

MAX_DEPTH = 8
"""A list of entries with lists of scopes and areas has 3."""

_NO_END, _END_OF_LINE, _END_OF_DOCUMENT = range(3)


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
    """What a file held when it could be used."""

    text: str
    entries: Sequence[KeyEntry]

    @property
    def has_end(self) -> bool:
        """Whether a part of the file could never be taken for the whole."""
        return _ending(self.text) == _END_OF_DOCUMENT


def read_text(place: str, path: Path) -> str:
    """Read the file; a symbolic link is followed.

    Raises:
        FatalError: It cannot be read.
    """
    try:
        return _read_bytes(path).decode()
    except (OSError, ValueError) as error:
        raise FatalError(
            f"{place}: cannot be read ({error}); `python -m processor key` makes one"
        ) from error


def read_content(place: str, text: str, before: Content | None = None) -> Content:
    """Read the text of the file.

    Args:
        place: What errors call the file.
        text: What it holds.
        before: What it held when it could be used last.

    Raises:
        FatalError: It cannot be used, or is not whole.
    """
    content = Content(text, read_entries(place, text))
    if before is not None:
        _refuse_a_part(place, content, before)
    return content


def _read_bytes(path: Path) -> bytes:
    # Opened so that a pipe in the file's place is not waited for without end.
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ValueError("is no regular file")
        raw = file.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise ValueError(f"has more than {MAX_BYTES} bytes")
    return raw


def read_entries(place: str, text: str) -> Sequence[KeyEntry]:
    """Read the text of a file of keys.

    Raises:
        FatalError: Naming the place and the entry at fault.
    """
    try:
        _check_depth(text)
        items = yaml.load(text, Loader=yaml.CSafeLoader)  # six times as fast
    except yaml.YAMLError as error:
        raise FatalError(f"{place}: is not YAML: {error}") from error
    if items is None:
        raise FatalError(f"{place}: is empty; write [] to revoke every key")
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


def _check_depth(text: str) -> None:
    """Refuse what would overflow the stack of the loader.

    Raises:
        YAMLError: It is nested more deeply than keys are.
    """
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise yaml.YAMLError(f"nested more than {MAX_DEPTH} times")


def _read_entry(place: str, item: Any) -> KeyEntry:  # noqa: ANN401 - whatever the file holds
    name = item.get("name", "no name") if isinstance(item, dict) else "no name"
    try:
        entry = msgspec.convert(item, KeyEntry)
        entry.principal()
    except ValueError as error:
        raise FatalError(f"{place} ({name}): {error}") from error
    return entry


def _refuse_a_part(place: str, content: Content, before: Content) -> None:
    """Refuse what looks like the beginning of a file whose rest is missing.

    Raises:
        FatalError: Saying what is missing.
    """
    ending = _ending(content.text)
    if ending < _ending(before.text):
        what = "the final line break" if ending == _NO_END else f"the last line, {END},"
        raise FatalError(f"{place}: looks cut off: {what} is missing which it had before")
    if ending == _NO_END and before.text.startswith(content.text):
        raise FatalError(f"{place}: looks cut off: it is the beginning of what it held before")
    if ending != _END_OF_DOCUMENT and content.entries:
        _refuse_a_cut_entry(f"{place}, entry {len(content.entries)}", content.entries[-1], before)


def _refuse_a_cut_entry(place: str, last: KeyEntry, before: Content) -> None:
    """Refuse more rights for the last entry by the absence of a line: the file may be cut there.

    Raises:
        FatalError: Naming the line that is missing.
    """
    for entry in before.entries:
        if entry.sha256 != last.sha256:
            continue
        for field in ("areas", "expires"):
            if getattr(last, field) is msgspec.UNSET is not getattr(entry, field):
                raise FatalError(
                    f"{place} ({last.name}): looks cut off: {field} is missing; if that is meant, "
                    f"end the file with a line {END}"
                )


def _ending(text: str) -> int:
    """Return how certain it is by its end that a text is whole."""
    stripped = text.strip()
    # In brackets, what is cut off cannot be read.
    if stripped.startswith("[") or stripped.rpartition("\n")[2].rstrip() == END:
        return _END_OF_DOCUMENT
    return _END_OF_LINE if text.endswith("\n") else _NO_END
