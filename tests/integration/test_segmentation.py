"""Flights do not depend on how state vectors arrive: in batches, late, again, after restarts."""

import time
from collections.abc import AsyncIterator, Container, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from processor.bounding_box import BoundingBox
from processor.history.area_flights import read_area_flights
from processor.history.database import HistoryDatabase
from processor.history.queries import load_history_statements
from processor.history.window import EVER
from telemetry.state_vector import StateVector
from testkit.archive_site import ArchiveSite
from testkit.flight_oracle import ExpectedFlight, flights_of
from testkit.state_vectors import START, state_vector

pytestmark = pytest.mark.real_database

DAY = 86_400
LONG_AGO = int(time.time()) // DAY * DAY - 5 * DAY
"""A midnight five days ago; flights of the day after it are over."""

Batches = list[list[StateVector]]


def batches(begin: int) -> st.SearchStrategy[Batches]:
    """Return batches of two aircraft within two hours and a half (Unix seconds)."""
    observations = st.builds(
        state_vector,
        icao24=st.sampled_from(["aaaaaa", "bbbbbb"]),
        # Around the limit of silence, and close together.
        last_contact=st.builds(
            lambda half_hours, seconds: begin + 1_800 * half_hours + seconds,
            st.integers(0, 4),
            st.integers(0, 40),
        ),
        callsign=st.sampled_from([None, "SWR1", "SWR2", "SWR3"]),
        on_ground=st.booleans(),
        # On both sides of what proves a flag.
        velocity=st.sampled_from([None, 10.0, 60.0, 240.0]),
        baro_altitude=st.sampled_from([None, 400.0, 11_000.0]),
    )
    return st.lists(st.lists(observations, max_size=8), max_size=8)


def together(batches: Batches) -> Iterator[StateVector]:
    """Return the state vectors of all batches."""
    return (state for batch in batches for state in batch)


@pytest.fixture
async def site(migrated_url: str) -> AsyncIterator[ArchiveSite]:
    site = ArchiveSite(migrated_url)
    yield site
    await site.database.close()


async def write(site: ArchiveSite, batches: Batches, restarts: Container[int]) -> None:
    """Store batches, some of them after a restart."""
    for number, batch in enumerate(batches):
        if number in restarts:
            await site.restart()
        await site.write(batch)


often = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@given(batches=batches(START - 90_000), restarts=st.sets(st.integers(0, 7)))
@often
@pytest.mark.timeout(240)
async def test_the_same_flights_whatever_the_batching(
    site: ArchiveSite, batches: Batches, restarts: Container[int]
) -> None:
    """Only the set of state vectors counts."""
    await site.clear()
    await site.restart()
    await write(site, batches, restarts)
    assert await site.flights() == flights_of(together(batches))


@given(
    before=batches(LONG_AGO), after=batches(LONG_AGO + 2 * DAY), restarts=st.sets(st.integers(0, 7))
)
@often
@pytest.mark.timeout(240)
async def test_flights_whose_state_vectors_have_expired_stay(
    site: ArchiveSite, before: Batches, after: Batches, restarts: Container[int]
) -> None:
    """Later flights are the same as if there had been none before."""
    await site.clear()
    await site.restart()
    await write(site, before, restarts)
    await site.roll_up()
    await site.expire(LONG_AGO + DAY)
    await write(site, after, restarts)
    expected = [*flights_of(together(before)), *flights_of(together(after))]
    assert await site.flights() == sorted(expected)


GLOBE = (BoundingBox(-180.0, -90.0, 180.0, 90.0),)


@pytest.fixture
async def history(migrated_url: str) -> AsyncIterator[HistoryDatabase]:
    history = HistoryDatabase(
        url=migrated_url,
        max_connections=4,
        connect_timeout_seconds=5,
        statement_timeout_seconds=20,
    )
    yield history
    await history.close()


async def area_flights(history: HistoryDatabase) -> list[ExpectedFlight]:
    """Return the flights of a principal whose area is the globe, without take-off and landing."""
    async with history.reading() as connection:
        found = await read_area_flights(
            connection,
            load_history_statements(),
            icao24=None,
            window=EVER,
            boxes=GLOBE,
            areas=GLOBE,
        )
    return [
        ExpectedFlight(
            row["icao24"],
            int(row["first_seen"].timestamp()),
            int(row["last_seen"].timestamp()),
            row["callsign"],
            take_off=None,
            landing=None,
            state_vectors=row["state_vectors"],
            airborne=row["airborne"],
        )
        for row in found
    ]


@given(batches=batches(START - 90_000))
@often
@pytest.mark.timeout(240)
async def test_flights_inside_areas_are_segmented_by_the_same_rules(
    site: ArchiveSite, history: HistoryDatabase, batches: Batches
) -> None:
    """A principal whose area holds all positions gets the flights that are stored."""
    await site.clear()
    await site.restart()
    await write(site, batches, restarts=())
    stored = [flight._replace(take_off=None, landing=None) for flight in await site.flights()]
    assert sorted(await area_flights(history)) == sorted(stored)
    assert stored == [
        flight._replace(take_off=None, landing=None) for flight in flights_of(together(batches))
    ]
