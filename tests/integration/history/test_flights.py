"""Flights by REST: selected by any of their fields, page by page."""

from typing import Any

import pytest

from testkit.history_site import HistorySite, addresses, track
from testkit.state_vectors import START, state_vector

HOUR, DAY = 3_600, 86_400
HOUR_START = START // HOUR * HOUR


async def test_newest_first(site: HistorySite) -> None:
    for number in range(3):
        await site.store_flight(f"{number:06x}", START + number, last_seen=START + HOUR)
    answer = await site.get("/api/history/flights", to=START + HOUR)
    assert addresses(answer) == ["000002", "000001", "000000"]
    assert answer.json()["next"] is None


async def test_selected_by_field(site: HistorySite) -> None:
    await site.store_flight("aaaaaa", callsign="SWR1", last_seen=START)
    await site.store_flight("bbbbbb", callsign="SWR12", last_seen=START, origin_country="Malta")
    await site.store_flight("cccccc", callsign=None, last_seen=START, origin_country=None)
    path = "/api/history/flights"
    assert addresses(await site.get(path, callsign="swr*")) == ["bbbbbb", "aaaaaa"]
    assert addresses(await site.get(path, callsign="SWR1")) == ["aaaaaa"]
    assert addresses(await site.get(path, country="malta")) == ["bbbbbb"]
    assert addresses(await site.get(path, icao24="CCCCCC")) == ["cccccc"]
    assert addresses(await site.get(path, icao24="cccccc", callsign="S*")) == []


async def test_flights_that_overlap_the_time_range(site: HistorySite) -> None:
    """A flight in the air at the start of the range counts, however long before it began."""
    await site.store_flight("aaaaaa", START - 2 * DAY, last_seen=START + 10)
    await site.store_flight("bbbbbb", START + 5, last_seen=START + 7)
    await site.store_flight("cccccc", START - 90, last_seen=START - 1)
    await site.store_flight("dddddd", START + 21, last_seen=START + 30)
    await site.store(*track("eeeeee"))
    await site.store_flight("eeeeee", START - 3 * HOUR)
    await site.store_flight("ffffff", START - 3 * HOUR)  # not over, and silent since
    answer = await site.get("/api/history/flights", from_=START, to=START + 20)
    assert addresses(answer) == ["bbbbbb", "eeeeee", "aaaaaa"]


async def test_pages_with_equal_times(site: HistorySite) -> None:
    """Each flight is on one page, though all began in the same second."""
    stored = {f"{number:06x}" for number in range(25)}
    for icao24 in stored:
        await site.store_flight(icao24, last_seen=START + 10)
    await site.store_flight("ffffff", START - 100, last_seen=START - 50)
    found: list[str] = []
    after: dict[str, Any] = {}
    for size in (10, 10, 6):
        answer = await site.get("/api/history/flights", **after)
        assert len(addresses(answer)) == size
        found += addresses(answer)
        after = {"after": answer.json()["next"]}
    assert found == [*sorted(stored, reverse=True), "ffffff"]
    assert after == {"after": None}


async def test_pages_of_flights_that_began_before_the_time_range(site: HistorySite) -> None:
    """The cursor goes on among the flights that were in the air at the start of the range."""
    for number in range(6):
        await site.store_flight(f"{number:06x}", START - number, last_seen=START + DAY)
    found: list[str] = []
    after: dict[str, Any] = {}
    for _ in range(3):
        answer = await site.get(
            "/api/history/flights", from_=START - 2, to=START + 5, limit=2, **after
        )
        found += addresses(answer)
        after = {"after": answer.json()["next"]}
    assert found == [f"{number:06x}" for number in range(6)]


@pytest.mark.parametrize("is_measured", [True, False])
async def test_in_an_area(site: HistorySite, *, is_measured: bool) -> None:
    """One of its positions must lie in the box; overlapping extents are not enough."""
    corner = [
        state_vector("aaaaaa", START, longitude=0, latitude=0),
        state_vector("aaaaaa", START + 10, longitude=None, latitude=None),
        state_vector("aaaaaa", START + 20, longitude=10, latitude=10),
    ]
    await site.store(*corner, *track("bbbbbb", longitude=5.0, latitude=5.0))
    measured: dict[str, Any] = {"last_seen": START + 190} if is_measured else {}
    box = {"west": 0.0, "south": 0.0, "east": 10.0, "north": 10.0} if is_measured else {}
    await site.store_flight("aaaaaa", **measured, **box)
    await site.store_flight("bbbbbb", **measured, **box)
    answer = await site.get("/api/history/flights", bbox="4,4,6,6", to=START + DAY)
    assert addresses(answer) == ["bbbbbb"]
    answer = await site.get("/api/history/flights", bbox="9,9,11,11", to=START + DAY)
    assert addresses(answer) == ["aaaaaa"]


