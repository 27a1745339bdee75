"""A file of SQL statements, each under a heading with its name."""

import re
from pathlib import Path
from typing import TypeVar

Statements = TypeVar("Statements", bound=tuple[str, ...])

_HEADING = re.compile(r"^-- (\w+): .*$", re.MULTILINE)


def load_statements(file: Path, names: type[Statements]) -> Statements:
    """Read the statements that a NamedTuple names; a missing or misspelt one is an error at once.

    The file has `-- name: what it is for` before each.
    """
    _, *parts = _HEADING.split(file.read_text())
    named = zip(parts[::2], parts[1::2], strict=True)
    return names(**{name: statement.strip() for name, statement in named})
