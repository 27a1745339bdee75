"""Tests and benchmarks share testkit, and never import each other."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[3]


def _imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def test_no_test_imports_a_benchmark() -> None:
    """`tests` is no package, so import-linter checks only the imports in the other direction."""
    importers = [
        file
        for file in (ROOT / "tests").rglob("*.py")
        if any(name.split(".")[0] == "benchmarks" for name in _imported(file))
    ]
    assert importers == []
