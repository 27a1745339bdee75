"""NDJSON: a line for each row, with the field names of the stream."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.history.export.json_rows import JsonRows
from processor.history.export.table import FLIGHTS, STATE_VECTORS, Table
from telemetry.state_vector import FIELDS, StateVector
from testkit.state_vectors import START, state_vector, state_vectors
from tests.unit.processor.history.export.invented import (
    TIMES,
    flight_rows,
    moment,
    odd_rows,
    singles,
    to_rows,
    written,
)


def read(content: bytes, table: Table, times: tuple[str, ...]) -> list[dict[str, Any]]:
    """Read the rows of a file, with times as datetimes."""
    rows = [msgspec.json.decode(line) for line in content.splitlines()]
    for row in rows:
        row.update({name: row[name] and moment(row[name]) for name in times})
    return singles(table, rows)


@given(st.lists(state_vectors(), min_size=1, max_size=5))
def test_a_line_is_a_state_vector(vectors: list[StateVector]) -> None:
    """The type of the stream reads each line, which equals the stored row in single precision."""
    rows = to_rows(vectors)
    content = JsonRows(STATE_VECTORS).add(rows)
    decoder = msgspec.json.Decoder(StateVector)
    again = [decoder.decode(line) for line in content.split(b"\n") if line]
    assert singles(STATE_VECTORS, to_rows(again)) == singles(STATE_VECTORS, rows)


async def test_fields_are_those_of_the_stream() -> None:
    """Fields are in OpenSky's order, times in Unix seconds, and numbers as they were received."""
    (line,) = (await written("ndjson", STATE_VECTORS, to_rows([state_vector()]))).splitlines()
    assert tuple(msgspec.json.decode(line)) == FIELDS
    assert line == msgspec.json.encode(state_vector("4b1814", START))


@pytest.mark.parametrize(
    ("table", "rows", "times"),
    [
        (STATE_VECTORS, odd_rows(), TIMES),
        (FLIGHTS, flight_rows(), ("first_seen", "last_seen", "take_off", "landing")),
    ],
)
async def test_what_is_read_equals_the_rows(
    table: Table, rows: list[dict[str, Any]], times: tuple[str, ...]
) -> None:
    """The rows are equal over several pages."""
    assert read(await written("ndjson", table, rows), table, times) == singles(table, rows)


async def test_no_rows_are_an_empty_file() -> None:
    """A file without rows has no line."""
    assert await written("ndjson", STATE_VECTORS, []) == b""
