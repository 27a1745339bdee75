"""Snapshots at a time by REST: the aircraft as the live stream showed them then."""

from typing import Any

import pytest

from processor.access.slots import Client
from processor.reference.registrations import registration_of
from processor.stream.query import parse_query
from testkit.decoding import decoder
from testkit.history_site import HistorySite
from testkit.state_vectors import START, state_vector

HOUR, DAY = 3_600, 86_400
HOUR_START = START // HOUR * HOUR


async def test_newest_state_of_each_aircraft_at_the_time(site: HistorySite) -> None:
    """Later state vectors are left out, and those of aircraft that had expired."""
    moment = START + 1_000
    await site.store(
        *[state_vector("aaaaaa", moment + age) for age in (-200, -100, 0, 1)],
        state_vector("bbbbbb", moment - 299),
        state_vector("cccccc", moment - 300),
        state_vector("dddddd", moment + 1),
    )
    answer = await site.get("/api/history/at", time=moment)
    assert answer.json()["time"] == moment
    states = answer.json()["states"]
    assert [(state["icao24"], state["last_contact"] - moment) for state in states] == [
        ("aaaaaa", 0),
        ("bbbbbb", -299),
    ]


async def test_equals_the_live_state_of_then(site: HistorySite) -> None:
    """In every format, the bytes are those that /api/flights would have answered then."""
    vectors = [
        state_vector("aaaaaa", START - 5, velocity=240.13, sensors=[3]),
        state_vector("bbbbbb", START - 250, longitude=None, latitude=None),
        state_vector("cccccc", START - 100, baro_altitude=None, geo_altitude=123.45),
    ]
    await site.store(*vectors)
    site.publish(*vectors)
    for query in (
        {},
        {"format": "row"},
        {"format": "geojson", "fields": "callsign"},
        {"bbox": "5,45,11,48"},
        {"max_altitude": 200},
        {"pinned": "aaaaaa", "on_ground": "true"},
    ):
        then = await site.get("/api/history/at", time=START, **query)
        view = parse_query([(name, str(value)) for name, value in query.items()])
        assert then.content == await site.broadcaster.snapshot(view, Client("test"))


async def test_identities_of_then(site: HistorySite) -> None:
    """They filter, and are among the fields where they are asked for."""
    await site.store(state_vector("a12345"), state_vector("abcdef"))
    registration = registration_of(0xA12345)
    for query in ({"registration": registration}, {"operator": "SWR", "icao24": "a12345"}):
        answer = await site.get("/api/history/at", time=START, fields="registration", **query)
        assert answer.json()["states"] == [{"icao24": "a12345", "registration": registration}]


@pytest.mark.parametrize(
    ("accepted", "encoding"), [("gzip, zstd", "zstd"), ("gzip", "gzip"), ("br", "identity")]
)
async def test_is_compressed_as_the_client_takes_it(
    site: HistorySite, accepted: str, encoding: str
) -> None:
    """The decoded bytes are the same, and `Vary` names the header that they depend on."""
    await site.store(state_vector("aaaaaa", START))
    plain = await site.get("/api/history/at", time=START)
    url, headers = f"/api/history/at?time={START}", {"accept-encoding": accepted}
    async with site.client() as client, client.stream("GET", url, headers=headers) as answer:
        packed = b"".join([chunk async for chunk in answer.aiter_raw()])
    assert answer.headers.get("content-encoding", "identity") == encoding
    assert answer.headers["vary"] == "Accept-Encoding"
    assert decoder(encoding)(packed) == plain.content


async def test_the_current_minute(site: HistorySite) -> None:
    """State vectors of minutes that have no rows by minute yet are found too."""
    minute = START // 60 * 60
    early, late = state_vector(last_contact=minute - 30), state_vector(last_contact=minute + 30)
    await site.store_minutes(early)
    await site.store(early, late)
    for moment, expected in ((minute + 29, minute - 30), (minute + 30, minute + 30)):
        answer = await site.get("/api/history/at", time=moment)
        assert [s["last_contact"] for s in answer.json()["states"]] == [expected]


async def test_from_rows_by_minute(site: HistorySite) -> None:
    minute = START // 60 * 60
    vectors = [state_vector(last_contact=minute + second) for second in (-90, -30, 30)]
    await site.store_minutes(*vectors)
    answer = await site.get("/api/history/at", time=minute + 10)
    assert [s["last_contact"] - minute for s in answer.json()["states"]] == [-30]


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({}, "time"),
        ({"time": "yesterday"}, "time"),
        ({"time": START, "format": "delta"}, "format"),
        ({"time": START, "bbox": "1,2"}, "bbox"),
        ({"time": START, "colour": "red"}, "colour"),
        ({"time": "1e400"}, "time"),
    ],
)
async def test_refusals(site: HistorySite, query: dict[str, Any], parameter: str) -> None:
    answer = await site.get("/api/history/at", **query)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["query", parameter]


async def test_too_many_aircraft(site: HistorySite) -> None:
    await site.store(*(state_vector(f"{number:06x}") for number in range(51)))
    answer = await site.get("/api/history/at", time=START)
    assert answer.status_code == 413
