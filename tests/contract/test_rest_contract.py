"""Whatever /openapi.json lets one ask, the REST API answers as it says there."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from processor.access.new_key import make_key
from processor.settings import AccessSettings
from testkit.history_site import HistorySite
from testkit.migration import migrate
from testkit.state_vectors import START, state_vector

pytestmark = pytest.mark.real_database

QUESTIONS = Path(__file__).with_name("schemathesis.toml")
HOUR = 3_600


@asynccontextmanager
async def _serving(dsn: str, access: AccessSettings) -> AsyncIterator[HistorySite]:
    """Serve an hour of two aircraft, of which the examples in the description name one."""
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


async def _question(site: HistorySite, folder: Path, *options: str) -> None:
    """Ask all that schemathesis can think of, every time the same.

    It runs as a process of its own: here its threads would hold up the server's event loop, and
    its pytest plugin reaches into pytest.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", f"--config-file={QUESTIONS}"),
        *("run", f"{site.url}/openapi.json", *options),
        cwd=folder,  # where it leaves what it remembers
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
async def test_whoever_may_ask_anything(database_url: str, tmp_path: Path) -> None:
    """No server error, and nothing that is not described: status, media type, headers, body."""
    async with _serving(database_url, AccessSettings()) as site:
        await _question(site, tmp_path)


@pytest.mark.timeout(120)
async def test_strangers_and_whoever_has_no_scope(database_url: str, tmp_path: Path) -> None:
    """What they are refused with is described as well, on every route."""
    key, entry = make_key(name="prometheus", scopes=["metrics"])
    keys_file = tmp_path / "keys.yaml"
    keys_file.write_text(entry)
    keys_file.chmod(0o600)
    access = AccessSettings(mode="required", keys_file=keys_file)
    async with _serving(database_url, access) as site:
        once = ("--phases=fuzzing", "--max-examples=1")
        await _question(site, tmp_path, *once)
        await _question(site, tmp_path, *once, f"--header=Authorization: Bearer {key}")
