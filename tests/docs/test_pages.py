"""Every command and sample of README.md and docs/*.md works as it stands there.

The blocks of a page are run in their order against one `standalone` on invented traffic, as a
reader would who has started `make run`. What a page shows below a command is compared in shape with
what the command printed. The ports that the pages print (8081, and 8082 and 8000 where they start
something beside it) are replaced by free ones; `curl` fails where it is refused.
"""

from collections.abc import Iterator

import pytest

from testkit.browser import Pages
from tests.docs.blocks import read_page, steps
from tests.docs.monitor import Site, running_site
from tests.docs.programs import BlockError
from tests.docs.run import run_step
from tests.end_to_end.command import PROJECT

PAGES = {
    str(path.relative_to(PROJECT)): read_page(path, PROJECT)
    for path in (PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md")))
}

N_NOT_RUN = 0
"""Blocks that bear a reason why they cannot be run here; one more is a decision."""


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """Give the pipeline, which runs."""
    with running_site() as site:
        yield site


@pytest.mark.real_browser
@pytest.mark.timeout(180)
@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("name", PAGES)
async def test_every_block_of_a_page_works(name: str, site: Site, pages: Pages) -> None:
    """In their order, with the answers that the page shows."""
    programs = site.programs(name.replace("/", "_"))
    failure = ""
    try:
        for step in steps(PAGES[name]):
            await run_step(step, site, programs, pages)
    except BlockError as error:
        failure = str(error)
    finally:
        programs.close()
    if failure:
        pytest.fail(failure, pytrace=False)


def test_blocks_that_are_not_run_are_counted() -> None:
    """Each says why; `pytest -s` lists them."""
    blocks = [block for page in PAGES.values() for block in page if block.not_run is not None]
    listed = "\n".join(f"{block}: {block.not_run}" for block in blocks)
    print(listed)  # noqa: T201 - for a person
    assert len(blocks) == N_NOT_RUN, listed
