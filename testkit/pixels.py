"""Counts the pixels of a page by their colour, as a person sees them."""

import base64
from dataclasses import dataclass

from playwright.async_api import Page

_COUNT = """async ([png, [red, green, blue], distance]) => {
    const bytes = Uint8Array.from(atob(png), character => character.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const pen = new OffscreenCanvas(image.width, image.height).getContext("2d");
    pen.drawImage(image, 0, 0);
    const { data } = pen.getImageData(0, 0, image.width, image.height);
    let near = 0;
    for (let at = 0; at < data.length; at += 4) {
        const away = Math.max(
            Math.abs(data[at] - red), Math.abs(data[at + 1] - green), Math.abs(data[at + 2] - blue)
        );
        near += away <= distance ? 1 : 0;
    }
    return near;
}"""


@dataclass(frozen=True)
class Colour:
    """A colour, and by how much each part of it may differ, from 0 to 255."""

    red: int
    green: int
    blue: int
    tolerance: int


@dataclass(frozen=True)
class Box:
    """A rectangle of the page, in its pixels."""

    left: float
    top: float
    width: float
    height: float


async def count_pixels(page: Page, box: Box, colour: Colour) -> int:
    """Return how many pixels of the screen in a box have about a colour."""
    clip = {"x": box.left, "y": box.top, "width": box.width, "height": box.height}
    png = await page.screenshot(clip=clip)  # type: ignore[arg-type]
    wanted = [colour.red, colour.green, colour.blue]
    arguments = [base64.b64encode(png).decode(), wanted, colour.tolerance]
    return int(await page.evaluate(_COUNT, arguments))
