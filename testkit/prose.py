"""Check of plain words in names, comments, docs and texts, and of short functions and files.

`python -m testkit.prose` prints each fault as `file:line: what to do`, and exits with 1 if there is
one. Words that a file has to quote are listed in `QUOTED`.
"""

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from testkit.services import ROOT

MAX_FUNCTION_LINES = 60
MAX_FILE_LINES = 400

AVOIDED = {
    "anew": "again",
    "everybody": "all clients, everyone who …: name the subject",
    "heard": "received",
    "lest": "so that … not",
    "nobody": "no client, no one: name the subject",
    "overheard": "received meanwhile",
    "owed": "still to be sent",
    "somebody": "a client, a principal: name the subject",
    "thereof": "of it",
    "told": "sent, informed",
    "whoever": "the client that …: name the subject",
}
"""Word and remedy; they are looked for in every text."""

AVOIDED_IN_NAMES = {
    "farewell": "close_event",
    "ask": "request, query",
    "hear": "receive, on_event",
    "owed": "missed_changes",
    "seam": "handover",
    "tell": "send, report",
    "told": "sent",
    "heard": "received",
    "anew": "again",
    "nobody": "none",
    "somebody": "client",
    "whoever": "client",
}
"""Parts of identifiers, as they stand between underscores or capitals."""

AVOIDED_PHRASES = {
    r"it is that": "state the fact",
    r"(?<!one )(?<!each )(?<!all )(?<!none )of which": "begin another sentence",
    r"(?<!reader )(?<!user )(?<!person )who ha(?:s|ve)": (
        "name the subject; aircraft, clients and rows are things: which"
    ),
}
"""Phrase and remedy; they are looked for in every text. People may be "who"."""

HALF_SENTENCES = re.compile(r'^(?:[rb]?"""|/\*\*)\s*(Of|That|The same|As if|Whose|And|But|Who)\b')
"""A description that begins so has no subject."""

QUOTED: dict[str, frozenset[str]] = {
    # PostgreSQL, started by root, runs as the user of this name.
    "standalone/database_folder.py": frozenset({"nobody"}),
    "tests/integration/test_embedded_database.py": frozenset({"nobody"}),
    # The method of files is called `tell`.
    "benchmarks/history_log.py": frozenset({"tell"}),
    "testkit/services.py": frozenset({"tell"}),
    "testkit/prose.py": frozenset(AVOIDED) | frozenset(AVOIDED_IN_NAMES),
    "tests/unit/testkit/test_prose.py": frozenset(AVOIDED) | frozenset(AVOIDED_IN_NAMES),
    # The old name of the command `reset-offsets`, which works for one more release.
    "processor/command_line.py": frozenset({"anew"}),
    "tests/unit/processor/test_command_line.py": frozenset({"anew"}),
    "CHANGELOG.md": frozenset({"anew"}),
    # Comments of columns and views, and in functions, which belong to the schema of the database.
    "migrations/sql/0001_ingest.sql": frozenset({"anew"}),
    "migrations/sql/0001_views.sql": frozenset({"heard"}),
    "migrations/sql/0003_comments.sql": frozenset({"heard"}),
    "migrations/sql/0005_plausible_parts.sql": frozenset(),
}
"""Files that may use a word, because they quote it or because it is a name of another project."""

SUFFIXES = frozenset(
    (".py", ".ipynb", ".md", ".sql", ".yaml", ".yml", ".toml", ".ts", ".mjs", ".css", ".html")
)
INSTALLED = frozenset({"node_modules", "dist", "__pycache__"})
_WORD = re.compile(r"[A-Za-z]+")
_PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


class Fault(NamedTuple):
    """A place, and what to do there."""

    path: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}"


def faults(paths: Iterable[Path]) -> Iterator[Fault]:
    """Yield all faults of files of the project."""
    for path in paths:
        name = str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name
        text = path.read_text()
        if path.suffix == ".py":
            yield from _in_python(name, text)
        else:
            yield from _in_text(name, text)
        if path.suffix == ".ts":
            yield from _in_typescript(name, text)


def _in_python(name: str, text: str) -> Iterator[Fault]:
    yield from _long_functions(name, text)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        line = token.start[0]
        if token.type == tokenize.NAME:
            yield from _in_name(name, line, token.string)
        elif token.type == tokenize.COMMENT or "STRING" in tokenize.tok_name[token.type]:
            yield from _in_text(name, token.string, line)


def _in_typescript(name: str, text: str) -> Iterator[Fault]:
    """Yield the names to avoid that are not also words to avoid, which `_in_text` finds."""
    for number, line in enumerate(text.splitlines(), 1):
        for word in _WORD.findall(line):
            if word.lower() not in AVOIDED:
                yield from _in_name(name, number, word)


def _in_text(name: str, text: str, first_line: int = 1) -> Iterator[Fault]:
    if begins := HALF_SENTENCES.match(text):
        yield Fault(name, first_line, f'begins with "{begins[1]}": write a whole sentence')
    for number, line in enumerate(text.splitlines(), first_line):
        for phrase, remedy in AVOIDED_PHRASES.items():
            found = re.search(rf"{phrase}\b", line, re.IGNORECASE)
            if found is not None and name not in QUOTED:
                yield Fault(name, number, f'"{found[0]}": {remedy}')
        for word in _WORD.findall(line):
            lower = word.lower()
            if lower in AVOIDED and lower not in QUOTED.get(name, ()):
                yield Fault(name, number, f'"{word}": write {AVOIDED[lower]}')


def _in_name(name: str, line: int, identifier: str) -> Iterator[Fault]:
    for part in _PARTS.findall(identifier):
        lower = part.lower()
        if lower in AVOIDED_IN_NAMES and lower not in QUOTED.get(name, ()):
            yield Fault(name, line, f"name {identifier}: use {AVOIDED_IN_NAMES[lower]}")


def _long_functions(name: str, text: str) -> Iterator[Fault]:
    n_lines = text.count("\n")
    if n_lines > MAX_FILE_LINES:
        yield Fault(name, 1, f"{n_lines} lines: divide the file, at most {MAX_FILE_LINES}")
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        n_lines = (node.end_lineno or node.lineno) - node.lineno + 1
        if n_lines > MAX_FUNCTION_LINES:
            remedy = f"{node.name} has {n_lines} lines: divide it, at most {MAX_FUNCTION_LINES}"
            yield Fault(name, node.lineno, remedy)


def project_files(folder: Path = ROOT) -> Iterator[Path]:
    """Yield the files in which words are checked, but for what is installed or built."""
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name in INSTALLED or path.is_symlink():
            continue
        if path.is_dir():
            yield from project_files(path)
        elif path.suffix in SUFFIXES or path.name == "Makefile":
            yield path


def main() -> int:
    """Print all faults; return the exit code."""
    found = list(faults(project_files()))
    for fault in found:
        sys.stdout.write(f"{fault}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
