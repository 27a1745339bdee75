"""The REST API answers every request of /openapi.json as it is described there."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from configuration.shared_sections import AccessSettings
from processor.access.new_key import make_key
from testkit.history_site import HistorySite
from testkit.migration import migrate
from testkit.state_vectors import START, state_vector

pytestmark = pytest.mark.real_database

SCHEMATHESIS_CONFIG = Path(__file__).with_name("schemathesis.toml")
HOUR = 3_600


@asynccontextmanager
async def _serving(dsn: str, access: AccessSettings) -> AsyncIterator[HistorySite]:
    """Serve an hour of two aircraft; the examples in the description name one of them."""
    await asyncio.to_thread(migrate, dsn)
    async with HistorySite(dsn, access=access) as site:
        vectors = [
            state_vector(icao24, START - HOUR + second, latitude=47 + second / HOUR)
            for icao24 in ("4b1814", "3c6444")
            for second in range(0, HOUR, 10)
        ]
        await site.store(*vectors)
        await site.store_minutes(*vectors)
        for icao24 in ("4b1814", "3c6444"):
            await site.store_flight(icao24, START - HOUR)
        await site.store_hour(START // HOUR * HOUR, "Switzerland", 2, len(vectors))
        site.publish(*vectors[-1:], state_vector("4b1814", squawk="7700"))
        yield site


async def _check(site: HistorySite, folder: Path, *options: str) -> None:
    """Send all requests that schemathesis generates, the same each time.

    It runs in a process of its own, because its threads would block the event loop of the server
    and its pytest plugin changes pytest.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", f"--config-file={SCHEMATHESIS_CONFIG}"),
        *("run", f"{site.url}/openapi.json", *options),
        cwd=folder,  # where it writes its cache
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        report, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, report.decode()


@pytest.mark.timeout(300)
async def test_every_response_is_described(database_url: str, tmp_path: Path) -> None:
    """Status, media type, headers and body are described, and no request causes a server error.

    Requests follow each other too, with the addresses and codes that earlier responses contain.
    """
    async with _serving(database_url, AccessSettings()) as site:
        await _check(site, tmp_path)


@pytest.mark.timeout(120)
async def test_refusals_without_key_or_scope_are_described(
    database_url: str, tmp_path: Path
) -> None:
    """The description covers the refusals of every route."""
    key, entry = make_key(name="prometheus", scopes=["metrics"])
    keys_file = tmp_path / "keys.yaml"
    keys_file.write_text(entry)
    keys_file.chmod(0o600)
    access = AccessSettings(mode="required", keys_file=keys_file)
    async with _serving(database_url, access) as site:
        once = ("--phases=fuzzing", "--max-examples=1")
        await _check(site, tmp_path, *once)
        await _check(site, tmp_path, *once, f"--header=Authorization: Bearer {key}")
