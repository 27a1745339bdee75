"""Run one step of a page, and compare what it printed with what the page shows."""

import asyncio
import re
import time
from collections.abc import Mapping

import asyncpg
from playwright._impl._driver import compute_driver_executable
from playwright.async_api import ConsoleMessage, Error, Page

from testkit.browser import Pages
from tests.docs.blocks import Block, Step
from tests.docs.monitor import Site
from tests.docs.programs import LONGEST_SECONDS, BlockError, Programs, query
from tests.docs.shape import ShapeError, check_table, compare, psql_table

_CONSOLE_ORIGIN = "http://localhost:8081/health"
"""Where a browser runs JavaScript: any page of the monitor's own origin will do."""

_START_SECONDS = 5.0
_POLL_SECONDS = 0.1
_SHOWN_CHARACTERS = 2_000
_BROWSERS_OWN = "Failed to load resource"
"""How the browser's own errors begin: the origin has no icon."""

_PORT = re.compile(r"\b(8081|8082|8000)\b")
_VARIABLE = re.compile(r"\$([A-Z][A-Z0-9_]+)\b")


async def run_step(step: Step, site: Site, programs: Programs, pages: Pages) -> None:
    """Run a step.

    Raises:
        BlockError: The command failed, or its answer has another shape than the page shows.
    """
    if step.command.language == "sql":
        await _query(step, site)
    elif step.command.language in {"js", "html"}:
        await _browse(step, site, programs, pages)
    else:
        await asyncio.to_thread(_start, step, site, programs)


def with_ports(text: str, ports: Mapping[str, int]) -> str:
    """Write the ports that are in use in place of the ones that the pages print."""
    return _PORT.sub(lambda match: str(ports[match[0]]), text)


def with_variables(text: str, variables: Mapping[str, str]) -> str:
    """Write the values of the shell's variables, where a reader would paste them."""
    return _VARIABLE.sub(lambda match: variables.get(match[1], match[0]), text)


def _start(step: Step, site: Site, programs: Programs) -> None:
    text = with_ports(step.command.text, site.ports)
    is_shown = None if step.answer is None else lambda printed: is_answer(step, printed)
    node = compute_driver_executable()[0]
    printed = programs.run(step.command, text, is_shown, node=node)
    if step.answer is not None:
        _check(step.answer, printed)


def _check(answer: Block, printed: str) -> None:
    try:
        compare(answer.language, answer.text, printed)
    except ShapeError as error:
        raise BlockError(f"{answer}: {error}\n{printed[:_SHOWN_CHARACTERS]}") from None


def is_answer(step: Step, printed: str) -> bool:
    """Whether a text has the shape of the answer that the page shows."""
    assert step.answer is not None
    try:
        compare(step.answer.language, step.answer.text, printed)
    except ShapeError:
        return False
    return True


async def _query(step: Step, site: Site) -> None:
    try:
        columns, rows = await query(site.superuser_url, step.command.text)
    except asyncpg.PostgresError as error:
        raise BlockError(f"{step.command}: {error}") from None
    if step.answer is not None:
        try:
            check_table(*psql_table(step.answer.text), columns, rows)
        except ShapeError as error:
            raise BlockError(f"{step.answer}: {error}") from None


async def _open(url: str, pages: Pages) -> Page:
    """Open an address, whose server a block above may have started just now."""
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            return await pages.open(url)
        except Error as error:
            if "ERR_CONNECTION_REFUSED" not in error.message or time.monotonic() > deadline:
                raise BlockError(f"{url}: {error.message}") from error
            await asyncio.sleep(_POLL_SECONDS)


async def _browse(step: Step, site: Site, programs: Programs, pages: Pages) -> None:
    """Open an HTML page, or run JavaScript in one, until it shows what it should."""
    block = step.command
    if step.answer is None:
        raise BlockError(f"{block}: what a browser shows has to stand below it")
    text = with_variables(with_ports(block.text, site.ports), programs.variables())
    if block.language == "html":
        (programs.folder / block.file).write_text(text)
    page = await _open(with_ports(block.origin or _CONSOLE_ORIGIN, site.ports), pages)
    seen = _Seen(page)
    if block.language == "js":
        await page.add_script_tag(content=text)
    deadline = time.monotonic() + LONGEST_SECONDS
    shown = ""
    while not is_answer(step, shown):
        if seen.mistakes or time.monotonic() > deadline:
            raise BlockError(f"{step.answer}: the browser shows {shown!r}; {seen.mistakes}")
        await asyncio.sleep(_POLL_SECONDS)
        shown = "\n".join(seen.lines) if block.language == "js" else await page.inner_text("body")
    await page.close()


class _Seen:
    """What a page writes with `console.log`, and its errors: thrown, or by `console.error`."""

    def __init__(self, page: Page) -> None:
        self.lines: list[str] = []
        self.mistakes: list[str] = []
        page.on("console", self._on_console)
        page.on("pageerror", self._on_error)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "log":
            self.lines.append(message.text)
        elif message.type == "error" and not message.text.startswith(_BROWSERS_OWN):
            self.mistakes.append(message.text)

    def _on_error(self, error: Error) -> None:
        self.mistakes.append(str(error))
