"""docs/glossary.md defines each term once, and names files that exist."""

import re

import pytest

from tests.end_to_end.command import PROJECT

ROW = re.compile(
    r"^\| (?P<term>[^|]+) \| (?P<meaning>[^|]+) \| \[(?P<file>[^\]]+)\]\(\.\./(.+)\) \|$"
)
LINES = (PROJECT / "docs/glossary.md").read_text().splitlines()
ROWS = [match for match in map(ROW.match, LINES) if match]
TERMS = [row["term"] for row in ROWS]


def test_every_line_of_the_table_is_read() -> None:
    """A line that is written otherwise would not be checked."""
    assert len(ROWS) == sum(line.startswith("| ") for line in LINES) - 1


def test_each_term_is_defined_once_in_order_of_the_alphabet() -> None:
    """Lines of several terms count each of them."""
    assert sorted(TERMS, key=str.lower) == TERMS
    words = [word for term in TERMS for word in term.split(", ")]
    assert len({word.lower() for word in words}) == len(words)


@pytest.mark.parametrize("row", ROWS, ids=TERMS)
def test_the_file_of_a_term_exists(row: re.Match[str]) -> None:
    """And the link leads to the file that is shown."""
    assert row["file"] == row[4]
    assert (PROJECT / row["file"]).is_file()
