"""Every fault does what its name says, where, when and as often as the script says."""

import asyncio
import json
import math
from typing import Any

import httpx2
import pytest

from simulator.faults import BadScript, Kind, parse_script
from simulator.server import Rules
from tests.unit.simulator.conftest import NOON, Build, Clock


@pytest.mark.parametrize(
    ("kind", "status", "content_type", "words"),
    [
        ("http_401", 401, "application/json", b""),
        ("html_401", 401, "text/html", b"401 Unauthorized"),
        ("http_403", 403, "text/html", b"403 Forbidden"),
        ("http_429", 429, "text/plain", b"Too many requests"),
        ("http_500", 500, "application/json", b"Something went wrong"),
        ("http_502", 502, "text/html", b"502 Bad Gateway"),
        ("http_503", 503, "text/html", b"503 Service Unavailable"),
        ("http_504", 504, "text/html", b"504 Gateway Time"),
        ("html_200", 200, "text/html", b"<html>"),
        ("redirect", 302, "application/json", b""),
    ],
)
@pytest.mark.parametrize("route", ["states", "token"])
async def test_answers_in_place_of_the_true_one(
    build: Build, *, kind: str, status: int, content_type: str, words: bytes, route: str
) -> None:
    client = build(script=f"[{{kind: {kind}, route: {route}}}]")
    answer = await (client.states() if route == "states" else client.request_token())
    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith(content_type)
    assert words in answer.content
    other = await (client.request_token() if route == "states" else client.states())
    assert other.status_code == 200


async def test_429_says_when_to_come_back_unless_the_script_forbids_it(build: Build) -> None:
    header = "X-Rate-Limit-Retry-After-Seconds"
    burst = await build(script="[{kind: http_429, seconds: 77}]").states()
    assert burst.headers[header] == "77"
    assert header not in (await build(script="[{kind: http_429, header: false}]").states()).headers
    silent = build(script="[{kind: http_429}]", rules=Rules(has_retry_after=False))
    assert header not in (await silent.states()).headers


async def test_redirect_goes_to_its_location(build: Build) -> None:
    answer = await build(script="[{kind: redirect, location: 'http://elsewhere/'}]").states()
    assert answer.headers["Location"] == "http://elsewhere/"


async def test_latency_delays(build: Build) -> None:
    client = build(script="[{kind: latency, seconds: [0.05, 0.06]}]")
    start = asyncio.get_running_loop().time()
    assert (await client.states()).status_code == 200
    assert asyncio.get_running_loop().time() - start >= 0.05


@pytest.mark.parametrize("script", ["[{kind: reset}]", "[{kind: hang, seconds: 0.02}]"])
async def test_reset_and_hang_end_without_an_answer(build: Build, script: str) -> None:
    client = build(script=script)
    with pytest.raises(ConnectionResetError):
        await client.states()
    status = (await client.get("/simulator/status")).json()
    assert status["requests"]["GET /api/states/all"] == {"dropped": 1}


async def test_cut_off_breaks_in_the_middle(build: Build) -> None:
    with pytest.raises(ConnectionResetError):
        await build(script="[{kind: cut_off}]").states()


async def test_truncated_json_is_half_of_the_body(build: Build) -> None:
    client = build(script="[{kind: truncated_json, nth: 1}]")
    plain = {"Accept-Encoding": "identity"}
    truncated = await client.get("/api/states/all", headers=plain)
    whole = await client.get("/api/states/all", headers=plain)
    assert whole.content.startswith(truncated.content)
    assert len(truncated.content) == len(whole.content) // 2
    with pytest.raises(json.JSONDecodeError):
        truncated.json()


async def test_wrong_content_type_has_the_right_body(build: Build) -> None:
    answer = await build(script="[{kind: wrong_content_type}]").states()
    assert answer.headers["Content-Type"] == "text/plain"
    assert answer.json()["states"]


async def test_frozen_repeats_the_first_picture_until_it_ends(build: Build, clock: Clock) -> None:
    client = build(script="[{kind: frozen, until: 60}]")
    times = []
    for _ in range(3):
        times.append((await client.states()).json()["time"])
        clock.now += 30
    assert times[0] == times[1] < times[2]


async def test_time_backwards_shows_an_older_picture(build: Build, clock: Clock) -> None:
    client = build(script="[{kind: time_backwards, nth: 2, seconds: 20}]")
    times = []
    for _ in range(3):
        times.append((await client.states()).json()["time"])
        clock.now += 5
    assert [time - times[0] for time in times] == [0, -15, 10]


async def _rows(build: Build, script: str, **params: object) -> list[list[Any]]:
    return (await build(script=script).states(**params)).json()["states"]  # type: ignore[no-any-return]


async def test_coverage_collapse_leaves_its_share_and_the_same_aircraft(build: Build) -> None:
    every = await _rows(build, "[]")
    client = build(script="[{kind: coverage_collapse, share: 0.2}]")
    left = (await client.states()).json()["states"]
    assert 0.1 < len(left) / len(every) < 0.3
    assert (await client.states()).json()["states"] == left


async def test_states_null(build: Build) -> None:
    assert await _rows(build, "[{kind: states_null}]") is None


@pytest.mark.parametrize(("script", "count"), [("", 20_000), (", rows: 1000", 1000)])
async def test_oversize_has_many_rows_with_distinct_addresses(
    build: Build, script: str, count: int
) -> None:
    rows = await _rows(build, f"[{{kind: oversize{script}}}]")
    assert len({row[0] for row in rows}) == len(rows) == count


