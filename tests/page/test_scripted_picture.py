"""The page on a server whose picture, end and access are in the test's hand."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import expect

from configuration.shared_sections import AccessSettings
from processor.access.new_key import make_key
from testkit.browser import Pages
from testkit.scripted_app import ScriptedApp
from testkit.state_vectors import START, state_vector
from tests.page.map_page import keep_picture

pytestmark = [pytest.mark.real_browser, pytest.mark.asyncio(loop_scope="session")]

NO_HISTORY = "the server responded with a status of 404"
"""This server has none, and the browser itself says so of whatever is asked of it."""


@pytest_asyncio.fixture(loop_scope="session")
async def app() -> AsyncIterator[ScriptedApp]:
    """Give an application that has received two aircraft."""
    async with ScriptedApp() as app:
        app.publish(state_vector("aaaaaa"), state_vector("bbbbbb"))
        yield app


def complaints(pages: Pages) -> list[str]:
    """Return what is wrong with the page itself."""
    return [complaint for complaint in pages.complaints if NO_HISTORY not in complaint]


async def test_page_shows_every_aircraft(app: ScriptedApp, pages: Pages) -> None:
    """Those of the snapshot, one more, then those not removed; and nothing is refused."""
    page = await pages.open(app.url)
    await expect(page.locator("#connection")).to_have_text("live")
    await expect(page.locator("#aircraft")).to_have_text("2")
    app.publish(state_vector("cccccc", START + 200))
    await expect(page.locator("#aircraft")).to_have_text("3")
    app.turn_clock(400)
    app.tick()
    await expect(page.locator("#aircraft")).to_have_text("1")
    assert complaints(pages) == []


async def test_page_comes_back_by_itself(app: ScriptedApp, pages: Pages) -> None:
    """It goes on where it was when the server is there again."""
    page = await pages.open(app.url)
    await expect(page.locator("#connection")).to_have_text("live")
    await app.stop()
    await expect(page.locator("#connection")).not_to_have_text("live")
    await expect(page.locator("#aircraft")).to_have_text("2")
    app.start()
    app.publish(state_vector("cccccc", START + 1))
    await expect(page.locator("#connection")).to_have_text("live", timeout=20_000)
    await expect(page.locator("#aircraft")).to_have_text("3")


NO_WEBGL = """
const { getContext } = HTMLCanvasElement.prototype;
HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
    return kind.startsWith("webgl") ? null : getContext.call(this, kind, ...rest);
};
"""


async def test_page_works_without_webgl(app: ScriptedApp, pages: Pages) -> None:
    """It says what is missing; table, search, details and statistics are there without a map."""
    page = await pages.open("about:blank")
    await page.add_init_script(NO_WEBGL)
    await page.goto(app.url)
    await expect(page.locator("#connection")).to_have_text("live")
    await expect(page.get_by_role("alert").filter(has_text="WebGL 2")).to_be_visible()
    await keep_picture(page, "no-webgl")
    await page.keyboard.press("t")
    await expect(page.locator("#table [role=row][aria-rowindex]")).not_to_have_count(0)
    await page.keyboard.press("s")
    await expect(page.locator("#statistics .figures")).to_contain_text("aircraft2")
    await page.keyboard.press("/")
    await page.get_by_role("combobox", name="Search").fill("bbbbbb")
    await page.keyboard.press("Enter")
    await expect(page.locator("#details")).to_be_visible()
    await expect(page.locator("#icao24")).to_have_text("bbbbbb")
    assert complaints(pages) == []


@pytest.mark.nightly
async def test_one_window_too_many_says_so(app: ScriptedApp, pages: Pages) -> None:
    """Over HTTP/1.1 five windows have a stream; the next one waits, and can request things."""
    windows = []
    for _ in range(5):
        windows.append(await pages.open(app.url))
        await expect(windows[-1].locator("#connection")).to_have_text("live")
    last = await pages.open(app.url)
    await expect(last.locator("#connection")).to_contain_text("5 other windows show the map")
    await keep_picture(last, "windows")
    assert await last.evaluate("async () => (await fetch('/page.json')).status") == 200
    await windows[0].close()
    await expect(last.locator("#connection")).to_have_text("live", timeout=20_000)


async def test_a_key_opens_the_map(pages: Pages, tmp_path: Path) -> None:
    """The page asks who looks; a wrong key is refused, the right one lasts for a reload."""
    key, entry = make_key(name="viewer", scopes=["flights:live", "flights:history"])
    keys_file = tmp_path / "keys.yaml"
    keys_file.write_text(entry)
    access = AccessSettings(mode="required", keys_file=keys_file)
    async with ScriptedApp(access=access) as app:
        app.publish(state_vector("aaaaaa"), state_vector("bbbbbb"))
        page = await pages.open(app.url)
        dialog = page.get_by_role("dialog", name="Sign in")
        field = dialog.get_by_label("API key or token")
        await expect(field).to_be_focused()
        await expect(page.locator("#aircraft")).to_have_text("0")
        await field.fill("osfm_wrong")
        await field.press("Enter")
        await expect(dialog.get_by_role("alert")).not_to_be_empty()
        await field.fill(key)
        await dialog.get_by_role("button").click()
        await expect(page.locator("#connection")).to_have_text("live")
        await expect(dialog).to_be_hidden()
        await expect(page.locator("#aircraft")).to_have_text("2")
        await page.reload()
        await expect(page.locator("#connection")).to_have_text("live")
        assert key not in page.url
