"""Turns of a replay: all that was heard, in order, and nobody twice in one."""

from collections.abc import Iterable
from itertools import chain, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.replay.groups import Group, Grouping, span_of
from telemetry.state_vector import StateVector
from testkit.state_vectors import START, state_vector


def _group(vectors: Iterable[StateVector], span: int, pages: Iterable[int]) -> list[Group]:
    grouping, rest = Grouping(span), list(vectors)
    groups: list[Group] = []
    for size in pages:
        groups += grouping.add(rest[:size])
        rest = rest[size:]
    return [*groups, *grouping.add(rest), *grouping.end()]


_HEARD = st.sets(st.tuples(st.integers(0, 30), st.integers(0, 5)))


@given(_HEARD, st.integers(1, 10), st.lists(st.integers(0, 7)))
def test_groups_hold_everything_once(
    received: set[tuple[int, int]], span: int, pages: list[int]
) -> None:
    """Wherever pages are cut."""
    vectors = [state_vector(f"{number:06x}", START + second) for second, number in sorted(received)]
    groups = _group(vectors, span, pages)
    assert list(chain.from_iterable(group.state_vectors for group in groups)) == vectors
    for group in groups:
        names = [state.icao24 for state in group.state_vectors]
        assert len(names) == len(set(names))
        assert group.since == group.state_vectors[0].last_contact
        assert group.until == group.state_vectors[-1].last_contact + 1
        assert group.until - group.since <= span
    assert all(one.until <= other.since for one, other in pairwise(groups))


@pytest.mark.parametrize(("speed", "span"), [(1, 1), (19, 1), (60, 6), (600, 10), (None, 10)])
def test_fast_replays_have_fewer_turns(speed: float | None, span: int) -> None:
    """Ten a second at the most, but none that spans more than removals may be late."""
    assert span_of(speed) == span
