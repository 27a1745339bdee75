"""What can be measured of a page that is easy to use: rules of axe, thumbs and eyes."""

from pathlib import Path
from typing import Any

from playwright.async_api import Page

EVERY_RULE: list[str] = []
CONTRAST = ["color-contrast"]

THUMB_PX = 40
LEAST_TEXT_PX = 12

_MEASURES = Path(__file__).with_suffix(".js")
_AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
_GRAVE = {"serious", "critical"}

# The contrast to a picture is not defined, so texts on the map are measured on its background.
_WITHOUT_MAP = "() => { document.getElementById('map').style.visibility = 'hidden'; }"


async def violations(page: Page, rules: list[str]) -> list[str]:
    """Return what axe finds that is serious or critical, with the elements."""
    if await page.evaluate("() => !('axe' in window)"):
        await page.evaluate(_AXE.read_text())
        await page.evaluate(_WITHOUT_MAP)
    options: dict[str, Any] = {"resultTypes": ["violations"]}
    if rules:
        options["runOnly"] = rules
    found: dict[str, Any] = await page.evaluate("options => axe.run(document, options)", options)
    return [
        f"{rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in found["violations"]
        if rule["impact"] in _GRAVE
        for node in rule["nodes"]
    ]


async def faults(page: Page, *, least_target_px: int = THUMB_PX) -> list[str]:
    """Return what scrolls sideways, is covered, or too small to be pressed or read."""
    if await page.evaluate("() => !('legibility' in window)"):
        await page.evaluate(_MEASURES.read_text())
    controls = await page.evaluate("() => legibility.controls()")
    texts = await page.evaluate("() => legibility.texts()")
    return [
        *(f"{part} sticks out" for part in await page.evaluate("() => legibility.sticksOut()")),
        *(f"{one['name']} lies under {one['cover']}" for one in controls if one["cover"]),
        *(f"{_size(one)} to press" for one in controls if _side(one) < least_target_px),
        *(f"{one['text']!r}: {one['size']} px" for one in texts if one["size"] < LEAST_TEXT_PX),
    ]


def _side(control: dict[str, Any]) -> int:
    return round(min(float(control["width"]), float(control["height"])))


def _size(control: dict[str, Any]) -> str:
    return f"{control['name']}: {control['width']:.0f} x {control['height']:.0f} px"
