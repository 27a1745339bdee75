"""NDJSON: a line for each row, in the words of the stream."""

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
    """Read a file, times as times."""
    rows = [msgspec.json.decode(line) for line in content.splitlines()]
    for row in rows:
        row.update({name: row[name] and moment(row[name]) for name in times})
    return singles(table, rows)


@given(st.lists(state_vectors(), min_size=1, max_size=5))
def test_a_line_is_a_state_vector(vectors: list[StateVector]) -> None:
    """One that the stream's own type reads, and equal to the one stored, in single precision."""
    rows = to_rows(vectors)
    content = JsonRows(STATE_VECTORS).add(rows)
    decoder = msgspec.json.Decoder(StateVector)
    again = [decoder.decode(line) for line in content.split(b"\n") if line]
    assert singles(STATE_VECTORS, to_rows(again)) == singles(STATE_VECTORS, rows)


async def test_the_words_are_those_of_the_stream() -> None:
    """All fields in OpenSky's order, times in Unix seconds, numbers as they were sent."""
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
    """Over several pages."""
    assert read(await written("ndjson", table, rows), table, times) == singles(table, rows)


async def test_no_rows_are_an_empty_file() -> None:
    """No line stands for none."""
    assert await written("ndjson", STATE_VECTORS, []) == b""
