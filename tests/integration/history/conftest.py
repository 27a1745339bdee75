"""Sites that serve the history from real databases of each kind, with empty tables."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from configuration.shared_sections import AccessSettings
from processor.access.new_key import make_key
from processor.settings import HistorySettings
from testkit.history_site import HistorySite
from testkit.migration import migrated_database

TABLES = (
    "stored_state_vectors, minutely_state_vectors, flight_legs, hourly_counts, touched_hours,"
    " touched_minutes"
)
SETTINGS = HistorySettings(max_rows=50, page_rows=10, max_connections=4)


@pytest.fixture(scope="module")
def dsn(server_dsn: str) -> Iterator[str]:
    """Give the address of a migrated database of each kind."""
    with migrated_database(server_dsn) as dsn:
        yield dsn


@pytest.fixture
async def site(dsn: str) -> AsyncIterator[HistorySite]:
    """Give a site with empty tables that needs no key."""
    async with HistorySite(dsn, history=SETTINGS) as site:
        await site.execute(f"TRUNCATE {TABLES}")
        yield site


@pytest.fixture
async def restricted(dsn: str, tmp_path: Path) -> AsyncIterator[tuple[HistorySite, str]]:
    """Give a site, and a key that is restricted to Switzerland."""
    key, entry = make_key(name="swiss", scopes=["flights:history"], areas=["5.9,45.8,10.5,47.9"])
    keys_file = tmp_path / "keys.yaml"
    keys_file.write_text(entry)
    access = AccessSettings(mode="required", keys_file=keys_file)
    async with HistorySite(dsn, history=SETTINGS, access=access) as site:
        await site.execute(f"TRUNCATE {TABLES}")
        yield site, key
