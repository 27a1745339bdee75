"""The pipeline whose page the tests look at, and pages on the devices that people have."""

import contextlib
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from testkit.browser import Chromium, Device, Pages
from testkit.draw_calls import COUNTER
from tests.page.map_page import DESKTOP, PHONE, MapPage
from tests.page.monitor import Monitor
from tests.page.recorded_sky import RecordedSky


@pytest.fixture(scope="session")
def sky() -> RecordedSky:
    """Give what is in the recording that the pipeline shows."""
    return RecordedSky()


@pytest.fixture(scope="session")
def monitor(sky: RecordedSky, chromium: Chromium) -> Iterator[Monitor]:
    """Give the whole pipeline, which runs; without Chromium it is not started."""
    del chromium
    with tempfile.TemporaryDirectory(prefix="page-") as name:
        folder = Path(name)
        # The database server, which root runs as an unprivileged user, needs access.
        folder.chmod(0o755)
        recording = folder / "sky.ndjson"
        sky.write(recording)
        with Monitor(folder, recording) as monitor:
            yield monitor


@pytest_asyncio.fixture(loop_scope="session")
async def desktop(
    chromium: Chromium, monitor: Monitor, request: pytest.FixtureRequest
) -> AsyncIterator[MapPage]:
    """Give the map on a desk; it has complained of nothing when the test has passed."""
    async with _map_on(DESKTOP, chromium, monitor, request) as map_page:
        yield map_page


@pytest_asyncio.fixture(loop_scope="session")
async def phone(
    chromium: Chromium, monitor: Monitor, request: pytest.FixtureRequest
) -> AsyncIterator[MapPage]:
    """Give the map in a hand; it has complained of nothing when the test has passed."""
    async with _map_on(PHONE, chromium, monitor, request) as map_page:
        yield map_page


@contextlib.asynccontextmanager
async def _map_on(
    device: Device, chromium: Chromium, monitor: Monitor, request: pytest.FixtureRequest
) -> AsyncIterator[MapPage]:
    context = await chromium.context(device)
    if request.node.get_closest_marker("undrawn"):
        await context.add_init_script(path=COUNTER)
    map_page = MapPage(Pages(context), monitor)
    yield map_page
    await context.close()
    assert map_page.complaints == []
