"""Every row of a recorded answer is in the database, all 18 fields of it."""

import gzip
import json
import os
import struct
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from telemetry.state_vector import FIELDS
from tests.end_to_end.command import Command, query, wait_for

REALS = {"baro_altitude", "velocity", "true_track", "vertical_rate", "geo_altitude"}
DIGITS = {"longitude": 4, "latitude": 4, "velocity": 2, "true_track": 2, "vertical_rate": 2}
"""The decimal places that OpenSky sends and the database stores."""

TEXTS = {"callsign", "origin_country", "squawk"}
TIMES = {"time_position", "last_contact"}

CAPTURE = "global_20251001_18col.json.gz"
CAPTURED_ROWS = 11_478

TIME = 1_700_000_000


def invented_rows() -> list[list[Any]]:
    """Rows with all that OpenSky's wire has been seen to do."""
    usual = [
        *("4b1814", "SWR28   ", "Switzerland", TIME - 1, TIME, 8.5492, 47.4582, 11887.2),
        *(False, 231.65, 271.53, -0.33, None, 12100.56, "1000", False, 0, 4),
    ]
    changes: list[dict[str, Any]] = [
        {},
        # Whole numbers where fractions are meant.
        {"longitude": 8, "latitude": -47, "baro_altitude": 0, "velocity": 0, "true_track": 360},
        # Below the sea, and on the ground.
        {"baro_altitude": -30.48, "geo_altitude": -91.44, "on_ground": True, "vertical_rate": 0},
        # Everything that may be absent.
        dict.fromkeys(
            (
                *("callsign", "time_position", "longitude", "latitude", "baro_altitude"),
                *("velocity", "true_track", "vertical_rate", "geo_altitude", "squawk"),
            )
        ),
        {"callsign": "", "squawk": "7700", "spi": True},
        {"callsign": "        "},
        {"callsign": "  AB 1  ", "origin_country": "Côte d'Ivoire"},
        # Received a while ago.
        {"last_contact": TIME - 250, "time_position": TIME - 299},
        {"category": -1, "position_source": 3},
        {"category": None, "position_source": 2},
        {"longitude": -180.0, "latitude": 90.0, "velocity": 0.06, "geo_altitude": 1e5},
        # More digits than OpenSky sends.
        {"longitude": 0.1 + 0.2, "latitude": 1e-15, "vertical_rate": 16777217.0 / 64},
    ]
    rows = []
    for number, changed in enumerate(changes):
        values = dict(zip(FIELDS, usual, strict=True)) | {"icao24": f"{number:06x}"} | changed
        rows.append([values[name] for name in FIELDS])
    return rows


def expected(row: list[Any], shift: int) -> dict[str, Any]:
    """What the database must have of a row, by the rules of the record."""
    values = dict(zip(FIELDS, row, strict=True))
    for name, value in values.items():
        if value is None:
            continue
        if name in DIGITS:
            values[name] = round(value, DIGITS[name])
        if name in TIMES:
            values[name] = value + shift
        elif name in REALS:
            [values[name]] = struct.unpack("f", struct.pack("f", values[name]))
        elif name in TEXTS:
            values[name] = value.strip(" ") or None
    return values


def in_unix_seconds(record: dict[str, Any]) -> dict[str, Any]:
    """What the database has, with times as OpenSky writes them."""
    return {
        name: value.timestamp() if name in TIMES and value is not None else value
        for name, value in record.items()
    }


def check_replay(folder: Path, recording: Path, rows: list[list[Any]]) -> None:
    """Replay the recording's first answer, and compare what is stored, field by field."""
    with Command(folder, "--replay", str(recording), "--interval", "3600") as command:
        command.wait_until_ready()
        wait_for(lambda: command.row_count() >= len(rows), 20)
        records = query(command.database_url, "SELECT * FROM state_vectors")
        command.interrupt()
    stored = {record["icao24"]: in_unix_seconds(dict(record)) for record in records}
    assert len(records) == len(stored) == len(rows)
    contact = FIELDS.index("last_contact")
    shifts = Counter(stored[row[0]]["last_contact"] - row[contact] for row in rows)
    [shift] = shifts
    assert {row[0]: expected(row, shift) for row in rows} == stored


def test_every_field_of_an_invented_recording_is_stored(server_folder: Path) -> None:
    """Nulls stay nulls, padding goes, numbers keep OpenSky's digits."""
    rows = invented_rows()
    recording = server_folder / "invented.ndjson.gz"
    answers = [{"time": TIME, "states": rows}, {"time": TIME + 10, "states": None}]
    lines = "\n".join(map(json.dumps, answers))
    recording.write_bytes(gzip.compress(lines.encode()))
    check_replay(server_folder, recording, rows)


def test_every_field_of_a_real_answer_is_stored(server_folder: Path) -> None:
    """Every field of a real response of OpenSky is stored; captures may not be redistributed."""
    captures = os.environ.get("OPENSKY_CAPTURES")
    if not captures:
        pytest.skip(f"OPENSKY_CAPTURES does not name the folder that holds {CAPTURE}")
    recording = Path(captures) / CAPTURE
    if not recording.exists():
        pytest.skip(f"OPENSKY_CAPTURES={captures}: there is no {CAPTURE} in it")
    rows = json.loads(gzip.decompress(recording.read_bytes()))["states"]
    assert len(rows) == CAPTURED_ROWS
    check_replay(server_folder, recording, rows)
