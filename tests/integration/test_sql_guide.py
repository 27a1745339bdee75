"""Every query of docs/sql.md, run by the reader, finds what it is for on an invented day."""

import asyncio
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from processor.archive.stored_values import round_to_stored
from testkit import databases
from testkit.invented_day import at, legs
from testkit.migration import migrated_database
from testkit.reader import reader_of
from testkit.services import ROOT
from testkit.stored_day import store

QUERY = re.compile(r"^### (.+?)$(?:(?!^###).)*?^```sql\n(.*?)^```", re.MULTILINE | re.DOTALL)
QUERIES = dict(QUERY.findall((ROOT / "docs/sql.md").read_text()))

Rows = list[dict[str, Any]]

NOW = {
    "Aircraft in a box": "2026-09-01 12:00Z",
    "All traffic at a time": "2026-09-01 12:00Z",
    "Holding patterns": "2026-09-01 11:00Z",
    "Positions older than 15 seconds": "2026-09-01 13:00Z",
    "Data quality": "2026-09-01 11:00Z",
}
"""Which time takes the place of `now()`, as the guide says; elsewhere it is the day's end."""

END_OF_DAY = "2026-09-02 00:00Z"


@pytest.fixture(scope="module")
def reader_dsn(server_dsn: str) -> Iterator[str]:
    """Give the reader's address of a database with the invented day."""
    with migrated_database(server_dsn) as dsn:
        asyncio.run(store(dsn, legs()))
        # What the archive loads and derives in its own time.
        databases.execute(
            dsn,
            "INSERT INTO aircraft (icao24, type, source) SELECT DISTINCT icao24,"
            " 'A320', 'imported' FROM flight_legs WHERE callsign = 'SWR123'",
        )
        databases.execute(
            dsn,
            "UPDATE flight_legs SET takeoff_airport = 'LSZH',"
            " landing_airport = 'LSGG' WHERE callsign = 'SWR123'",
        )
        with reader_of(dsn) as reader:
            yield reader


@pytest.fixture
async def reader(reader_dsn: str) -> asyncpg.Connection:
    """Give a connection that is not closed by hand: the database is dropped from under it."""
    return await asyncpg.connect(reader_dsn)


async def request(reader: asyncpg.Connection, heading: str) -> Rows:
    """Run what stands under a heading, with another time than now."""
    now = f"TIMESTAMPTZ '{NOW.get(heading, END_OF_DAY)}'"
    rows = [dict(row) for row in await reader.fetch(QUERIES[heading].replace("now()", now))]
    await reader.close()
    return rows


def test_every_query_is_tested() -> None:
    """A query that is added to the guide needs a test here, which names its heading."""
    source = Path(__file__).read_text()
    assert len(QUERIES) >= 12
    assert (ROOT / "docs/sql.md").read_text().count("```sql\n") == len(QUERIES)
    assert [heading for heading in QUERIES if f'"{heading}"' not in source] == []


async def test_track_is_that_of_the_flight(reader: asyncpg.Connection) -> None:
    """All positions of the one flight in order, none of the day before."""
    rows = await request(reader, "The track of a flight")
    flown = legs()[0].vectors
    assert [row["last_contact"].timestamp() for row in rows] == [v.last_contact for v in flown]
    stored = [round_to_stored(vector) for vector in flown]
    assert [row["longitude"] for row in rows] == [vector.longitude for vector in stored]


async def test_past_flights_have_the_callsign(reader: asyncpg.Connection) -> None:
    """Both days, newest first, with the take-offs; no other callsign."""
    rows = await request(reader, "Past flights by callsign")
    assert [(row["callsign"], row["icao24"]) for row in rows] == [
        ("SWR9", "4b1899"),
        ("SWR123", "4b1814"),
        ("SWR123", "4b1801"),
    ]
    hop = legs()[0]
    assert rows[1]["take_off"].timestamp() == hop.take_off
    assert rows[1]["landing"].timestamp() == hop.landing
    assert 225 < rows[1]["km"] < 235


async def test_box_holds_who_was_there_then(reader: asyncpg.Connection) -> None:
    """Neither who was elsewhere, nor who left it just before, nor who was there earlier."""
    rows = await request(reader, "Aircraft in a box")
    assert [(row["icao24"], row["callsign"]) for row in rows] == [("4b1899", "SWR9")]
    assert rows[0]["last_contact"].timestamp() == at("12:00")


async def test_moment_shows_all_traffic_once(reader: asyncpg.Connection) -> None:
    """All aircraft received in the five minutes before noon, with the last row before it."""
    rows = await request(reader, "All traffic at a time")
    assert {row["icao24"] for row in rows} == {"4b1899", "39bda5", "3b7777", "896401"}
    assert len(rows) == 4
    assert max(row["last_contact"].timestamp() for row in rows) == at("12:00") - 10


async def test_holding_is_distinguished_from_other_turns(reader: asyncpg.Connection) -> None:
    """The racetrack; not the survey's zigzag, not the wide circles."""
    rows = await request(reader, "Holding patterns")
    assert [(row["icao24"], row["callsign"]) for row in rows] == [("400a0b", "BAW7")]
    assert 1_700 <= rows[0]["degrees"] <= 1_800
    assert rows[0]["longitude"] == pytest.approx(8.2, abs=0.2)
    assert rows[0]["latitude"] == pytest.approx(47.2, abs=0.2)


async def test_emergencies_are_spans(reader: asyncpg.Connection) -> None:
    """Twice 7700; not the slip of 7600, not 7000."""
    rows = await request(reader, "Emergency squawks")
    spans = [(row["since"].timestamp(), row["until"].timestamp(), row["squawk"]) for row in rows]
    assert spans == [(at("14:05"), at("14:17"), "7700"), (at("15:30"), at("15:35"), "7700")]
    assert {(row["icao24"], row["callsign"]) for row in rows} == {("3c6444", "DLH77")}


