"""The map in Firefox: drawn, alive, searched, and back after the server was away."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from testkit.firefox import Firefox
from tests.page.map_page import ARTEFACTS, keeps_pictures
from tests.page.monitor import Monitor
from tests.page.recorded_sky import RecordedSky

pytestmark = [
    pytest.mark.real_browser,
    pytest.mark.nightly,
    pytest.mark.timeout(300),  # the first test installs it
    pytest.mark.asyncio(loop_scope="session"),
]

_IS_LIVE = "document.getElementById('connection').textContent.includes('live')"
_COUNT = "Number(document.getElementById('aircraft').textContent.replaceAll(',', ''))"
_IS_DRAWN = "performance.getEntriesByName('ground-drawn').length > 0"
_ENTER = "\ue007"


@pytest_asyncio.fixture(loop_scope="session")
async def firefox(monitor: Monitor) -> AsyncIterator[Firefox]:
    """Give the map in Firefox; it has complained of nothing when the test has passed."""
    async with Firefox() as firefox:
        await firefox.open(f"{monitor.url}/?at=47,8,5")
        await firefox.wait_for(_IS_LIVE)
        yield firefox
        assert firefox.complaints == []


def _keep(name: str, picture: bytes) -> None:
    if keeps_pictures():
        ARTEFACTS.mkdir(exist_ok=True)
        (ARTEFACTS / f"firefox-{name}.png").write_bytes(picture)


async def test_all_aircraft_are_there_and_what_is_seen_changes(
    firefox: Firefox, monitor: Monitor
) -> None:
    """The ground is drawn, the counter has what the server has, and the aircraft move."""
    await firefox.wait_for(_IS_DRAWN, seconds=60)
    n_aircraft = len(await monitor.states())
    await firefox.wait_for(f"Math.abs({_COUNT} - {n_aircraft}) < 20")
    before = await firefox.evaluate("document.getElementById('time').textContent")
    picture = await firefox.picture()
    _keep("live", picture)
    await firefox.wait_for(f"document.getElementById('time').textContent !== {before!r}")
    assert await firefox.picture() != picture


async def test_an_aircraft_is_found_and_selected(firefox: Firefox, sky: RecordedSky) -> None:
    """By keyboard; its details, its track and its label are there."""
    await firefox.press("/")
    await firefox.wait_for("document.getElementById('palette').open")
    await firefox.press(sky.climbing)
    await firefox.wait_for(
        f"document.querySelector('#palette [role=option]')?.textContent.includes({sky.climbing!r})"
    )
    await firefox.press(_ENTER)
    await firefox.wait_for(
        f"document.querySelector('#details h2')?.textContent === {sky.climbing!r}"
    )
    await firefox.wait_for("document.querySelector('#profile canvas') !== null")
    await firefox.wait_for("document.getElementById('selected-label').checkVisibility()")
    _keep("selected", await firefox.picture())


async def test_the_table_and_the_statistics_open(firefox: Firefox) -> None:
    """By their tools, in the same page."""
    for name in ("Table", "Statistics"):
        await firefox.evaluate(
            "[...document.querySelectorAll('#tools button')]"
            f".find(button => button.textContent.includes({name!r})).click()"
        )
    await firefox.wait_for("document.querySelectorAll('#table [role=row]').length > 5")
    await firefox.wait_for("document.getElementById('statistics').checkVisibility()")
    _keep("table", await firefox.picture())


async def test_it_continues_after_the_server_was_away(firefox: Firefox, monitor: Monitor) -> None:
    """It says that it is offline, and is live again without being loaded again."""
    await firefox.evaluate("window.isSamePage = true")
    await monitor.stop()
    try:
        await firefox.wait_for(f"!{_IS_LIVE}", seconds=60)
    finally:
        await monitor.start()
    await firefox.wait_for(f"window.isSamePage && {_IS_LIVE}", seconds=90)
    firefox.complaints.clear()  # Firefox names each request that was refused
