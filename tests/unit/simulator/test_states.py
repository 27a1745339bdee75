"""The answers of /states/all and /states/own: parameters, shape, headers, time."""

import gzip
import json
from itertools import pairwise
from typing import Any

import pytest

from simulator.picture import Picture
from simulator.server import Rules
from simulator.traffic import InventedTraffic
from tests.unit.simulator.conftest import NOON, Build, Clock

WORLD = {"lamin": -90, "lomin": -180, "lamax": 90, "lomax": 180}


async def test_columns_are_17_and_18_when_extended(build: Build) -> None:
    client = build()
    assert {len(row) for row in (await client.states()).json()["states"]} == {17}
    for spelling in ("1", "true", "True"):
        rows = (await client.states(extended=spelling)).json()["states"]
        assert {len(row) for row in rows} == {18}
    assert {len(row) for row in (await client.states(extended="0")).json()["states"]} == {17}


async def test_keys_and_headers_are_opensky_s(build: Build) -> None:
    answer = await build().states()
    assert list(answer.json()) == ["time", "states"]
    assert answer.headers["Content-Type"] == "application/json;charset=UTF-8"
    assert answer.headers["Cache-Control"] == "no-cache, no-store, max-age=0, must-revalidate"
    assert answer.headers["Server"] == "nginx/1.17.6"
    assert answer.headers["Set-Cookie"].startswith("XSRF-TOKEN=")
    assert (
        int(answer.headers["Content-Length"]) == len(answer.content)
        or answer.headers["Content-Encoding"] == "gzip"
    )


async def test_nothing_found_is_null(build: Build) -> None:
    client = build()
    assert (await client.states(icao24="ffffff")).json()["states"] is None
    box = {"lamin": -89.9, "lomin": 0, "lamax": -89.8, "lomax": 1}
    assert (await client.states(**box)).json()["states"] is None


async def test_icao24_may_be_repeated_and_in_capitals(build: Build) -> None:
    client = build()
    every = [row[0] for row in (await client.states()).json()["states"]]
    found = (await client.states(icao24=[every[0].upper(), every[9]])).json()["states"]
    assert {row[0] for row in found} == {every[0], every[9]}


async def test_box_gives_the_rows_inside_and_none_without_position(
    build: Build, pictures: list[Picture], clock: Clock, sky: InventedTraffic
) -> None:
    clock.now = pictures[0].time
    client = build(source=sky)
    rows: list[list[Any]] = [list(row) for row in pictures[0].rows or []]
    assert any(row[5] is None for row in rows)
    inside = (await client.states(lamin=40, lomin=-100, lamax=50, lomax=10)).json()["states"]
    expected = [
        row[:17]
        for row in rows
        if row[5] is not None and 40 <= row[6] <= 50 and -100 <= row[5] <= 10
    ]
    assert inside == expected
    assert len(inside) > 50
    everywhere = (await client.states(**WORLD)).json()["states"]
    assert len(everywhere) == sum(row[5] is not None for row in rows)


@pytest.mark.parametrize(
    "params",
    [
        {"lamin": "1", "lomin": "1", "lamax": "2"},
        {**WORLD, "lamax": "90.1"},
        {**WORLD, "lomin": "nan"},
        {**WORLD, "lomin": "west"},
        {**WORLD, "lomin": "170", "lomax": "-170"},
        {"time": "noon"},
        {"icao24": "xyz"},
    ],
)
async def test_bad_parameters_are_400_and_named(build: Build, params: dict[str, str]) -> None:
    answer = await build().states(**params)
    assert answer.status_code == 400
    assert answer.json()["message"]
    assert answer.json()["path"] == "/api/states/all"


async def test_time_goes_back_an_hour_for_the_authenticated(build: Build) -> None:
    client = build()
    token = await client.token()
    past = await client.states(token, time=int(NOON) - 3600)
    assert past.status_code == 200
    assert NOON - 3606 < past.json()["time"] <= NOON - 3600
    assert (await client.states(token, time=int(NOON) - 3601)).status_code == 400


