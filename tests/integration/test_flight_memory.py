"""The archive's memory of flights equals the database, also after a failed transaction."""

import asyncpg
import pytest

from processor.archive.flights import store
from processor.errors import FatalError
from telemetry.state_vector import StateVector
from testkit.archive_site import ArchiveSite
from testkit.flight_oracle import flights_of
from testkit.state_vectors import START, state_vector

pytestmark = pytest.mark.real_database

BEGIN = START - 90_000


def flight(icao24: str, *minutes: int, callsign: str = "SWR1") -> list[StateVector]:
    """Return state vectors in the air, so many minutes after the start."""
    return [
        state_vector(icao24, BEGIN + 60 * minute, callsign=callsign, velocity=200.0)
        for minute in minutes
    ]


async def rename(site: ArchiveSite, old: str, new: str) -> None:
    """Rename a table."""
    connection = await asyncpg.connect(site.dsn)
    await connection.execute(f"ALTER TABLE {old} RENAME TO {new}")
    await connection.close()


async def test_a_transaction_that_failed_leaves_no_trace(site: ArchiveSite) -> None:
    """What another instance has stored in its place does not count here."""
    await site.write(flight("aaaaaa", 0, 1))
    await rename(site, "ingest_days", "elsewhere")
    with pytest.raises(FatalError):
        await site.write(flight("aaaaaa", 60, 61) + flight("bbbbbb", 60, 61))
    await rename(site, "elsewhere", "ingest_days")
    then = flight("aaaaaa", 62, 63) + flight("bbbbbb", 62, 63)
    await site.write(then)
    assert await site.flights() == flights_of([*flight("aaaaaa", 0, 1), *then])


@pytest.mark.parametrize("bound", ["MAX_REMEMBERED", "RENEWED_AFTER_ROWS"])
async def test_more_than_is_remembered(
    site: ArchiveSite, monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    """Aircraft are read again, including those of the same batch that were known before."""
    monkeypatch.setattr(store, bound, 3)
    batches = [
        flight("aaaaaa", 0, 1) + flight("bbbbbb", 0, 1),
        flight("aaaaaa", 2) + flight("cccccc", 2, 3) + flight("dddddd", 2, 3),
        flight("aaaaaa", 4) + flight("bbbbbb", 4) + flight("cccccc", 4),
    ]
    for batch in batches:
        await site.write(batch)
    assert await site.flights() == flights_of(state for batch in batches for state in batch)