async def test_busiest_hour_is_counted(reader: asyncpg.Connection) -> None:
    """The hours of the day by their aircraft, as counted here."""
    rows = await request(reader, "The busiest hour")
    counted: dict[int, set[str]] = defaultdict(set)
    for leg in legs():
        for vector in leg.vectors:
            counted[vector.last_contact // 3_600 * 3_600].add(vector.icao24)
    hours = [(-len(aircraft), hour) for hour, aircraft in counted.items() if hour >= at("00:00")]
    expected = [(hour, -minus) for minus, hour in sorted(hours)[:5]]
    assert [(row["hour"].timestamp(), row["aircraft"]) for row in rows] == expected


async def test_countries_have_their_flights(reader: asyncpg.Connection) -> None:
    """The day's flights only: that of the day before would be one more for Switzerland."""
    rows = await request(reader, "Traffic by country")
    counted = {row["origin_country"]: (row["aircraft"], row["flights"]) for row in rows}
    assert counted == {
        "Switzerland": (8, 8),
        "Cyprus": (2, 2),
        "Germany": (1, 1),
        "United Arab Emirates": (1, 1),
        "United States": (1, 1),
    }


async def test_coverage_counts_cells(reader: asyncpg.Connection) -> None:
    """A cell counts the aircraft in it, with the lowest in the air; empty cells are left out."""
    rows = await request(reader, "Coverage by grid cell")
    cells = {(row["west"], row["south"]): row for row in rows}
    south_of_paris = cells[2, 48]
    assert (south_of_paris["aircraft"], south_of_paris["minutes"]) == (1, 8)
    assert south_of_paris["lowest"] == 11_887
    assert cells[8, 47]["lowest"] < 1_500
    assert (-30, -30) not in cells


async def test_rates_are_medians_of_their_altitude(reader: asyncpg.Connection) -> None:
    """The hop climbs with 10 m/s and descends with 8; who flies level counts in neither."""
    rows = await request(reader, "Climb and descent rates")
    by_altitude = {row["from_altitude"]: row for row in rows}
    assert (by_altitude[2_000]["climb"], by_altitude[2_000]["descent"]) == (10.0, -8.0)
    assert (by_altitude[11_000]["climb"], by_altitude[11_000]["descent"]) == (None, None)


async def test_longest_flight_comes_first(reader: asyncpg.Connection) -> None:
    """Eight hours at 250 m/s; those without a position come last, and a jump is no way."""
    rows = await request(reader, "The longest flights of the day")
    assert (rows[0]["callsign"], rows[0]["icao24"]) == ("UAE9", "896401")
    assert rows[0]["km"] == pytest.approx(479 * 60 * 0.25, rel=0.01)
    assert len(rows) == 10
    assert "RCH1" not in {row["callsign"] for row in rows}
    assert {row["km"] for row in rows if row["callsign"] == "CYP1"} <= {118.0}


async def test_jammed_aircraft_are_where_they_were_last(reader: asyncpg.Connection) -> None:
    """Both of them in one cell, with the place where they seem to be."""
    rows = await request(reader, "Where positions are false")
    assert [tuple(row.values()) for row in rows] == [(33.0, 35.0, 2, 24, 35.5, 33.8)]


async def test_pairs_are_of_those_who_took_off_and_landed(reader: asyncpg.Connection) -> None:
    """One pair, Zürich and Geneva, one flight: the others were not seen to land."""
    rows = await request(reader, "From where to where")
    assert [tuple(row.values()) for row in rows] == [(8.5, 47.5, 6.0, 46.25, 1, ["SWR123"])]


async def test_flights_of_a_known_type_are_counted(reader: asyncpg.Connection) -> None:
    """The one aircraft that the table knows; all others count together."""
    rows = await request(reader, "Flights by type")
    counted = {row["type"]: (row["flights"], row["aircraft"]) for row in rows}
    assert counted["A320"] == (1, 1)
    assert set(counted) == {"A320", None}


async def test_flights_between_airports_are_counted(reader: asyncpg.Connection) -> None:
    """With the names of the places that the airports serve."""
    [row] = await request(reader, "From airport to airport")
    assert (row["from_airport"], row["to_airport"], row["flights"]) == ("LSZH", "LSGG", 1)
    assert (row["from_city"], row["to_city"]) == ("Zürich", "Geneva")


async def test_old_positions_are_found(reader: asyncpg.Connection) -> None:
    """Those of 40 s; fresh ones of the same hour are not."""
    rows = await request(reader, "Positions older than 15 seconds")
    assert [(row["icao24"], row["oldest"].total_seconds()) for row in rows] == [("39bda5", 40)]


async def test_shares_of_nulls_are_right(reader: asyncpg.Connection) -> None:
    """The source without positions stands apart from the one with them."""
    rows = await request(reader, "Data quality")
    shares = {row["position_source"]: row for row in rows}
    assert (shares[2]["no_position"], shares[2]["state_vectors"]) == (100, 60)
    assert (shares[0]["no_position"], shares[0]["no_callsign"]) == (0, 0)
    assert shares[0]["no_geo_altitude"] == 100


async def test_bands_count_each_hour(reader: asyncpg.Connection) -> None:
    """At ten: the hop on the ground and in two bands, two high, one of unknown altitude."""
    rows = await request(reader, "Aircraft by hour and altitude")
    of_ten = next(row for row in rows if row["hour"].timestamp() == at("10:00"))
    assert list(of_ten.values())[1:] == [1, 1, 1, 2, 1]
