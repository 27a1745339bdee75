"""Flights that are followed by whole columns equal those that are followed row by row."""

import asyncio
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from processor.archive.database import Connection
from processor.archive.flights.segmentation import (
    SILENCE_SECONDS,
    Observation,
    continues_flight,
    proves_flight,
    segment,
)
from processor.archive.flights.store import FlightStore
from processor.archive.sql import load_queries
from processor.archive.unique_rows import UniqueRows, make_partition_rows, make_unique
from telemetry.state_vector import StateVector
from testkit.state_vectors import START, state_vector

QUERIES = load_queries()

_VECTORS = st.builds(
    state_vector,
    st.sampled_from(["000001", "000002", "00000a"]),
    st.one_of(
        st.integers(START, START + 40),
        st.integers(START, START + 4 * SILENCE_SECONDS),
        st.sampled_from([START + SILENCE_SECONDS, START + SILENCE_SECONDS + 1]),
    ),
    callsign=st.sampled_from([None, "SWR1", "SWR1", "SWR2"]),
    on_ground=st.sampled_from([False, False, False, True]),
    squawk=st.sampled_from(["1000", "2000"]),
    velocity=st.sampled_from([None, 10.0, 200.0]),
)
_BATCHES = st.lists(st.lists(_VECTORS, min_size=1, max_size=12), min_size=1, max_size=8)


class _Recorder:
    """A connection that notes the statements and finds nothing in the database."""

    def __init__(self) -> None:
        self.statements: list[tuple[Any, ...]] = []

    async def execute(self, *statement: object) -> None:
        self.statements.append(statement)

    async def fetch(self, *statement: object) -> list[object]:
        self.statements.append(statement)
        return []


def _follow(batches: Sequence[UniqueRows], *, by_columns: bool) -> list[tuple[Any, ...]]:
    recorder = _Recorder()
    connection = cast("Connection", recorder)
    store = FlightStore(QUERIES)

    async def follow() -> None:
        for rows in batches:
            await store.store(connection, rows, START + 7_200.0)

    if not by_columns:
        batches = [
            UniqueRows(rows.state_vectors, rows.keys, np.array(rows.partitions, np.int64))
            for rows in batches
        ]
    asyncio.run(follow())
    return [_in_any_order(statement) for statement in recorder.statements]


def _in_any_order(statement: tuple[Any, ...]) -> tuple[Any, ...]:
    """Sort the rows of a statement whose arguments are columns."""
    text, *columns = statement
    lists = [column for column in columns if isinstance(column, list)]
    others = [column for column in columns if not isinstance(column, list)]
    return text, sorted(zip(*lists, strict=True), key=repr), others


@settings(max_examples=400)
@given(_BATCHES)
def test_columns_find_the_same_flights_as_rows(found: list[list[StateVector]]) -> None:
    """The statements are equal, whatever changes: flags, callsigns, silence, late rows."""
    batches = [make_unique([make_partition_rows(0, vectors)]) for vectors in found]
    assert all(len(rows.identities) for rows in batches)
    by_columns = _follow(batches, by_columns=True)
    assert by_columns == _follow(batches, by_columns=False)


@settings(max_examples=100)
@given(st.lists(st.integers(1, 200), min_size=1, max_size=30))
def test_rows_that_change_nothing_are_not_looked_at(steps: list[int]) -> None:
    """Once a flight is known and certain, its rows reach neither the state machine nor a query."""
    recorder, store = _Recorder(), FlightStore(QUERIES)
    connection = cast("Connection", recorder)

    async def follow() -> None:
        contact = START
        for number, step in enumerate([60, 60, 60, *steps]):
            contact += step
            vectors = [state_vector("000001", contact, velocity=200.0)]
            rows = make_unique([make_partition_rows(0, vectors)])
            await store.store(connection, rows, contact)
            if number == 2:
                recorder.statements.clear()

    asyncio.run(follow())
    assert recorder.statements == []


_OBSERVATIONS = st.lists(
    st.builds(
        Observation,
        last_contact=st.integers(1, 60) | st.integers(1, 2 * SILENCE_SECONDS),
        callsign=st.sampled_from([None, "SWR1", "SWR2"]),
        origin_country=st.just("Switzerland"),
        on_ground=st.booleans(),
        velocity=st.sampled_from([None, 10.0, 60.0, 200.0]),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=1_000)
@given(_OBSERVATIONS)
def test_what_is_not_segmented_would_change_nothing(steps: list[Observation]) -> None:
    """Observations that continue or prove a flight leave it as it is, without any doubt."""
    contact, state = START, None
    for step in steps:
        seconds = step.last_contact
        contact += seconds
        observation = step._replace(last_contact=contact)
        found = segment(state, [observation])
        if state is not None:
            facts = (state, seconds, observation.callsign, observation.on_ground)
            if continues_flight(*facts) or proves_flight(*facts):
                assert found.flights == []
                assert found.flight_state == state._replace(last_contact=contact, doubt=None)
        state = found.flight_state
