"""One aircraft by REST: its state, its flight and its track."""

from typing import Any

import pytest

from processor.reference.registrations import registration_of
from telemetry.state_vector import StateVector
from testkit.history_site import HistorySite, track
from testkit.state_vectors import START, state_vector

HOUR, DAY = 3_600, 86_400
HOUR_START = START // HOUR * HOUR


def received(point: dict[str, Any]) -> StateVector:
    """Return the state vector of a plausible track point."""
    assert point.pop("implausible") is False
    return StateVector(**point)


async def test_in_the_air(site: HistorySite) -> None:
    """The answer has its live state, and its flight measured up to the present."""
    vectors = track()
    await site.store(*vectors)
    await site.store_flight()
    site.publish(vectors[-1])
    answer = await site.get("/api/flights/4B1814")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert body["state"]["last_contact"] == vectors[-1].last_contact
    assert body["flight"]["callsign"] == "SWR7EA"
    assert body["flight"]["last_seen"] == vectors[-1].last_contact
    assert body["flight"]["state_vectors"] == 20
    assert body["flight"]["max_altitude"] == 11_887.2


async def test_stored_flight_only(site: HistorySite) -> None:
    """An aircraft without a live state is answered with its last flight."""
    await site.store_flight(first_seen=START - DAY, last_seen=START - DAY + HOUR)
    await site.store_flight(callsign="SWR8", last_seen=START + HOUR)
    body = (await site.get("/api/flights/4b1814")).json()
    assert body["state"] is None
    assert (body["flight"]["callsign"], body["flight"]["first_seen"]) == ("SWR8", START)


async def test_live_state_only(site: HistorySite) -> None:
    """The archive may lag behind the live state, so the flight may be missing."""
    site.publish(state_vector())
    body = (await site.get("/api/flights/4b1814")).json()
    assert (body["state"]["icao24"], body["flight"]) == ("4b1814", None)


async def test_identity(site: HistorySite) -> None:
    """Without a known operator, the airline of the live callsign stands for it."""
    site.publish(state_vector("a12345", callsign="BAW12"))
    for path in ("flights", "aircraft"):
        identity = (await site.get(f"/api/{path}/a12345")).json()["identity"]
        assert identity == {
            "registration": registration_of(0xA12345),
            "registration_source": "computed",
            "type": None,
            "model": None,
            "manufacturer": None,
            "operator": "British Airways",
            "operator_icao": "BAW",
            "operator_radio_name": "SPEEDBIRD",
            "serial_number": None,
            "year_built": None,
            "military": False,
            "country": "United States",
        }


async def test_an_aircraft_that_was_never_received_has_an_identity(site: HistorySite) -> None:
    """Only below /api/aircraft, and if something is known about it."""
    body = (await site.get("/api/aircraft/4B17C4")).json()
    assert (body["state"], body["flight"]) == (None, None)
    assert body["identity"]["registration_source"] == "database"
    assert (await site.get("/api/flights/4b17c4")).status_code == 404
    assert (await site.get("/api/aircraft/400000")).status_code == 404


async def test_unknown(site: HistorySite) -> None:
    answer = await site.get("/api/flights/abcdef")
    assert answer.status_code == 404
    assert "abcdef" in answer.json()["detail"][0]["msg"]


@pytest.mark.parametrize("address", ["4b181", "4b18144", "4b181g", "%00b1814", "4b1814%0a"])
async def test_malformed(site: HistorySite, address: str) -> None:
    for path in (f"/api/flights/{address}", f"/api/flights/{address}/track"):
        answer = await site.get(path)
        assert answer.status_code == 422
        assert answer.json()["detail"][0]["loc"] == ["path", "icao24"]


async def test_track_of_the_last_flight(site: HistorySite) -> None:
    """Without parameters the answer is the last flight, unchanged and in order of time."""
    vectors = track(velocity=240.13, vertical_rate=-0.33, sensors=[1, 2])
    await site.store(state_vector(last_contact=START - HOUR), *reversed(vectors))
    await site.store_flight(first_seen=START - DAY, last_seen=START - HOUR)
    await site.store_flight()
    body = (await site.get("/api/flights/4b1814/track")).json()
    assert (body["from"], body["to"]) == (START, vectors[-1].last_contact)
    assert [received(state) for state in body["states"]] == vectors


@pytest.mark.parametrize("format_", ["json", "csv"])
async def test_track_with_an_impossible_position(site: HistorySite, *, format_: str) -> None:
    """It alone is marked; all other positions are plausible."""
    vectors = track()
    vectors[7] = state_vector("4b1814", START + 70, longitude=-122.4, latitude=37.6)
    await site.store(*vectors)
    await site.store_flight()
    answer = await site.get("/api/flights/4b1814/track", format=format_)
    if format_ == "json":
        states = answer.json()["states"]
        marked = [state["last_contact"] - START for state in states if state["implausible"]]
        assert marked == [70]
    else:
        header, *lines = answer.text.splitlines()
        assert header.endswith(",category,implausible")
        assert [n for n, line in enumerate(lines) if line.endswith(",true")] == [7]


