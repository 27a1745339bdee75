"""Every command and sample of README.md, docs/*.md, clients and examples works as it stands there.

The blocks of a page are run in their order against one `standalone` on invented traffic, as a
reader would after `make run`. What a page shows below a command is compared in shape with
what the command printed. The ports that the pages print (8081, and 8082 and 8000 where they start
something beside it) are replaced by free ones; `curl` fails where it is refused.
"""

import re
from collections.abc import Iterator

import pytest

from testkit.browser import Pages
from tests.docs.blocks import Block, read_blocks, read_page, steps
from tests.docs.monitor import Site, running_site
from tests.docs.programs import BlockError
from tests.docs.run import run_step
from tests.end_to_end.command import PROJECT

PAGES = {
    str(path.relative_to(PROJECT)): read_page(path, PROJECT)
    for path in (
        PROJECT / "README.md",
        *sorted((PROJECT / "docs").glob("*.md")),
        *sorted((PROJECT / "clients").glob("*/README.md")),
        PROJECT / "examples/README.md",
    )
}

N_NOT_RUN = 46
"""Blocks that bear a reason why they cannot be run here; one more is a decision."""


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """Give the pipeline, which runs."""
    with running_site() as site:
        yield site


PLANTED = {
    "a route that does not exist": (
        "```sh\ncurl localhost:8081/api/nowhere\n```\n",
        r"page\.md:1 \(sh\): exit 22",
    ),
    "a key that is not answered": (
        '```sh\ncurl localhost:8081/health\n```\n\n```json\n{"state": "alive"}\n```\n',
        r"page\.md:5 \(json\): answer: not answered: state",
    ),
    "a refusal that does not come": (
        "<!-- refused: 422 -->\n```sh\ncurl localhost:8081/health\n```\n",
        "status 200 instead of 422",
    ),
    "a column that does not exist": (
        "```sql\nSELECT hexcode FROM flights;\n```\n",
        r'page\.md:1 \(sql\): column "hexcode" does not exist',
    ),
    "a table with another column": (
        "```sql\nSELECT count(*) AS n FROM flights;\n```\n\n```text\n flights\n---\n 12\n```\n",
        r"page\.md:5 \(text\): columns \['flights'\] are shown, \['n'\] answered",
    ),
    "a mistake in JavaScript": (
        "```js\nconsole.log(`${fleets.size} aircraft`);\n```\n\n```text\n7 aircraft\n```\n",
        "fleets is not defined",
    ),
}
"""Pages with one fault each, and how it is reported."""


@pytest.mark.real_browser
@pytest.mark.timeout(180)
@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("name", PAGES)
async def test_every_block_of_a_page_works(name: str, site: Site, pages: Pages) -> None:
    """In their order, with the answers that the page shows."""
    if failure := await run_page(PAGES[name], site, pages):
        pytest.fail(failure, pytrace=False)


@pytest.mark.real_browser
@pytest.mark.timeout(60)
@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("fault", PLANTED)
async def test_a_planted_fault_is_found(fault: str, site: Site, pages: Pages) -> None:
    """With the page and the line of the block."""
    markdown, report = PLANTED[fault]
    failure = await run_page(list(read_blocks("page.md", markdown)), site, pages)
    assert re.search(report, failure), failure


async def run_page(blocks: list[Block], site: Site, pages: Pages) -> str:
    """Run the blocks of a page; return what is wrong with the first that fails, else nothing."""
    programs = site.programs()
    try:
        for step in steps(blocks):
            await run_step(step, site, programs, pages)
    except BlockError as error:
        return str(error)
    finally:
        programs.close()
    return ""


def test_blocks_that_are_not_run_are_counted() -> None:
    """Each says why; `pytest -s` lists them."""
    blocks = [block for page in PAGES.values() for block in page if block.not_run is not None]
    listed = "\n".join(f"{block}: {block.not_run}" for block in blocks)
    print(listed)  # noqa: T201 - for a person
    assert len(blocks) == N_NOT_RUN, listed
