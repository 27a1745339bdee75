"""A principal that is restricted to Switzerland gets no position elsewhere."""

from testkit.history_site import HistorySite, addresses, track
from testkit.state_vectors import START, state_vector

HOUR, DAY = 3_600, 86_400
HOUR_START = START // HOUR * HOUR


async def test_positions(restricted: tuple[HistorySite, str]) -> None:
    site, key = restricted
    inside = track("aaaaaa", longitude=8.0)
    outside = track("bbbbbb", longitude=0.0)
    nowhere = track("cccccc", longitude=None, latitude=None)
    leaving = [state_vector("dddddd", START + n, longitude=10.3 + n / 10) for n in range(5)]
    await site.store(*inside, *outside, *nowhere, *leaving)
    site.publish(inside[-1], outside[-1])
    for icao24 in ("aaaaaa", "bbbbbb", "cccccc", "dddddd"):
        await site.store_flight(icao24)
    answer = await site.get("/api/history/at", key, time=START)
    assert addresses(answer) == ["aaaaaa", "dddddd"]
    answer = await site.get("/api/history/at", key, time=START + 4)
    assert addresses(answer) == ["aaaaaa"]
    answer = await site.get("/api/flights/dddddd/track", key, from_=START, to=START + DAY)
    assert [state["longitude"] for state in answer.json()["states"]] == [10.3, 10.4, 10.5]
    answer = await site.get("/api/flights/dddddd/track", key, format="csv")
    assert len(answer.text.splitlines()) == 4
    for icao24 in ("bbbbbb", "cccccc"):
        assert (await site.get(f"/api/flights/{icao24}", key)).status_code == 404
        assert (await site.get(f"/api/flights/{icao24}/track", key)).status_code == 404


async def test_flights(restricted: tuple[HistorySite, str]) -> None:
    """Only flights through the area are listed, without their extent outside it."""
    site, key = restricted
    await site.store(*track("aaaaaa", longitude=8.0), *track("bbbbbb", longitude=0.0))
    edges = {"west": -10.0, "south": 40.0, "east": 20.0, "north": 50.0}
    for icao24 in ("aaaaaa", "bbbbbb"):
        await site.store_flight(icao24, last_seen=START + 190, **edges)
    answer = await site.get("/api/history/flights", key)
    assert addresses(answer) == ["aaaaaa"]
    assert answer.json()["flights"][0]["west"] is None
    assert addresses(await site.get("/api/history/flights", key, bbox="-1,47,1,48")) == []
    answer = await site.get("/api/history/flights", key, format="csv")
    header, line = (row.split(",") for row in answer.text.splitlines())
    assert [line[header.index(name)] for name in edges] == [""] * 4


async def test_statistics(restricted: tuple[HistorySite, str]) -> None:
    """Statistics are computed from the positions inside the area."""
    site, key = restricted
    await site.store_hour(HOUR_START, "Switzerland", 99, 99)
    vectors = [*track("aaaaaa", longitude=8.0), *track("bbbbbb", longitude=0.0)]
    await site.store_minutes(*vectors)
    for icao24 in ("aaaaaa", "bbbbbb"):
        await site.store_flight(icao24, last_seen=START + 190, distance_km=1.0, state_vectors=20)
    site.now = START + HOUR
    for name, of_all, counted in (
        ("hourly", "hours", "aircraft"),
        ("countries", "countries", "aircraft_hours"),
        ("altitudes", "bands", "aircraft"),
    ):
        (found,) = (await site.get(f"/api/statistics/{name}", key)).json()[of_all]
        assert (found[counted], found["state_vectors"]) == (1, None)
    assert addresses(await site.get("/api/statistics/busiest", key)) == ["aaaaaa"]


async def test_without_a_key(restricted: tuple[HistorySite, str]) -> None:
    site, _ = restricted
    for path in ("/api/flights/aaaaaa", "/api/history/flights", "/api/statistics/hourly"):
        assert (await site.get(path)).status_code == 401
