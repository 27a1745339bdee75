"""Airports by REST: search, boards, filters of flights, and statistics of movements."""

from typing import Any

import pytest

from testkit.history_site import HistorySite, addresses
from testkit.state_vectors import START

HOUR, DAY = 3_600, 86_400
HOUR_START = START // HOUR * HOUR


async def fly(site: HistorySite, icao24: str, begin: int, route: str, **fields: object) -> None:
    """Store a measured flight between two airports, such as "LSZH LSGG"; - is no airport."""
    takeoff, landing = (None if code == "-" else code for code in route.split())
    places = {"takeoff_airport": takeoff, "landing_airport": landing, "airborne": True}
    await site.store_flight(icao24, begin, **({"last_seen": begin + 3_000} | places | fields))


async def test_search(site: HistorySite) -> None:
    """By code, name or city, without accents; an unknown text finds none."""
    for text, code in (("zrh", "LSZH"), ("LSGG", "LSGG"), ("zurich", "LSZH"), ("o'hare", "KORD")):
        found = (await site.get("/api/airports", q=text, limit=3)).json()["airports"]
        assert found[0]["icao"] == code
        assert len(found) <= 3
    assert (await site.get("/api/airports", q="nowhere at all")).json() == {"airports": []}


async def test_one_airport(site: HistorySite) -> None:
    """Its ICAO and IATA codes name it, in any case."""
    for code in ("LSZH", "zrh"):
        found = (await site.get(f"/api/airports/{code}")).json()
        assert (found["icao"], found["iata"], found["country"]) == ("LSZH", "ZRH", "CH")
        assert found["altitude"] == pytest.approx(432, abs=1)
    missing = await site.get("/api/airports/QQQQ")
    assert missing.status_code == 404
    assert "QQQQ" in missing.text


async def test_board(site: HistorySite) -> None:
    """Arrivals by landing and departures by take-off, newest first, of the hours that are asked."""
    site.now = HOUR_START + DAY
    await fly(site, "aaaaaa", HOUR_START + DAY - 2 * HOUR, "LSZH LSGG")
    await fly(site, "bbbbbb", HOUR_START + DAY - 3 * HOUR, "EGLL LSZH")
    landing = HOUR_START + DAY - 60
    await fly(site, "cccccc", HOUR_START + DAY - 4 * HOUR, "KJFK LSZH", landing=landing)
    await fly(site, "dddddd", HOUR_START, "LSZH -")
    board = (await site.get("/api/airports/ZRH/board", hours=6)).json()
    assert board["airport"]["icao"] == "LSZH"
    assert [flight["icao24"] for flight in board["arrivals"]] == ["cccccc", "bbbbbb"]
    assert [flight["icao24"] for flight in board["departures"]] == ["aaaaaa"]
    assert board["departures"][0]["landing_airport"] == "LSGG"
    board = (await site.get("/api/airports/LSZH/board", hours=24, limit=1)).json()
    assert [flight["icao24"] for flight in board["arrivals"]] == ["cccccc"]
    assert (await site.get("/api/airports/QQQQ/board")).status_code == 404


async def test_flights_by_airport(site: HistorySite) -> None:
    await fly(site, "aaaaaa", START, "LSZH LSGG")
    await fly(site, "bbbbbb", START + 1, "LSGG LSZH")
    await fly(site, "cccccc", START + 2, "LSGG -")
    path = "/api/history/flights"
    site.now = START + HOUR
    assert addresses(await site.get(path, takeoff_airport="GVA")) == ["cccccc", "bbbbbb"]
    assert addresses(await site.get(path, landing_airport="lsgg")) == ["aaaaaa"]
    assert addresses(await site.get(path, airport="LSZH")) == ["bbbbbb", "aaaaaa"]
    both = await site.get(path, takeoff_airport="LSZH", landing_airport="GVA")
    assert addresses(both) == ["aaaaaa"]
    for wrong in ("QQQQ", "Zurich", "!"):
        refused = await site.get(path, airport=wrong)
        assert (refused.status_code, "airport" in refused.text) == (422, True)


async def test_files_have_the_airports(site: HistorySite) -> None:
    await fly(site, "aaaaaa", START, "LSZH LSGG")
    site.now = START + HOUR
    answer = await site.get("/api/history/flights", format="csv", takeoff_airport="LSZH")
    header, line = (row.split(",") for row in answer.text.splitlines())
    assert [line[header.index(f"{side}_airport")] for side in ("takeoff", "landing")] == [
        "LSZH",
        "LSGG",
    ]


async def test_movements(site: HistorySite) -> None:
    """Each hour or day counts what took off and landed in it; a flight may be in two of them."""
    await fly(site, "aaaaaa", HOUR_START + 1_800, "LSZH LSGG")
    await fly(site, "bbbbbb", HOUR_START + 2_000, "LSGG LSZH")
    await fly(site, "cccccc", HOUR_START + 1_000, "LSZH -")
    times: dict[str, Any] = {"from_": HOUR_START, "to": HOUR_START + 2 * HOUR}
    found = (await site.get("/api/statistics/airports/ZRH", **times)).json()
    assert found["airport"]["icao"] == "LSZH"
    assert found["movements"] == [
        {"start": HOUR_START, "takeoffs": 2, "landings": 0},
        {"start": HOUR_START + HOUR, "takeoffs": 0, "landings": 1},
    ]
    by_day = (await site.get("/api/statistics/airports/ZRH", by="day", **times)).json()
    assert [(day["takeoffs"], day["landings"]) for day in by_day["movements"]] == [(2, 1)]
    busiest = (await site.get("/api/statistics/airports", **times)).json()["airports"]
    assert busiest == [
        {"airport": "LSZH", "takeoffs": 2, "landings": 1},
        {"airport": "LSGG", "takeoffs": 1, "landings": 1},
    ]


async def test_keys_with_areas_get_no_airports_of_flights(
    restricted: tuple[HistorySite, str],
) -> None:
    """The airport of a flight may lie outside, and so may the positions that it is derived from."""
    site, key = restricted
    await fly(site, "aaaaaa", START, "LSZH EGLL")
    refused: dict[str, dict[str, Any]] = {
        "/api/airports/LSZH/board": {},
        "/api/statistics/airports": {},
        "/api/statistics/airports/LSZH": {},
        "/api/history/flights": {"airport": "LSZH"},
    }
    for path, parameters in refused.items():
        answer = await site.get(path, key, **parameters)
        assert (answer.status_code, "areas" in answer.text) == (422, True), path
    assert (await site.get("/api/airports/LSZH", key)).status_code == 200
    assert (await site.get("/api/airports/LSZH")).status_code == 401