async def test_past_picture_is_the_one_that_was_shown(build: Build, clock: Clock) -> None:
    client = build()
    token = await client.token()
    shown = await client.states(token)
    clock.now += 1700
    again = await client.states(token, time=int(NOON))
    assert again.content == shown.content
    assert (await client.states(token)).content != shown.content


async def test_time_is_ignored_for_the_anonymous(build: Build) -> None:
    client = build()
    assert (await client.states(time=1)).json() == (await client.states()).json()


@pytest.mark.parametrize("moment", [0, int(NOON) + 500])
async def test_time_zero_and_future_mean_now(build: Build, moment: int) -> None:
    client = build()
    token = await client.token()
    assert (await client.states(token, time=moment)).json() == (await client.states(token)).json()


async def test_data_change_on_the_grid_of_5_and_10_seconds(build: Build, clock: Clock) -> None:
    client = build(rules=Rules(anonymous_steps=2))
    token = await client.token()
    authenticated, anonymous = set(), set()
    for _ in range(20):
        authenticated.add((await client.states(token)).json()["time"])
        anonymous.add((await client.states()).json()["time"])
        clock.now += 1
    assert {later - earlier for earlier, later in _pairs(authenticated)} == {5}
    assert {later - earlier for earlier, later in _pairs(anonymous)} == {10}
    assert not any(time % 5 == 0 for time in authenticated)


def _pairs(times: set[int]) -> list[tuple[int, int]]:
    ordered = sorted(times)
    return list(pairwise(ordered))


async def test_gzip_is_given_to_those_who_accept_it(build: Build) -> None:
    client = build()
    plain = await client.get("/api/states/all", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    async with client.stream("GET", "/api/states/all") as answer:
        raw = b"".join([chunk async for chunk in answer.aiter_raw()])
    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(raw) == plain.content
    refused = await client.get("/api/states/all", headers={"Accept-Encoding": "gzip;q=0"})
    assert "Content-Encoding" not in refused.headers


async def test_own_needs_authentication_and_lists_sensors(build: Build) -> None:
    client = build()
    assert (await client.get("/api/states/own")).status_code == 403
    headers = {"Authorization": f"Bearer {await client.token()}"}
    own = await client.get("/api/states/own", headers=headers)
    rows = own.json()["states"]
    assert rows
    assert all(row[12] and all(isinstance(serial, int) for serial in row[12]) for row in rows)
    assert "X-Rate-Limit-Remaining" not in own.headers
    one = await client.get("/api/states/own?serials=1408237002", headers=headers)
    assert all(1408237002 in row[12] for row in one.json()["states"])


@pytest.mark.parametrize(
    "path", ["/api/flights/all?begin=1&end=2", "/api/tracks/all", "/api/tracks"]
)
async def test_flights_and_tracks_are_404_without_a_body(build: Build, path: str) -> None:
    answer = await build().get(path)
    assert (answer.status_code, answer.content) == (404, b"")


async def test_status_counts_requests_tokens_and_credits(build: Build) -> None:
    client = build()
    await client.states(await client.token())
    await client.states(lamin=1)
    status = (await client.get("/simulator/status")).json()
    assert status["requests"]["GET /api/states/all"] == {"200": 1, "400": 1}
    assert status["tokens_issued"] == 1
    assert status["credits_remaining"] == {"simulator": 3996}


async def test_numbers_are_written_as_opensky_writes_them(build: Build) -> None:
    """Integral values are JSON integers: no 0.0 and no 11887.0 anywhere."""
    floats: list[str] = []

    def keep(text: str) -> float:
        floats.append(text)
        return float(text)

    json.loads((await build().states()).content, parse_float=keep)
    assert floats
    assert not any(text.endswith(".0") or "e" in text for text in floats)
