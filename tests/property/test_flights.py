"""Flights are the same, however state vectors come: in batches, late, again, after restarts."""

from collections.abc import AsyncIterator, Iterable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from telemetry.state_vector import StateVector
from tests.support.archive_site import ArchiveSite
from tests.support.flight_oracle import flights_of
from tests.support.migration import migrate
from tests.support.state_vectors import START, state_vector

pytestmark = pytest.mark.real_database

SIGHTINGS = st.builds(
    state_vector,
    icao24=st.sampled_from(["aaaaaa", "bbbbbb"]),
    # Around the limit of silence, and close together.
    last_contact=st.builds(
        lambda half_hours, seconds: START - 90_000 + 1_800 * half_hours + seconds,
        st.integers(0, 4),
        st.integers(0, 40),
    ),
    callsign=st.sampled_from([None, "SWR1", "SWR2"]),
    on_ground=st.booleans(),
)

BATCHES = st.lists(st.lists(SIGHTINGS, max_size=8), max_size=8)


@pytest.fixture
async def site(database_url: str) -> AsyncIterator[ArchiveSite]:
    migrate(database_url)
    site = ArchiveSite(database_url)
    yield site
    await site.database.close()


@given(batches=BATCHES, restarts=st.sets(st.integers(0, 7)))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@pytest.mark.timeout(240)
async def test_the_same_flights_whatever_the_batching(
    site: ArchiveSite, batches: list[list[StateVector]], restarts: Iterable[int]
) -> None:
    """All that counts is which state vectors there are."""
    await site.clear()
    await site.restart()
    for number, batch in enumerate(batches):
        if number in restarts:
            await site.restart()
        await site.write(batch)
    assert await site.flights() == flights_of(state for batch in batches for state in batch)
