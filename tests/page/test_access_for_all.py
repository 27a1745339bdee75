"""The page is accessible: axe finds nothing serious in each view, theme and size."""

import pytest

from testkit.browser import Chromium, Device, Pages
from tests.page.legibility import CONTRAST, EVERY_RULE, violations
from tests.page.map_page import DESKTOP, PHONE, MapPage
from tests.page.monitor import Monitor
from tests.page.recorded_sky import RecordedSky
from tests.page.views import views

pytestmark = [
    pytest.mark.real_browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(120),
]

RULES = {"dark": EVERY_RULE, "light": CONTRAST}
"""Colours are all that the themes differ in."""


@pytest.mark.parametrize(
    ("device", "theme"),
    [
        pytest.param(DESKTOP, "dark", id="desktop-dark"),
        pytest.param(PHONE, "light", id="phone-light"),
        pytest.param(DESKTOP, "light", id="desktop-light", marks=pytest.mark.nightly),
        pytest.param(PHONE, "dark", id="phone-dark", marks=pytest.mark.nightly),
    ],
)
async def test_axe_finds_nothing_grave(
    chromium: Chromium, monitor: Monitor, sky: RecordedSky, device: Device, theme: str
) -> None:
    """No violation of impact serious or critical, contrast included."""
    context = await chromium.context(device, is_drawn=False)
    page = MapPage(Pages(context), monitor)
    found = [
        f"{name}: {violation}"
        async for name in views(page, sky, theme=theme)
        for violation in await violations(page.page, RULES[theme])
    ]
    await context.close()
    assert "\n".join(found) == ""
