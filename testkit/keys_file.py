"""A file of API keys that a test changes while a server uses it."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from processor.access.keys_file import END
from processor.access.new_key import make_key


class KeysFile:
    """Holds entries by name, and writes the file at every change."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._entries: dict[str, dict[str, Any]] = {}

    @property
    def text(self) -> str:
        """The content of the file."""
        return f"{yaml.safe_dump(list(self._entries.values()), sort_keys=False)}{END}\n"

    def add(
        self,
        name: str,
        scopes: Sequence[str],
        *,
        areas: Sequence[str] = (),
        expires: dt.date | None = None,
    ) -> str:
        """Add an entry and return its key."""
        key, entry = make_key(name=name, scopes=scopes, areas=areas, expires=expires)
        (self._entries[name],) = yaml.safe_load(entry)
        self.write(self.text)
        return key

    def change(self, name: str, /, **fields: object) -> None:
        """Change fields of an entry."""
        self._entries[name] |= fields
        self.write(self.text)

    def delete(self, name: str) -> None:
        """Remove an entry."""
        del self._entries[name]
        self.write(self.text)

    def write(self, text: str) -> None:
        """Replace the content of the file by any text."""
        self.path.write_text(text)
