"""Links between the pages of README.md, docs, clients and examples lead to what exists."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.command import PROJECT

PAGES = [
    PROJECT / "README.md",
    *sorted((PROJECT / "docs").glob("*.md")),
    *sorted((PROJECT / "clients").glob("*/README.md")),
    PROJECT / "examples/README.md",
]
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives the headings of a page."""
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in HEADING.findall(page.read_text())
    }


def links() -> Iterator[tuple[Path, str, str]]:
    for page in PAGES:
        for target, anchor in LINK.findall(page.read_text()):
            yield page, target, anchor


@pytest.mark.parametrize(
    ("page", "target", "anchor"),
    [
        pytest.param(*link, id=f"{link[0].relative_to(PROJECT)}-{link[1]}-{link[2]}")
        for link in sorted(set(links()))
    ],
)
def test_a_link_leads_somewhere(page: Path, target: str, anchor: str) -> None:
    """To a file or folder, and to a heading of it where one is named."""
    file = (page.parent / target).resolve() if target else page
    assert file.exists()
    assert not anchor or anchor in anchors(file)


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(PROJECT)) for page in PAGES])
def test_a_page_ends_with_where_to_go_next(page: Path) -> None:
    """A reader who has reached the end finds the next page."""
    headings = HEADING.findall(page.read_text())
    assert "Where to go next" in headings[-2:]
