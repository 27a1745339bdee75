"""Statistics by REST: by hour, country, altitude, and the busiest."""

from typing import Any

import pytest

from testkit.history_site import HistorySite, addresses
from testkit.state_vectors import START, state_vector

HOUR, DAY = 3_600, 86_400
HOUR_START = START // HOUR * HOUR


async def test_hours(site: HistorySite) -> None:
    """Of all countries or of one; an hour with new state vectors is counted again."""
    site.now = HOUR_START + HOUR
    await site.store_hour(HOUR_START - HOUR, "Malta", 2, 20)
    await site.store_hour(HOUR_START - HOUR, "Switzerland", 3, 30)
    await site.store_hour(HOUR_START, "Switzerland", 9, 90)
    await site.execute("INSERT INTO touched_hours SELECT max(hour) FROM hourly_counts")
    await site.store_minutes(*(state_vector(last_contact=HOUR_START + n) for n in range(5)))
    answer = await site.get("/api/statistics/hourly")
    assert answer.json()["hours"] == [
        {"hour": HOUR_START - HOUR, "aircraft": 5, "state_vectors": 50},
        {"hour": HOUR_START, "aircraft": 1, "state_vectors": 5},
    ]
    answer = await site.get("/api/statistics/hourly", country="MALTA")
    assert [hour["aircraft"] for hour in answer.json()["hours"]] == [2]
    answer = await site.get("/api/statistics/hourly", from_=HOUR_START - 1, to=HOUR_START)
    assert [hour["hour"] for hour in answer.json()["hours"]] == [HOUR_START - HOUR]


async def test_countries(site: HistorySite) -> None:
    for hour in (HOUR_START - 2 * HOUR, HOUR_START - HOUR):
        await site.store_hour(hour, "Malta", 2 + (hour == HOUR_START - HOUR), 20)
    await site.store_hour(HOUR_START - HOUR, None, 1, 1)
    answer = await site.get("/api/statistics/countries", to=HOUR_START)
    assert answer.json()["countries"] == [
        {
            "origin_country": "Malta",
            "aircraft_hours": 5,
            "max_aircraft": 3,
            "state_vectors": 40,
        },
        {"origin_country": None, "aircraft_hours": 1, "max_aircraft": 1, "state_vectors": 1},
    ]


async def test_altitudes(site: HistorySite) -> None:
    """Bands are a kilometre high; the ground and unknown altitudes have no band."""
    await site.store_minutes(
        state_vector("aaaaaa", HOUR_START, baro_altitude=1_999.9),
        state_vector("aaaaaa", HOUR_START + HOUR, baro_altitude=1_000.0),
        state_vector("bbbbbb", HOUR_START, baro_altitude=None, geo_altitude=-10.0),
        state_vector("cccccc", HOUR_START, baro_altitude=None),
        state_vector("dddddd", HOUR_START, on_ground=True),
    )
    window: dict[str, Any] = {"from_": HOUR_START, "to": HOUR_START + HOUR}
    answer = await site.get("/api/statistics/altitudes", **window)
    bands = answer.json()["bands"]
    assert [(band["on_ground"], band["low"], band["high"]) for band in bands] == [
        (True, None, None),
        (False, None, None),
        (False, -1_000, 0),
        (False, 1_000, 2_000),
    ]
    assert [band["aircraft"] for band in bands] == [1, 1, 1, 1]
    assert [band["state_vectors"] for band in bands] == [1, 1, 1, 2]
    answer = await site.get("/api/statistics/altitudes", **window, hourly="true")
    low = [band for band in answer.json()["bands"] if band["low"] == 1_000]
    assert [band["hour"] for band in low] == [HOUR_START, HOUR_START + HOUR]


async def test_busiest(site: HistorySite) -> None:
    """Flights in the air are not over and do not count."""
    sums = {"distance_km": 100.0, "state_vectors": 10}
    await site.store_flight("aaaaaa", START - 200, last_seen=START - 100, **sums)
    await site.store_flight("aaaaaa", START - 90, last_seen=START - 80, **sums)
    await site.store_flight(
        "bbbbbb", START - 9_000, last_seen=START - 1_800, distance_km=900.0, state_vectors=5
    )
    await site.store_flight("cccccc", START - 10)
    path = "/api/statistics/busiest"
    assert addresses(await site.get(path)) == ["aaaaaa", "bbbbbb"]
    assert addresses(await site.get(path, by="hours")) == ["bbbbbb", "aaaaaa"]
    assert addresses(await site.get(path, by="distance_km")) == ["bbbbbb", "aaaaaa"]
    (busiest,) = (await site.get(path, by="state_vectors", limit=1)).json()["aircraft"]
    assert (busiest["icao24"], busiest["flights"], busiest["state_vectors"]) == (
        *("aaaaaa", 2, 20),
    )


@pytest.mark.parametrize("name", ["hourly", "countries", "altitudes", "busiest"])
async def test_window(site: HistorySite, name: str) -> None:
    path = f"/api/statistics/{name}"
    assert (await site.get(path, from_=START - 32 * DAY)).status_code == 400
    assert (await site.get(path, from_=START, to=START - 1)).status_code == 422
    assert (await site.get(path, from_=START - 31 * DAY)).status_code == 200


async def test_too_many_rows(site: HistorySite) -> None:
    for number in range(51):
        await site.store_hour(HOUR_START - HOUR, f"Country {number}", 1, 1)
    assert (await site.get("/api/statistics/countries")).status_code == 413
