"""The page is accessible in each view, theme and size: to axe, to eyes, to thumbs and mice."""

import pytest

from testkit.browser import Chromium, Device, Pages
from tests.page.legibility import CONTRAST, EVERY_RULE, THUMB_PX, faults, violations
from tests.page.map_page import PHONE, MapPage, keeps_pictures
from tests.page.monitor import Monitor
from tests.page.recorded_sky import RecordedSky
from tests.page.views import views

pytestmark = [
    pytest.mark.real_browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(120),
]

DESKTOP = Device(width=1440, height=900)
LEAST_TARGET_PX = {True: THUMB_PX, False: 16}
"""On a phone, and with a mouse."""

RULES = {"dark": EVERY_RULE, "light": CONTRAST}
"""Colours are all that the themes differ in."""


WAYS = pytest.mark.parametrize(
    ("device", "theme"),
    [
        pytest.param(DESKTOP, "dark", id="desktop-dark"),
        pytest.param(PHONE, "light", id="phone-light"),
        pytest.param(DESKTOP, "light", id="desktop-light", marks=pytest.mark.nightly),
        pytest.param(PHONE, "dark", id="phone-dark", marks=pytest.mark.nightly),
    ],
)


@WAYS
async def test_everything_can_be_seen_read_and_pressed(
    chromium: Chromium, monitor: Monitor, sky: RecordedSky, device: Device, theme: str
) -> None:
    """Nothing scrolls sideways, lies under something else, or is too small to press or to read."""
    context = await chromium.context(device, is_drawn=keeps_pictures())
    page = MapPage(Pages(context), monitor)
    found = [
        f"{name}: {fault}"
        async for name in views(page, sky, theme=theme)
        for fault in await faults(page.page, least_target_px=LEAST_TARGET_PX[device.is_phone])
    ]
    await context.close()
    assert "\n".join(found) == ""


@WAYS
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
