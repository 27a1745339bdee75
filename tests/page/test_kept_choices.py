"""What users choose is there at the next visit, and a sign-in counts in each tab of the browser."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, Page, expect

from configuration.shared_sections import AccessSettings
from processor.access.new_key import make_key
from testkit.browser import Chromium, Device, Pages
from testkit.scripted_app import ScriptedApp
from testkit.state_vectors import state_vector
from tests.page.map_page import keep_picture

pytestmark = [pytest.mark.real_browser, pytest.mark.asyncio(loop_scope="session")]

DESK = Device(width=1440, height=900)
FORBIDDEN = """for (const name of ["localStorage", "sessionStorage"]) {
    Object.defineProperty(window, name, {
        get() { throw new DOMException("Access is denied for this document.", "SecurityError"); }
    });
}"""
"""As in a browser whose user has blocked all cookies and site data."""


@pytest_asyncio.fixture(loop_scope="session")
async def app() -> AsyncIterator[ScriptedApp]:
    """Give an application that has received an aircraft."""
    async with ScriptedApp() as app:
        app.publish(state_vector("aaaaaa"))
        yield app


@pytest_asyncio.fixture(loop_scope="session")
async def context(chromium: Chromium) -> AsyncIterator[BrowserContext]:
    """Give the browser of one user."""
    context = await chromium.context(DESK, is_drawn=False)
    yield context
    await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def guarded(tmp_path: Path) -> AsyncIterator[tuple[ScriptedApp, str]]:
    """Give an application that requires a key, and one that it accepts."""
    key, entry = make_key(name="viewer", scopes=["flights:live", "flights:history"])
    file = tmp_path / "keys.yaml"
    file.write_text(entry)
    async with ScriptedApp(access=AccessSettings(mode="required", keys_file=file)) as app:
        app.publish(state_vector("aaaaaa"))
        yield app, key


async def is_live(page: Page) -> None:
    """Wait until the page shows the aircraft."""
    await expect(page.locator("#connection")).to_have_text("live")
    await expect(page.locator("#aircraft")).to_have_text("1")


async def sign_in(page: Page, key: str) -> None:
    """Type a key into the dialog."""
    field = page.get_by_role("dialog", name="Sign in").get_by_label("API key or token")
    await expect(field).to_be_focused()
    await field.fill(key)
    await field.press("Enter")


async def test_settings_stay_and_the_address_wins(
    app: ScriptedApp, context: BrowserContext
) -> None:
    """Another visit finds them without a word in the address; a link shows what it names."""
    page = await Pages(context).open(f"{app.url}/?panel=settings")
    await page.get_by_label("Units").select_option("nautical")
    await page.get_by_label("Theme").select_option("light")
    await page.close()
    page = await Pages(context).open(f"{app.url}/?panel=settings")
    await expect(page.get_by_label("Units")).to_have_value("nautical")
    await expect(page.locator("html")).to_have_attribute("data-theme", "light")
    await page.goto(f"{app.url}/?panel=settings&units=metric")
    await expect(page.get_by_label("Units")).to_have_value("metric")
    await page.reload()
    await expect(page.get_by_label("Units")).to_have_value("metric")
    await page.goto(f"{app.url}/?panel=settings")
    await expect(page.get_by_label("Units")).to_have_value("nautical")


async def test_what_is_no_setting_is_ignored(app: ScriptedApp, context: BrowserContext) -> None:
    """Whatever another program has written there, the page opens as at the first visit."""
    await context.add_init_script(
        "for (const name of ['settings', 'home', 'watch-list'])"
        ' localStorage.setItem(`flight-monitor-${name}`, \'{"units": [1], "theme": {}\');'
    )
    pages = Pages(context)
    page = await pages.open(f"{app.url}/?panel=settings")
    await is_live(page)
    await expect(page.get_by_label("Units")).to_have_value("metric")
    assert [text for text in pages.complaints if "404" not in text] == []


async def test_a_browser_without_storage(
    guarded: tuple[ScriptedApp, str], context: BrowserContext
) -> None:
    """The page works, with a key too, until it is closed."""
    app, key = guarded
    await context.add_init_script(FORBIDDEN)
    pages = Pages(context)
    page = await pages.open(f"{app.url}/?panel=settings")
    await sign_in(page, key)
    await is_live(page)
    await page.get_by_label("Units").select_option("nautical")
    await expect(page.get_by_label("Units")).to_have_value("nautical")
    assert [text for text in pages.complaints if "status of" not in text] == []


async def test_a_sign_in_counts_in_each_tab(
    guarded: tuple[ScriptedApp, str], context: BrowserContext
) -> None:
    """A tab that asks is let in with one that has signed in, and so is one opened later."""
    app, key = guarded
    pages = Pages(context)
    waiting = await pages.open(app.url)
    await expect(waiting.get_by_role("dialog", name="Sign in")).to_be_visible()
    page = await pages.open(app.url)
    await sign_in(page, key)
    await is_live(page)
    await is_live(waiting)
    later = await pages.open(app.url)
    await is_live(later)
    for tab in (waiting, page, later):
        assert key not in tab.url
        assert key not in str(await tab.evaluate("() => JSON.stringify(localStorage)"))


async def test_a_sign_in_ends(guarded: tuple[ScriptedApp, str], context: BrowserContext) -> None:
    """By a button, in all tabs; and with the last tab."""
    app, key = guarded
    pages = Pages(context)
    page = await pages.open(app.url)
    await sign_in(page, key)
    await is_live(page)
    other = await pages.open(f"{app.url}/?panel=settings")
    await is_live(other)
    await keep_picture(other, "signed-in")
    await other.get_by_role("button", name="Sign out").click()
    for tab in (page, other):
        await expect(tab.get_by_role("dialog", name="Sign in")).to_be_visible()
    await sign_in(page, key)
    await is_live(page)
    await is_live(other)
    await page.close()
    await other.close()
    last = await pages.open(app.url)
    await expect(last.get_by_role("dialog", name="Sign in")).to_be_visible()
