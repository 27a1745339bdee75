"""What the history gives for many aircraft: the tracks of all in view, and the density of a day."""

import re
import time
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import Request, expect

from tests.page.map_page import MapPage
from tests.page.monitor import Monitor
from tests.page.recorded_sky import RecordedSky

pytestmark = [
    pytest.mark.real_browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(180),
]

PATH = "/api/history/tracks"


async def test_tracks_of_all_in_view_are_few_requests(desktop: MapPage) -> None:
    """One after the other, of 50 aircraft at most; the button hides them again."""
    await desktop.open("at=40,-60,2.2&panel=layers")
    await desktop.has_aircraft()
    asked: list[list[str]] = []

    def on_request(request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.path == PATH:
            asked.append(parse_qs(parts.query)["icao24"][0].split(","))

    desktop.page.on("request", on_request)
    button = desktop.button("Tracks of all in view")
    await button.click()
    note = desktop.text("layers").get_by_text(re.compile("The tracks of [0-9]+ aircraft are shown"))
    await expect(note).to_be_visible(timeout=60_000)
    shown = int(re.findall("[0-9]+", await note.inner_text())[0])
    assert 50 < shown <= 200
    assert sum(map(len, asked)) == shown
    assert max(map(len, asked)) == 50
    assert len({icao24 for part in asked for icao24 in part}) == shown
    await desktop.keep("many-tracks")
    await button.click()
    await expect(note).to_be_hidden()
    await expect(button).to_have_attribute("aria-pressed", "false")


async def test_tracks_of_a_selection_come_from_the_history(
    desktop: MapPage, sky: RecordedSky, monitor: Monitor
) -> None:
    """One request brings those of all but the focused one, at the time that is shown."""
    await monitor.wait_for_history(40)
    icao24s = [sky.icao24(name) for name in (sky.lonely, sky.climbing, sky.in_trouble)]
    moment = datetime.fromtimestamp(time.time() - 40, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    desktop.page = await desktop._pages.open("about:blank")
    async with desktop.page.expect_request(re.compile(PATH)) as request:
        await desktop.page.goto(f"{monitor.url}/?aircraft={','.join(icao24s)}&time={moment}")
    query = parse_qs(urlsplit((await request.value).url).query)
    assert query["icao24"] == [",".join(icao24s[1:])]
    assert int(query["time"][0]) == int(datetime.fromisoformat(moment).timestamp())
    await expect(desktop.page.locator("#selection li")).to_have_count(3)


async def test_density_of_today(desktop: MapPage, monitor: Monitor) -> None:
    """The legend has the number of the busiest square, which the REST API gives too."""
    await desktop.open("at=40,0,2&panel=layers")
    choice = desktop.text("density")
    legend = desktop.text("layers").locator(".note").first
    today = datetime.now(UTC).date().isoformat()
    async with desktop.page.expect_response(re.compile("/api/history/density")) as response:
        await choice.select_option("day")
    cells = (await (await response.value).json())["cells"]
    most = max((minutes for *_, minutes in cells), default=0)
    wanted = f"1 to {most:,} minutes of aircraft in a square" if cells else "Nothing is stored"
    await expect(legend).to_contain_text(wanted)
    await expect(desktop.page.get_by_label("Day in UTC")).to_have_value(today)
    await desktop.says(lambda query: query.get("density") == today)
    stored = (await monitor.answer(f"/api/history/density?day={today}"))["cells"]
    assert len(stored) >= len(cells)
