"""The tests that docs/access.md names exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
TEXT = (ROOT / "docs" / "access.md").read_text()
TESTS = re.compile(r"`(tests/[\w/]+\.py)`")
RISKS = [f"API{number}" for number in range(1, 11)]


@pytest.mark.parametrize("name", sorted(set(TESTS.findall(TEXT))))
def test_every_test_that_is_named_exists(name: str) -> None:
    """The document gives the path of each test."""
    assert (ROOT / name).is_file()


def test_every_risk_has_a_line_and_a_test() -> None:
    """The document lists all ten risks of OWASP, in order."""
    _, section = TEXT.split("## OWASP API Security Top 10 (2023)")
    lines = [line for line in section.splitlines() if line.startswith("| API")]
    assert [line.split()[1] for line in lines] == RISKS
    assert all(TESTS.search(line) for line in lines)


def test_every_bound_has_a_test() -> None:
    """Each row of the tables of limits names at least one test."""
    _, _, after = TEXT.partition("## Bounds and shares")
    lines = after.partition("\n## ")[0].splitlines()
    rows = [line for line in lines if line.startswith("| ") and not line.startswith("| what |")]
    assert rows
    assert all(TESTS.search(row) for row in rows)
