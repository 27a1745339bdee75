"""Flights of a real day, with all its noise: none is impossible, none is cut by one observation."""

import gzip
import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from telemetry.state_vector import StateVector
from testkit.archive_site import ArchiveSite
from testkit.flight_oracle import flights_of
from testkit.migration import migrated_database
from testkit.queries import fetch, fetch_value
from testkit.state_vectors import state_vector

RECORDING = "global_20250706_20min_half.ndjson.gz"

NO_CALLSIGN = {"N/A", ""}
"""How the recording says that none was received."""

TOO_FAST = """
    SELECT icao24, first_seen, distance_km FROM flights
    WHERE distance_km > 1300 * extract(epoch FROM last_seen - first_seen) / 3600 + 0.001
"""
WRONG_LANDINGS = """
    SELECT leg.icao24, leg.landing FROM flight_legs AS leg
    JOIN state_vectors AS state
      ON state.icao24 = leg.icao24 AND state.last_contact >= leg.landing
     AND state.last_contact < leg.ends_before AND state.on_ground
    GROUP BY 1, 2
    HAVING count(*) = 1 AND bool_or(state.velocity > 90 OR state.baro_altitude > 5000)
"""
CALLSIGNS_RECEIVED_ONCE = """
    SELECT leg.icao24, leg.first_seen, leg.callsign
    FROM flight_legs AS before
    JOIN flight_legs AS leg ON leg.icao24 = before.icao24 AND leg.first_seen = before.ends_before
    JOIN state_vectors AS state
      ON state.icao24 = leg.icao24 AND state.callsign = leg.callsign
     AND state.last_contact >= leg.first_seen AND state.last_contact < leg.ends_before
    WHERE leg.first_seen - before.last_seen <= INTERVAL '30 minutes' AND leg.take_off IS NULL
    GROUP BY 1, 2, 3
    HAVING count(*) = 1
"""


@pytest.fixture
def recording() -> list[StateVector]:
    """Give what was recorded, in order of time, each state vector once."""
    folder = os.environ.get("OPENSKY_CAPTURES")
    if folder is None or not (Path(folder) / RECORDING).exists():
        pytest.skip(f"OPENSKY_CAPTURES does not name a folder that holds {RECORDING}")
    with gzip.open(Path(folder) / RECORDING) as lines:
        answers = [msgspec.json.decode(line) for line in lines]
    vectors = [_vector(answer["file_clock"], row) for answer in answers for row in answer["states"]]
    unique = {(vector.last_contact, vector.icao24): vector for vector in reversed(vectors)}
    return [unique[key] for key in sorted(unique)]


def _vector(at: int, row: list[Any]) -> StateVector:
    icao24, callsign, country, longitude, latitude, altitude, on_ground, velocity, track = row
    return state_vector(
        icao24,
        at,
        callsign=None if callsign in NO_CALLSIGN else callsign,
        origin_country=country,
        longitude=longitude,
        latitude=latitude,
        baro_altitude=altitude,
        on_ground=on_ground,
        velocity=velocity,
        true_track=track,
    )


@pytest.fixture
def dsn(embedded_server: str) -> Iterator[str]:
    """Give a migrated database."""
    with migrated_database(embedded_server) as dsn:
        yield dsn


@pytest.mark.timeout(900)
async def test_no_flight_of_a_real_day_is_impossible(
    recording: list[StateVector], dsn: str
) -> None:
    """And all are those of the definition."""
    site = ArchiveSite(dsn)
    await site.restart()
    for _, answer in itertools.groupby(recording, key=lambda vector: vector.last_contact):
        await site.write(list(answer))
    await site.roll_up()
    assert fetch(dsn, TOO_FAST) == []
    assert fetch(dsn, WRONG_LANDINGS) == []
    assert fetch(dsn, CALLSIGNS_RECEIVED_ONCE) == []
    assert fetch_value(dsn, "SELECT max(max_altitude) <= 21500 FROM flights")
    assert await site.flights() == flights_of(recording)
    await site.database.close()
