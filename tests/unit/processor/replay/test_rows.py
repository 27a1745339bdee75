"""Ticks of a replay: every state vector once and in order, and no aircraft twice in one tick."""

from collections.abc import Iterable
from itertools import chain, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.replay.rows import TickDivider, TickRows, tick_seconds
from telemetry.state_vector import StateVector
from testkit.state_vectors import START, state_vector


def _divide(vectors: Iterable[StateVector], seconds: int, pages: Iterable[int]) -> list[TickRows]:
    divider, rest = TickDivider(seconds), list(vectors)
    ticks: list[TickRows] = []
    for size in pages:
        ticks += divider.add(rest[:size])
        rest = rest[size:]
    return [*ticks, *divider.add(rest), *divider.end()]


_RECEIVED = st.sets(st.tuples(st.integers(0, 30), st.integers(0, 5)))


@given(_RECEIVED, st.integers(1, 10), st.lists(st.integers(0, 7)))
def test_ticks_hold_every_state_vector_once(
    received: set[tuple[int, int]], seconds: int, pages: list[int]
) -> None:
    """Wherever pages begin and end."""
    vectors = [state_vector(f"{number:06x}", START + second) for second, number in sorted(received)]
    ticks = _divide(vectors, seconds, pages)
    assert list(chain.from_iterable(tick.state_vectors for tick in ticks)) == vectors
    for tick in ticks:
        icao24s = [state.icao24 for state in tick.state_vectors]
        assert len(icao24s) == len(set(icao24s))
        assert tick.start == tick.state_vectors[0].last_contact
        assert tick.end == tick.state_vectors[-1].last_contact + 1
        assert tick.end - tick.start <= seconds
    assert all(one.end <= other.start for one, other in pairwise(ticks))


@pytest.mark.parametrize(("speed", "seconds"), [(1, 1), (19, 1), (60, 6), (600, 10), (None, 10)])
def test_fast_replays_have_fewer_ticks(speed: float | None, seconds: int) -> None:
    """A replay has at most ten ticks a second, and none delays a removal for too long."""
    assert tick_seconds(speed) == seconds
