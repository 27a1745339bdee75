"""The REST API responds to every request that /openapi.json allows as it is described there."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from processor.access.new_key import make_key
from processor.http.access.ticket_routes import ticket_routes
from processor.http.dependencies import Routes
from processor.http.health import health_routes
from processor.http.readsb.routes import readsb_routes
from processor.http.stream.routes import stream_routes
from processor.settings import AccessSettings, SseSettings
from testkit.history_site import HistorySite
from testkit.migration import migrate
from testkit.state_vectors import START, state_vector

pytestmark = pytest.mark.real_database

SCHEMATHESIS_CONFIG = Path(__file__).with_name("schemathesis.toml")
HOUR = 3_600


def _routes(site: HistorySite) -> Iterable[Routes]:
    """Return all routes of the processor but those of the history."""
    return [
        stream_routes(
            broadcaster=site.broadcaster,
            gate=site.gate,
            metrics=site.metrics,
            settings=SseSettings(),
        ),
        readsb_routes(broadcaster=site.broadcaster, gate=site.gate, clock=lambda: site.now),
        ticket_routes(site.gate),
        health_routes(
            required={"live_picture": lambda: None},
            observed={"database": lambda: "the database does not answer"},
            registry=site.registry,
            gate=site.gate,
        ),
    ]


@asynccontextmanager
async def _serving(dsn: str, access: AccessSettings) -> AsyncIterator[HistorySite]:
    """Serve an hour of two aircraft; the examples in the document name one of them."""
    await asyncio.to_thread(migrate, dsn)
    async with HistorySite(dsn, access=access, more_routes=_routes) as site:
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


async def _run_schemathesis(site: HistorySite, folder: Path, *options: str) -> None:
    """Send the requests that schemathesis generates, in every run the same ones.

    It runs in a process of its own: its threads would delay the server's event loop in this one,
    and its pytest plugin changes pytest itself.
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
async def test_client_with_all_scopes(database_url: str, tmp_path: Path) -> None:
    """No response is a server error; status, media type, headers and body are as described."""
    async with _serving(database_url, AccessSettings()) as site:
        await _run_schemathesis(site, tmp_path)


@pytest.mark.timeout(120)
async def test_client_without_credentials_or_scope(database_url: str, tmp_path: Path) -> None:
    """Refusals are described as well, on every route."""
    key, entry = make_key(name="prometheus", scopes=["metrics"])
    keys_file = tmp_path / "keys.yaml"
    keys_file.write_text(entry)
    keys_file.chmod(0o600)
    access = AccessSettings(mode="required", keys_file=keys_file)
    async with _serving(database_url, access) as site:
        once = ("--phases=fuzzing", "--max-examples=1")
        await _run_schemathesis(site, tmp_path, *once)
        await _run_schemathesis(site, tmp_path, *once, f"--header=Authorization: Bearer {key}")
