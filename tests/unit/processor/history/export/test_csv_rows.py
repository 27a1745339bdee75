"""CSV: read back by pandas and by the csv module, and without formulas."""

import csv
import io
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import numpy as np
import pandas as pd  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.history.export.csv_rows import CsvRows, escape_formula
from processor.history.export.table import FLIGHTS, STATE_VECTORS, ColumnType, Table
from telemetry.state_vector import StateVector
from testkit.state_vectors import state_vectors
from tests.unit.processor.history.export.invented import (
    ODD_TEXTS,
    flight_rows,
    odd_rows,
    singles,
    to_rows,
    written,
)

READERS: Mapping[ColumnType, Callable[[str], Any]] = {
    ColumnType.TEXT: lambda text: text.removeprefix("'"),
    ColumnType.TIME: lambda text: pd.Timestamp(text).to_pydatetime(),
    ColumnType.FLOAT64: float,
    ColumnType.FLOAT32: np.float32,
    ColumnType.INT: int,
    ColumnType.BOOL: {"true": True, "false": False}.__getitem__,
    ColumnType.INT_LIST: msgspec.json.decode,
}
"""The way to read a cell, as docs/exports.md describes it."""


def read(content: bytes, table: Table) -> list[dict[str, Any]]:
    """Read a file as the document describes, with the standard library alone."""
    text = io.StringIO(content.decode(), newline="")
    return [
        {
            column.name: None
            if line[column.name] == ""
            else READERS[column.type](line[column.name])
            for column in table.columns
        }
        for line in csv.DictReader(text, strict=True)
    ]


@pytest.mark.parametrize(("table", "rows"), [(STATE_VECTORS, odd_rows()), (FLIGHTS, flight_rows())])
async def test_what_is_read_equals_the_rows(table: Table, rows: list[dict[str, Any]]) -> None:
    """Every null, text and list of receivers is equal."""
    content = await written("csv", table, rows)
    assert read(content, table) == singles(table, rows)
    assert content.startswith(",".join(table.names).encode() + b"\r\n")
    assert content.count(b"\r\n") == len(rows) + 1


@given(st.lists(state_vectors(), max_size=5))
def test_stored_values_are_read_back(vectors: list[StateVector]) -> None:
    """Any text, number and time can be read back."""
    rows = to_rows(vectors)
    writer = CsvRows(STATE_VECTORS)
    content = writer.begin() + writer.add(rows) + writer.end() if rows else writer.begin()
    assert read(content, STATE_VECTORS) == singles(STATE_VECTORS, rows)


async def test_pandas_reads_it() -> None:
    """Pandas reads times as times, and null as missing."""
    rows = odd_rows()
    frame = pd.read_csv(
        io.BytesIO(await written("csv", STATE_VECTORS, rows)),
        dtype={"icao24": str, "squawk": str, "category": "Int64"},
        parse_dates=["last_contact", "time_position"],
    )
    assert list(frame.columns) == list(STATE_VECTORS.names)
    assert frame["last_contact"].tolist() == [row["last_contact"] for row in rows]
    assert frame["squawk"].notna().tolist() == [row["squawk"] is not None for row in rows]
    assert frame["latitude"].isna().tolist() == [row["latitude"] is None for row in rows]
    assert frame["on_ground"].tolist() == [row["on_ground"] for row in rows]
    assert frame["velocity"].iloc[0] == 240.13


@pytest.mark.parametrize(
    "text", [*ODD_TEXTS[:5], "\t=1", "\r=1", "\n=1", "\N{FULLWIDTH EQUALS SIGN}1", "=cmd|'/c x'!A1"]
)
def test_no_text_is_a_formula(text: str) -> None:
    """A pilot who sets a callsign could otherwise run a formula where the file is opened."""
    assert escape_formula(text) == "'" + text


@pytest.mark.parametrize("text", ["SWR7EA", "Côte d'Ivoire", "1=1", "", None])
def test_other_texts_are_unchanged(text: str | None) -> None:
    """An unnecessary quote would look like a part of the text."""
    assert escape_formula(text) == text


async def test_numbers_are_never_quoted() -> None:
    """A negative number is no formula."""
    rows = [odd_rows()[0] | {"longitude": -8.5, "vertical_rate": -0.5, "callsign": None}]
    line = (await written("csv", STATE_VECTORS, rows)).splitlines()[1]
    assert b",-8.5," in line
    assert b",-0.5," in line
    assert b"'-" not in line
