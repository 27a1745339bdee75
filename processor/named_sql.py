"""Load the statements of an SQL file by their names."""

import re
from pathlib import Path
from typing import TypeVar

Statements = TypeVar("Statements", bound=tuple[str, ...])

_HEADING = re.compile(r"^-- (\w+): .*$", re.MULTILINE)


def load_statements(file: Path, names: type[Statements]) -> Statements:
    """Read the statements that a NamedTuple names; a missing or unknown name raises a TypeError.

    Each statement stands below a line `-- name: what it does`.
    """
    _, *parts = _HEADING.split(file.read_text())
    named = zip(parts[::2], parts[1::2], strict=True)
    return names(**{name: statement.strip() for name, statement in named})