async def test_in_an_area_over_the_antimeridian(site: HistorySite) -> None:
    await site.store(*track("aaaaaa", longitude=179.5), *track("bbbbbb", longitude=-179.5))
    await site.store(*track("cccccc", longitude=0.0))
    for icao24, longitude in (("aaaaaa", 179.5), ("bbbbbb", -179.5), ("cccccc", 0.0)):
        edges: dict[str, Any] = {"west": longitude, "east": longitude, "south": 47.0, "north": 48.0}
        await site.store_flight(icao24, last_seen=START + 190, **edges)
    answer = await site.get("/api/history/flights", bbox="179,40,-179,50")
    assert addresses(answer) == ["bbbbbb", "aaaaaa"]


async def test_whose_box_crosses_the_antimeridian(site: HistorySite) -> None:
    """Its west is greater than its east (RFC 7946, 5.2): it overlaps boxes on either side."""
    await site.store(*track("aaaaaa", longitude=179.5), *track("bbbbbb", longitude=0.0))
    edges: dict[str, Any] = {"west": 177.0, "east": -172.0, "south": 47.0, "north": 48.0}
    for icao24 in ("aaaaaa", "bbbbbb"):
        await site.store_flight(icao24, last_seen=START + 190, **edges)
    answer = await site.get("/api/history/flights", bbox="179,40,-179,50")
    assert addresses(answer) == ["aaaaaa"]
    [flight] = answer.json()["flights"]
    assert (flight["west"], flight["east"]) == (177.0, -172.0)
    answer = await site.get("/api/history/flights", bbox="179,40,180,50")
    assert addresses(answer) == ["aaaaaa"]
    # Its positions lie in the box, but the extent of the flight does not.
    assert addresses(await site.get("/api/history/flights", bbox="-1,40,1,50")) == []


async def test_without_a_state_vector_in_the_air(site: HistorySite) -> None:
    """Parked aircraft and vehicles are left out unless included; unknown ones are listed."""
    measured: dict[str, Any] = {"last_seen": START + 10, "state_vectors": 2, "distance_km": 0.0}
    for icao24, airborne in (("aaaaaa", True), ("bbbbbb", False), ("cccccc", None)):
        await site.store_flight(icao24, airborne=airborne, implausible_positions=1, **measured)
    path = "/api/history/flights"
    answer = await site.get(path)
    assert addresses(answer) == ["cccccc", "aaaaaa"]
    assert [flight["airborne"] for flight in answer.json()["flights"]] == [None, True]
    assert answer.json()["flights"][0]["implausible_positions"] == 1
    answer = await site.get(path, include_ground="true")
    assert addresses(answer) == ["cccccc", "bbbbbb", "aaaaaa"]
    answer = await site.get(path, format="csv", include_ground="true")
    assert [line.split(",")[-3] for line in answer.text.splitlines()[1:]] == ["", "false", "true"]
    site.now = START + HOUR
    assert addresses(await site.get("/api/statistics/busiest")) == ["aaaaaa", "cccccc"]
    assert (await site.get("/api/flights/bbbbbb")).json()["flight"]["airborne"] is False


async def test_in_an_area_from_rows_by_minute(site: HistorySite) -> None:
    await site.store_minutes(*track())
    edges: dict[str, Any] = {"west": 8.0, "east": 9.0, "south": 47.0, "north": 48.0}
    await site.store_flight(last_seen=START + 190, **edges)
    answer = await site.get("/api/history/flights", bbox="8,47,9,48")
    assert addresses(answer) == ["4b1814"]


async def test_time_range_is_bounded_unless_an_index_finds_the_flights(site: HistorySite) -> None:
    await site.store_flight("aaaaaa", START - 90 * DAY, last_seen=START - 90 * DAY + HOUR)
    path = "/api/history/flights"
    answer = await site.get(path, from_=START - 90 * DAY)
    assert answer.status_code == 400
    assert "at most 31 days" in answer.json()["detail"][0]["msg"]
    assert addresses(await site.get(path)) == []
    assert addresses(await site.get(path, icao24="aaaaaa")) == ["aaaaaa"]
    assert addresses(await site.get(path, callsign="SWR*")) == ["aaaaaa"]


async def test_files_have_no_limit(site: HistorySite) -> None:
    for number in range(25):
        await site.store_flight(f"{number:06x}", last_seen=START + 10)
    answer = await site.get("/api/history/flights", format="csv", to=START + DAY)
    assert len(answer.text.splitlines()) == 26
    answer = await site.get("/api/history/flights", format="csv", limit=5)
    assert answer.status_code == 422
