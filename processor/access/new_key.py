"""Create an API key, and its entry in the file of keys."""

import datetime as dt
import os
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path

import yaml

from processor.access.api_keys import PREFIX, hash_key
from processor.access.keys_file import END, read_entries
from processor.errors import FatalError


def print_new_key(
    *,
    name: str,
    scopes: Sequence[str],
    areas: Sequence[str],
    expires: dt.date | None,
    file: Path | None,
) -> int:
    """Create and print a key; append its entry to the file, or print the entry if there is none.

    The key is printed once and stored nowhere.

    Raises:
        FatalError: A value or the file cannot be used.
    """
    key, entry = make_key(name=name, scopes=scopes, areas=areas, expires=expires)
    if file is not None:
        _append(file, entry)
    # Only the key goes to stdout, so that it can be piped.
    sys.stdout.write(f"{key}\n")
    sys.stderr.write(f"added to {file}\n" if file else f"for access.keys_file:\n\n{entry}\n")
    sys.stderr.write("the key itself is kept nowhere: hand it over now\n")
    return 0


def make_key(
    *,
    name: str,
    scopes: Sequence[str],
    areas: Sequence[str] = (),
    expires: dt.date | None = None,
) -> tuple[str, str]:
    """Return a new key and its entry for the file.

    Raises:
        FatalError: A value cannot be used.
    """
    prefix = secrets.token_hex(4)
    key = f"{PREFIX}{prefix}_{secrets.token_urlsafe(32)}"
    fields = {
        "name": name,
        "prefix": prefix,
        "sha256": hash_key(key),
        "scopes": list(scopes),
        "areas": list(areas),
        "expires": expires,
    }
    given = {field: value for field, value in fields.items() if value or field == "scopes"}
    entry = yaml.safe_dump([given], sort_keys=False)
    read_entries("the new key", entry)
    return key, entry


def _append(file: Path, entry: str) -> None:
    """Append the entry and the mark of the end, if the file is valid with it.

    Raises:
        FatalError: The file cannot be read or written, or is invalid.
    """
    try:
        before = file.read_text() if file.exists() else ""
        body = _without_end(before)
        added = ("" if body.endswith("\n") or not body else "\n") + f"{entry}{END}\n"
        read_entries(str(file), body + added)
        # One write in place: a running processor may read the file at any time, and a new file of
        # this name would have another owner.
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "wb", buffering=0) as opened:
            opened.seek(len(body.encode()))
            opened.write(added.encode())
            opened.truncate()
    except (OSError, UnicodeDecodeError) as error:
        raise FatalError(f"{file}: cannot be used ({error}); choose another --file") from error


def _without_end(text: str) -> str:
    """Return the text without the mark of the end."""
    stripped = text.rstrip()
    return stripped.removesuffix(END) if stripped.endswith(f"\n{END}") else text