async def test_track_downsampled_around_an_impossible_position(site: HistorySite) -> None:
    """The turns are kept: the plausible points are downsampled as if it were not there."""
    turning = [
        state_vector("4b1814", START + 10 * n, longitude=8 + n / 100, latitude=47 + n % 10 / 1000)
        for n in range(40)
    ]
    outlier = state_vector("4b1814", START + 205, longitude=-122.4, latitude=37.6)
    await site.store(*turning, outlier)
    await site.store_flight()
    body = (await site.get("/api/flights/4b1814/track", max_points=20)).json()
    marked = [state for state in body["states"] if state["implausible"]]
    assert [state["last_contact"] for state in marked] == [START + 205]
    assert len(body["states"]) == 20
    times = [state["last_contact"] for state in body["states"]]
    assert times == sorted(times)


async def test_track_of_a_time_range(site: HistorySite) -> None:
    """The range includes both ends."""
    await site.store(*track(), *track("aaaaaa"))
    answer = await site.get("/api/flights/4b1814/track", from_=START + 10, to=START + 30)
    times = [state["last_contact"] - START for state in answer.json()["states"]]
    assert times == [10, 20, 30]
    assert {state["icao24"] for state in answer.json()["states"]} == {"4b1814"}


async def test_track_of_an_empty_time_range(site: HistorySite) -> None:
    answer = await site.get("/api/flights/4b1814/track", from_=START)
    assert (answer.status_code, answer.json()["states"]) == (200, [])


async def test_track_of_an_unknown_aircraft(site: HistorySite) -> None:
    assert (await site.get("/api/flights/4b1814/track")).status_code == 404


async def test_track_downsampled(site: HistorySite) -> None:
    vectors = track()
    await site.store(*vectors)
    await site.store_flight()
    body = (await site.get("/api/flights/4b1814/track", max_points=5)).json()
    assert (body["received"], len(body["states"])) == (20, 5)
    assert received(body["states"][0]) == vectors[0]
    assert received(body["states"][-1]) == vectors[-1]


async def test_track_from_rows_by_minute(site: HistorySite) -> None:
    """Retention has dropped the first state vectors of the flight, but not their minutes."""
    vectors = track(count=30, sensors=[7])
    await site.store_minutes(*vectors)
    await site.store(*vectors[20:])
    body = (await site.get("/api/flights/4b1814/track", from_=START, to=START + HOUR)).json()
    times = [state["last_contact"] for state in body["states"]]
    assert times[-10:] == [vector.last_contact for vector in vectors[20:]]
    assert len(times) == 10 + 3
    assert times == sorted(set(times))
    assert body["states"][0]["sensors"] is None


async def test_track_too_many_rows(site: HistorySite) -> None:
    """As many rows as allowed are answered; one more is refused with the limit."""
    await site.store(*track(count=51))
    path = "/api/flights/4b1814/track"
    window: dict[str, Any] = {"from_": START}
    site.now = START + HOUR
    answer = await site.get(path, **window)
    assert answer.status_code == 413
    assert "50 state vectors" in answer.json()["detail"][0]["msg"]
    answer = await site.get(path, **window, to=START + 490)
    assert len(answer.json()["states"]) == 50


async def test_track_files_have_no_limit(site: HistorySite) -> None:
    await site.store(*track(count=60))
    await site.store_flight()
    answer = await site.get("/api/flights/4b1814/track", format="csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert len(answer.text.splitlines()) == 61
    answer = await site.get("/api/flights/4b1814/track", format="csv", max_points=5)
    assert answer.status_code == 422


async def test_long_tracks_are_downsampled_from_their_minutes(site: HistorySite) -> None:
    """A track with too many rows keeps both ends, and the rows that no minute has yet."""
    site.now = START + HOUR
    vectors = track(count=180)  # half an hour, 29 minutes of it are in the table of minutes
    await site.store(*vectors)
    await site.store_minutes(*[v for v in vectors if v.last_contact < START // 60 * 60 + 29 * 60])
    path = "/api/flights/4b1814/track"
    assert (await site.get(path, from_=START)).status_code == 413
    body = (await site.get(path, from_=START, max_points=40)).json()
    times = [state["last_contact"] for state in body["states"]]
    assert (times[0], times[-1]) == (START, vectors[-1].last_contact)
    assert times == sorted(set(times))
    assert 20 < len(times) <= 40
