"""No digit of OpenSky's is lost in the columns of stored_state_vectors."""

from collections.abc import Iterable
from decimal import Decimal
from itertools import islice
from operator import attrgetter

import msgspec
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from processor.archive.digest import NUMBERS
from processor.archive.stored_values import (
    STEPS,
    STORED_FIELDS,
    find_inexact,
    round_to_stored,
    to_stored_row,
)
from telemetry.state_vector import StateVector
from testkit.captures import folder, globe_moved_on, real_hour
from testkit.state_vectors import START, state_vector, state_vectors

_numbers_of = attrgetter(*NUMBERS)
LIMITS = {"longitude": 180, "latitude": 90}
"""The greatest value of a field; that of the others is a million."""


def inexact(vectors: Iterable[StateVector]) -> list[int]:
    """Return the places of the state vectors that would be rounded."""
    table = np.array([_numbers_of(vector) for vector in vectors], np.float64)
    return find_inexact(NUMBERS, table.reshape(-1, len(NUMBERS)))


@pytest.mark.parametrize("name", STEPS)
@given(st.data())
def test_every_number_with_so_many_digits_is_stored_exactly(name: str, data: st.DataObject) -> None:
    """The quotient, which the view computes, is the number that was read from the JSON."""
    steps = STEPS[name]
    most = LIMITS.get(name, 1_000_000) * steps
    number = data.draw(st.integers(-most, most))
    value = float(Decimal(number) / steps)
    vector = msgspec.structs.replace(state_vector(), **{name: value})
    assert inexact([vector]) == []
    assert round_to_stored(vector) == vector
    stored = dict(zip(STORED_FIELDS, to_stored_row(vector), strict=True))
    digits = len(str(steps)) - 1
    assert stored[f"{name}_e{digits}"] == number
    assert number / steps == value


@given(state_vectors())
@example(state_vector("000004", START, time_position=START - 1))
@example(state_vector("000004", 4_102_444_799, time_position=946_684_800))
@example(state_vector("000004", START, longitude=8.12345, velocity=230.125))
def test_other_numbers_are_rounded_to_the_nearest(vector: StateVector) -> None:
    """Exactly the rows that are found change, once, by half a step at most."""
    rounded = round_to_stored(vector)
    assert (inexact([vector]) == [0]) == (rounded != vector)
    assert inexact([rounded]) == []
    assert round_to_stored(rounded) == rounded
    for name, steps in STEPS.items():
        if (value := getattr(vector, name)) is not None:
            assert abs(getattr(rounded, name) - value) <= 0.5001 / steps
    assert rounded.time_position == vector.time_position


def test_no_digit_of_a_recording_is_lost() -> None:
    """Every state vector of real answers is stored as it came."""
    captures = folder()
    if captures is None:
        pytest.skip("OPENSKY_CAPTURES names no folder of recordings")
    polls = [*real_hour(captures), *islice(globe_moved_on(captures, 10), 1)]
    vectors = [vector for poll in polls for vector in poll.states]
    assert len(vectors) > 10_000
    assert inexact(vectors) == []
    assert [round_to_stored(vector) for vector in vectors] == vectors
