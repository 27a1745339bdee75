"""The pipeline whose page the tests look at, and pages on the devices that people have."""

import contextlib
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from testkit.browser import Chromium, Device, Pages
from tests.page.map_page import DESKTOP, PHONE, MapPage, keeps_pictures
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


@pytest.fixture
def is_drawn(request: pytest.FixtureRequest) -> bool:
    """Tell whether the map is drawn: for a test of its pixels, and for pictures to keep."""
    return keeps_pictures() or request.node.get_closest_marker("drawn") is not None


@pytest_asyncio.fixture(loop_scope="session")
async def desktop(
    chromium: Chromium,
    monitor: Monitor,
    is_drawn: bool,  # noqa: FBT001 - pytest passes fixtures by name
) -> AsyncIterator[MapPage]:
    """Give the map on a desk; it has complained of nothing when the test has passed."""
    async with _map_on(DESKTOP, chromium, monitor, is_drawn=is_drawn) as map_page:
        yield map_page


@pytest_asyncio.fixture(loop_scope="session")
async def phone(
    chromium: Chromium,
    monitor: Monitor,
    is_drawn: bool,  # noqa: FBT001 - as above
) -> AsyncIterator[MapPage]:
    """Give the map in a hand; it has complained of nothing when the test has passed."""
    async with _map_on(PHONE, chromium, monitor, is_drawn=is_drawn) as map_page:
        yield map_page


@contextlib.asynccontextmanager
async def _map_on(
    device: Device, chromium: Chromium, monitor: Monitor, *, is_drawn: bool
) -> AsyncIterator[MapPage]:
    context = await chromium.context(device, is_drawn=is_drawn)
    map_page = MapPage(Pages(context), monitor)
    yield map_page
    await context.close()
    assert map_page.complaints == []
