"""Make an API key, and the entry by which the processor knows it."""

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
    """Print a key, this once; put its entry into the file, or print that too.

    Raises:
        FatalError: A value or the file cannot be used.
    """
    key, entry = make_key(name=name, scopes=scopes, areas=areas, expires=expires)
    if file is not None:
        _append(file, entry)
    # Only the key on stdout, so that it can be piped to where it belongs.
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
    """Add the entry and the mark of the end, unless the file would be of no use then.

    Raises:
        FatalError: It cannot be read or written, or has mistakes.
    """
    try:
        before = file.read_text() if file.exists() else ""
        body = _without_end(before)
        added = ("" if body.endswith("\n") or not body else "\n") + f"{entry}{END}\n"
        read_entries(str(file), body + added)
        # In one piece and in its place, since a running processor may read it at any moment; and
        # another file of this name would have another owner.
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
