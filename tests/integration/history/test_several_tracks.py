"""The tracks of several aircraft by REST, with a bound on all of them together."""

from typing import Any

import pytest

from testkit.history_site import HistorySite, track
from testkit.state_vectors import START, state_vector

HOUR, DAY = 3_600, 86_400
PATH = "/api/history/tracks"


def points(body: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Return the points of each track by the names of their fields."""
    return {
        one["icao24"]: [dict(zip(body["fields"], point, strict=True)) for point in one["states"]]
        for one in body["tracks"]
    }


async def test_same_points_as_one_track(site: HistorySite) -> None:
    """Each track is the one that its own route returns; aircraft without any are listed."""
    vectors = track("aaaaaa", velocity=240.13)
    vectors[7] = state_vector("aaaaaa", START + 70, longitude=-122.4, latitude=37.6)
    await site.store(*vectors, *track("bbbbbb", count=5))
    for icao24 in ("aaaaaa", "bbbbbb"):
        await site.store_flight(icao24)
    body = (await site.get(PATH, icao24="bbbbbb,AAAAAA,cccccc,bbbbbb")).json()
    assert [one["icao24"] for one in body["tracks"]] == ["bbbbbb", "aaaaaa"]
    assert body["without"] == ["cccccc"]
    for icao24, found in points(body).items():
        alone = (await site.get(f"/api/flights/{icao24}/track")).json()
        wanted = [{name: state[name] for name in body["fields"]} for state in alone["states"]]
        assert found == wanted
    assert [point["implausible"] for point in points(body)["aaaaaa"]].count(True) == 1


async def test_flight_at_a_time(site: HistorySite) -> None:
    """With a time it is the flight that was under way then, as a whole."""
    early = [state_vector("aaaaaa", START - DAY + n) for n in range(5)]
    await site.store(*early, *track("aaaaaa"))
    await site.store_flight("aaaaaa", START - DAY, last_seen=START - DAY + 4)
    await site.store_flight("aaaaaa", START)
    body = (await site.get(PATH, icao24="aaaaaa", time=START - DAY + 2)).json()
    times = [point["last_contact"] for point in points(body)["aaaaaa"]]
    assert times == [vector.last_contact for vector in early]
    body = (await site.get(PATH, icao24="aaaaaa", time=START - HOUR)).json()
    assert (body["tracks"], body["without"]) == ([], ["aaaaaa"])


async def test_hours(site: HistorySite) -> None:
    """A number of hours is a time range, whatever flights there are."""
    await site.store(state_vector("aaaaaa", START - HOUR), *track("aaaaaa", count=3))
    site.now = START + 30
    for hours, count in ((0.5, 3), (2, 4)):
        body = (await site.get(PATH, icao24="aaaaaa", hours=hours)).json()
        assert len(points(body)["aaaaaa"]) == count
        assert body["tracks"][0]["from"] == START + 30 - hours * HOUR
    body = (await site.get(PATH, icao24="aaaaaa", hours=2, time=START + 5)).json()
    assert len(points(body)["aaaaaa"]) == 2


async def test_downsampled(site: HistorySite) -> None:
    """Minutes are read where they exist, and each track has at most so many points."""
    vectors = track("aaaaaa", count=40, step=30)
    await site.store(*vectors)
    await site.store_minutes(*vectors[:30])
    await site.store_flight("aaaaaa")
    body = (await site.get(PATH, icao24="aaaaaa", max_points=8)).json()
    (one,) = body["tracks"]
    assert len(one["states"]) == 8
    # 30 state vectors are 15 minutes; of the other 10 there are no minutes yet.
    assert one["received"] in (25, 26)
    assert points(body)["aaaaaa"][-1]["last_contact"] == vectors[-1].last_contact


async def test_all_together_are_bounded(site: HistorySite) -> None:
    """The bound is for the answer, not for each track (max_rows is 50)."""
    for icao24 in ("aaaaaa", "bbbbbb", "cccccc"):
        await site.store(*track(icao24))
        await site.store_flight(icao24)
    assert (await site.get(PATH, icao24="aaaaaa,bbbbbb")).status_code == 200
    answer = await site.get(PATH, icao24="aaaaaa,bbbbbb,cccccc")
    assert answer.status_code == 413
    assert "50" in answer.json()["detail"][0]["msg"]


@pytest.mark.parametrize(
    "icao24", ["", "4b181", "4b1814,", "4b1814;3c6444", ",".join(f"{n:06x}" for n in range(51))]
)
async def test_malformed_lists(site: HistorySite, icao24: str) -> None:
    answer = await site.get(PATH, icao24=icao24)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["query", "icao24"]


async def test_only_what_lies_inside_the_areas(restricted: tuple[HistorySite, str]) -> None:
    """Points outside are neither sent nor counted; an aircraft elsewhere is one without a track."""
    site, key = restricted
    leaving = [state_vector("dddddd", START + n, longitude=10.3 + n / 10) for n in range(5)]
    await site.store(*leaving, *track("bbbbbb", longitude=0.0))
    for icao24 in ("bbbbbb", "dddddd"):
        await site.store_flight(icao24)
    for query in ({"time": START}, {"time": START + 60, "hours": 1}):
        body = (await site.get(PATH, key, icao24="bbbbbb,dddddd", **query)).json()
        assert [point["longitude"] for point in points(body)["dddddd"]] == [10.3, 10.4, 10.5]
        assert body["tracks"][0]["received"] == 3
        assert body["without"] == ["bbbbbb"]
    assert (await site.get(PATH, icao24="dddddd")).status_code == 401
