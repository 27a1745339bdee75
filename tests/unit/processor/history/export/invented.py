"""Invented rows as the database returns them, and the files that the encoders make of them."""

import datetime as dt
from collections.abc import AsyncGenerator, Iterable, Sequence
from typing import Any

import numpy as np
from msgspec.structs import asdict

from processor.history.export.table import ColumnType, Row, Table
from processor.history.export.write import write
from telemetry.state_vector import StateVector
from testkit.state_vectors import START, state_vector

ODD_TEXTS = ("=1+1", "+49", "-1", "@SUM(A1)", "'quoted", 'say "hi", all', "Côte d'Ivoire", "<&>")
"""Texts that spreadsheets, CSV and XML could misread."""

TEXTS = ("callsign", "origin_country", "squawk")
TIMES = ("time_position", "last_contact")
MEASURES = ("baro_altitude", "velocity", "true_track", "vertical_rate", "geo_altitude")


def moment(seconds: float) -> dt.datetime:
    """Return a time of UTC."""
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


def to_rows(vectors: Iterable[StateVector]) -> list[dict[str, Any]]:
    """Return state vectors as rows: measured values in single precision, times as datetimes."""
    return [_to_row(vector) for vector in vectors]


def _to_row(vector: StateVector) -> dict[str, Any]:
    row = asdict(vector)
    for name in TIMES:
        row[name] = None if row[name] is None else moment(row[name])
    for name in MEASURES:
        row[name] = None if row[name] is None else float(np.float32(row[name]))
    return row


def odd_rows() -> list[dict[str, Any]]:
    """Return rows by aircraft and time, with odd texts, nulls and a list of receivers."""
    nothing = dict.fromkeys((*TEXTS, *MEASURES, "time_position", "longitude", "latitude"))
    return to_rows(
        [
            *(
                state_vector(f"{number:06x}", START, callsign=text, origin_country=text)
                for number, text in enumerate(ODD_TEXTS)
            ),
            state_vector("a00000", START, **nothing, category=None),
            state_vector("b00000", START, sensors=[1, 2_147_483_647], longitude=-180.0),
            state_vector("b00000", START + 10, sensors=[], velocity=0.0, on_ground=True),
        ]
    )


def flight_rows() -> list[dict[str, Any]]:
    """Return a flight with all fields, and one with hardly any."""
    known = {
        "icao24": "4b1814",
        "callsign": "=SWR&7EA",
        "origin_country": "Côte d'Ivoire",
        "first_seen": moment(START),
        "last_seen": moment(START + 3_600.5),
        "take_off": moment(START + 60),
        "landing": None,
        "distance_km": 612.345678901234,
        "max_altitude": float(np.float32(11_887.2)),
        "state_vectors": 361,
        "west": 5.9,
        "south": 45.8,
        "east": 10.5,
        "north": 47.9,
        "implausible_positions": 3,
        "implausible_altitudes": 0,
        "airborne": True,
        "takeoff_airport": "LSZH",
        "landing_airport": None,
    }
    hardly = dict.fromkeys(known) | {"icao24": "4b1815", "first_seen": moment(START)}
    return [known, hardly | {"state_vectors": 1, "distance_km": 0.0}]


def flight_over_the_antimeridian() -> dict[str, Any]:
    """Return a flight from Fiji to Samoa."""
    edges = {"west": 177.4, "south": -17.8, "east": -172.0, "north": -13.8}
    return flight_rows()[0] | edges


def singles(table: Table, rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return rows to compare with a file: measured values in single precision."""
    single = [column.name for column in table.columns if column.type is ColumnType.FLOAT32]
    return [
        {name: row[name] for name in table.names}
        | {name: None if row[name] is None else np.float32(row[name]) for name in single}
        for row in rows
    ]


async def in_pages(rows: Sequence[Row], size: int = 3) -> AsyncGenerator[Sequence[Row], None]:
    """Yield the rows page by page."""
    for first in range(0, len(rows), size):
        yield rows[first : first + size]


async def written(name: str, table: Table, rows: Sequence[Row], size: int = 3) -> bytes:
    """Return the file that is made of the rows."""
    return b"".join([frame async for frame in write(name, table, in_pages(rows, size))])
