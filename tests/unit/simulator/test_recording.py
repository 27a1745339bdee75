"""Recorded answers come back in order, shifted to now, otherwise as they were."""

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest

from simulator.recording import Recording, UnreadableRecording
from tests.unit.simulator.conftest import NOON, Build, Clock

_RECORDED = 1_600_000_000


def _row(address: str, time: int | None, contact: int, *rest: int) -> list[Any]:
    place = (None, None) if time is None else (8.55, 47)
    return [
        address, "SWR1  ", "Switzerland", time, contact, *place, None, True, 0, 95.62, None,
        None, None, "0241", False, 0, *rest,
    ]  # fmt: skip


def _answer(time: int, *rows: list[Any]) -> dict[str, Any]:
    return {"time": time, "states": list(rows) or None}


def _sequence(*seconds: int) -> list[dict[str, Any]]:
    return [
        _answer(_RECORDED + s, _row("4b1814", _RECORDED + s - 3, _RECORDED + s - 1))
        for s in seconds
    ]


def _write(path: Path, answers: list[dict[str, Any]]) -> Path:
    text = "\n".join(json.dumps(answer) for answer in answers).encode()
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    return path


@pytest.mark.parametrize("name", ["a.json", "a.json.gz", "a.ndjson", "a.ndjson.gz"])
async def test_first_request_gets_the_first_answer_shifted_to_now(
    build: Build, clock: Clock, tmp_path: Path, name: str
) -> None:
    recording = Recording([_write(tmp_path / name, _sequence(0, 10)[: 1 + (".ndjson" in name)])])
    clock.now += 123.7
    answer = (await build(source=recording).states()).json()
    now = int(clock.now)
    assert answer == {"time": now, "states": [_row("4b1814", now - 3, now - 1)]}


async def test_answers_change_as_recorded_and_begin_again(
    build: Build, clock: Clock, tmp_path: Path
) -> None:
    recording = Recording([_write(tmp_path / "a.ndjson", _sequence(0, 10, 40))])
    client = build(source=recording)
    times = []
    for _ in range(16):
        times.append((await client.states()).json()["time"] - int(NOON))
        clock.now += 5
    assert times == [0, 0, 10, 10, 10, 10, 10, 10, 40, 40, 40, 40, 40, 40, 70, 70]


async def test_repeated_requests_within_a_step_are_identical(
    build: Build, clock: Clock, tmp_path: Path
) -> None:
    recording = Recording([_write(tmp_path / "a.json", _sequence(0))])
    client = build(source=recording)
    bodies = set()
    for _ in range(4):
        bodies.add((await client.states()).content)
        clock.now += 2.4
    assert len(bodies) == 1
    clock.now += 0.5
    assert (await client.states()).content not in bodies


async def test_paths_make_one_sequence_in_the_order_given(
    build: Build, clock: Clock, tmp_path: Path
) -> None:
    late = _write(tmp_path / "late.json", [_answer(_RECORDED + 500, _row("aaaaaa", None, 1))])
    early = _write(tmp_path / "early.json", [_answer(_RECORDED, _row("bbbbbb", None, 1))])
    client = build(source=Recording([late, early]))
    seen = []
    for _ in range(3):
        seen.append((await client.states()).json()["states"][0][0])
        clock.now += 10
    assert seen == ["aaaaaa", "bbbbbb", "aaaaaa"]


async def test_17_columns_stay_17_and_18_are_cut_unless_extended(
    build: Build, tmp_path: Path
) -> None:
    rows = [_row("4b1814", None, _RECORDED), _row("4b1815", None, _RECORDED, 4)]
    client = build(source=Recording([_write(tmp_path / "a.json", [_answer(_RECORDED, *rows)])]))
    assert [len(row) for row in (await client.states()).json()["states"]] == [17, 17]
    extended = (await client.states(extended=1)).json()["states"]
    assert [len(row) for row in extended] == [17, 18]


async def test_past_shows_the_loop_extended_backwards(build: Build, tmp_path: Path) -> None:
    client = build(source=Recording([_write(tmp_path / "a.ndjson", _sequence(0, 10, 20))]))
    token = await client.token()
    await client.states(token)
    before = (await client.states(token, time=int(NOON) - 5)).json()
    assert before["time"] == int(NOON) - 10
    assert (await client.states(token, time=int(NOON) - 35)).json()["time"] == int(NOON) - 40


async def test_null_states_stay_null(build: Build, tmp_path: Path) -> None:
    client = build(source=Recording([_write(tmp_path / "a.json", [_answer(_RECORDED)])]))
    assert (await client.states()).json() == {"time": int(NOON), "states": None}


async def test_interval_replaces_the_recorded_spacing(
    build: Build, clock: Clock, tmp_path: Path
) -> None:
    recording = Recording([_write(tmp_path / "a.ndjson", _sequence(0, 10, 20))], interval=1)
    client = build(source=recording)
    times = []
    for _ in range(3):
        times.append((await client.states()).json()["time"] - int(NOON))
        clock.now += 1
    assert times == [0, 1, 2]


async def test_20000_rows_are_played(build: Build, tmp_path: Path) -> None:
    rows = [_row(f"{place:06x}", None, _RECORDED) for place in range(20_000)]
    client = build(source=Recording([_write(tmp_path / "a.json.gz", [_answer(_RECORDED, *rows)])]))
    assert len((await client.states()).json()["states"]) == 20_000


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.json", b"{", "not an answer"),
        ("a.json", b'{"states": []}', "`time`"),
        ("a.json", b'{"time": 1, "states": [["a"]]}', "row 0: 1 columns"),
        ("a.ndjson", b'{"time": 1, "states": null}\n{"tim', "line 2"),
        ("a.ndjson", b"\n", "no answer inside"),
        ("a.json.gz", b"plain", "cannot be read"),
        ("a.json.gz", gzip.compress(b"x" * 999, mtime=0)[:20], "damaged"),
        ("a.csv", b"", "must end in"),
    ],
)
def test_damage_is_reported_with_its_place(
    tmp_path: Path, name: str, content: bytes, expected: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UnreadableRecording) as raised:
        Recording([path])
    assert expected in str(raised.value)
    assert name in str(raised.value)


def test_missing_file_is_named() -> None:
    with pytest.raises(UnreadableRecording, match="no such file"):
        Recording([Path("missing.json")])


async def test_real_captures_keep_every_field_but_three(build: Build) -> None:
    folder = os.environ.get("OPENSKY_CAPTURES")
    if not folder:
        pytest.skip("OPENSKY_CAPTURES does not name a folder of captured answers")
    for path in _captures(folder):
        content = path.read_bytes()
        text = gzip.decompress(content) if path.suffix == ".gz" else content
        recorded = json.loads(text.splitlines()[0] if ".ndjson" in path.name else text)
        shown = (await build(source=Recording([path])).states(extended=1)).json()
        shift = int(NOON) - recorded["time"]
        for row in recorded["states"]:
            row[3] = None if row[3] is None else row[3] + shift
            row[4] = None if row[4] is None else row[4] + shift
        assert shown["states"] == recorded["states"], path.name
        assert shown["time"] == int(NOON)


def _captures(folder: str) -> list[Path]:
    return sorted(Path(folder).glob("*_1[78]col*"))