async def test_one_row_is_spoilt_and_the_rest_is_whole(build: Build) -> None:
    whole = await _rows(build, "[]")
    kinds = (
        "nan",
        "latitude_91",
        "extra_column",
        "control_characters",
        "future_row",
        "null_flags",
    )
    spoilt = {kind: await _rows(build, f"[{{kind: {kind}}}]") for kind in kinds}
    assert math.isnan(spoilt["nan"][0][9])
    assert spoilt["latitude_91"][0][6] == 91
    assert len(spoilt["extra_column"][0]) == 19
    assert any(ord(letter) < 32 for letter in spoilt["control_characters"][0][1])
    assert spoilt["future_row"][0][4] == whole[0][4] + 3_600
    assert [spoilt["null_flags"][0][column] for column in (8, 15, 16)] == [None] * 3
    assert all(rows[1:] == whole[1:] for rows in spoilt.values())


async def test_time_ahead_moves_the_answer_and_each_row(build: Build) -> None:
    whole = (await build().states()).json()
    ahead = (await build(script="[{kind: time_ahead, seconds: 400}]").states()).json()
    assert ahead["time"] == whole["time"] + 400
    contacts = [row[4] for row in whole["states"]]
    assert [row[4] - 400 for row in ahead["states"]] == contacts


async def test_history_ignored_shows_now_whatever_is_asked_for(build: Build) -> None:
    client = build(script="[{kind: history_ignored, nth: 2}]")
    token = await client.token()
    past, ignored = [
        (await client.states(token, time=int(NOON) - 600)).json()["time"] for _ in range(2)
    ]
    assert NOON - 620 < past <= NOON - 600
    assert NOON - 20 < ignored <= NOON


async def test_every_sets_how_many_rows_are_spoilt(build: Build) -> None:
    rows = await _rows(build, "[{kind: extra_column, every: 10}]", extended=1)
    assert [len(row) == 19 for row in rows] == [place % 10 == 0 for place in range(len(rows))]


async def test_a_fault_strikes_within_its_time_and_number(build: Build, clock: Clock) -> None:
    client = build(script="[{kind: http_503, from: 2, until: 6, count: 3}]")
    statuses = []
    for _ in range(8):
        statuses.append((await client.states()).status_code)
        clock.now += 1
    assert statuses == [200, 200, 503, 503, 503, 200, 200, 200]


async def test_a_fault_strikes_the_nth_requests(build: Build) -> None:
    client = build(script="[{kind: http_500, nth: [2, 4]}]")
    assert [(await client.states()).status_code for _ in range(5)] == [200, 500, 200, 500, 200]


async def test_probability_is_seeded(build: Build) -> None:
    script = "[{kind: http_500, probability: 0.5, seed: 5}]"
    first, second = build(script=script), build(script=script)
    statuses = [(await first.states()).status_code for _ in range(40)]
    assert statuses == [(await second.states()).status_code for _ in range(40)]
    assert 8 < statuses.count(500) < 32


async def test_script_is_changed_at_run_time_and_reported(build: Build) -> None:
    client = build()
    script = {"faults": [{"kind": "http_500", "count": 1}]}
    assert (await client.put("/simulator/faults", json=script)).json() == {"faults": 1}
    assert [(await client.states()).status_code for _ in range(2)] == [500, 200]
    report = (await client.get("/simulator/status")).json()["faults"]
    assert report == [{"kind": "http_500", "route": "states", "struck": 1}]
    await client.put("/simulator/faults", content=b"")
    assert (await client.states()).status_code == 200


async def test_bad_script_at_run_time_is_400_and_changes_nothing(build: Build) -> None:
    client = build(script="[{kind: http_500}]")
    refused = await client.put("/simulator/faults", content=b"[{kind: boom}]")
    assert refused.status_code == 400
    assert "boom" in refused.json()["error"]
    assert (await client.states()).status_code == 500


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("[{kind: boom}]", "$[0].kind"),
        ("[{kind: reset}, {kind: reset, whenever: 1}]", "whenever"),
        ("[{kind: reset, probability: 2}]", "$[0].probability"),
        ("[{kind: latency, seconds: [5, 1]}]", "[low, high]"),
        ("[{route: token, kind: nan}]", "use route states"),
        ("[{", "not YAML or JSON"),
        ("3", "script.yaml"),
    ],
)
def test_malformed_scripts_are_refused_with_their_place(script: str, expected: str) -> None:
    with pytest.raises(BadScript) as raised:
        parse_script(script, name="script.yaml")
    assert expected in str(raised.value)


def test_every_kind_is_described() -> None:
    from simulator import faults  # noqa: PLC0415 - the module itself, for its docstring

    assert all(kind.value in (faults.__doc__ or "") for kind in Kind)


async def test_faulty_requests_are_charged(build: Build) -> None:
    """A budget must survive the worst case: OpenSky may charge what it then fails to answer."""
    client = build(script="[{kind: http_500, nth: 1}]")
    await client.states()
    assert (await client.states()).headers["X-Rate-Limit-Remaining"] == "392"


async def test_answers_compressed_and_damaged_are_still_gzip(build: Build) -> None:
    answer: httpx2.Response = await build(script="[{kind: oversize, rows: 300}]").states()
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(answer.json()["states"]) == 300
    assert answer.json()["time"] == pytest.approx(NOON, abs=10)
