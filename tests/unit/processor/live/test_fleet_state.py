"""The state of one tick is merged from that before, and equals one that is made from nothing."""

import random
from collections.abc import Sequence

import numpy as np

from processor.live.fleet_state import FleetState, empty_state, next_state
from processor.stream.aircraft import Aircraft
from processor.stream.columns import Columns
from processor.stream.slices import run_at_once
from testkit.state_vectors import START, state_vector

FIELDS = ("last_contact", "latitude", "longitude", "baro_altitude")
TICKS = 40
EXPIRY_SECONDS = 12


def _incoming(chance: random.Random, second: int) -> dict[str, Aircraft]:
    """Return newer state vectors of some of 40 aircraft, a few of them too old to be shown."""
    found = {}
    for number in chance.sample(range(40), chance.randrange(20)):
        state = state_vector(
            f"{number * 0x5F3A1:06x}",
            START + second - chance.choice((0, 0, 0, EXPIRY_SECONDS)),
            latitude=chance.choice((None, chance.uniform(-90, 90))),
            baro_altitude=chance.choice((None, chance.uniform(0, 12_000))),
        )
        found[state.icao24] = Aircraft(state.icao24, state, 0, second)
    return found


def _assert_equal(kept: Columns, aircraft: Sequence[Aircraft]) -> None:
    made = Columns(aircraft)
    assert list(kept.aircraft) == list(aircraft)
    for field in FIELDS:
        np.testing.assert_array_equal(kept.floats(field), made.floats(field))
    np.testing.assert_array_equal(kept.by_latitude[1], made.by_latitude[1])
    np.testing.assert_array_equal(
        kept.altitude,
        np.where(
            np.isnan(made.floats("baro_altitude")),
            made.floats("geo_altitude"),
            made.floats("baro_altitude"),
        ),
    )


def test_kept_columns_equal_columns_that_are_made_again() -> None:
    """Whatever comes, changes and expires, in the order of the addresses."""
    chance, state = random.Random(4), empty_state()
    expected: dict[str, Aircraft] = {}
    for second in range(TICKS):
        before, incoming, silent_since = expected, _incoming(chance, second), START + second - 12
        step = run_at_once(next_state(state, incoming, silent_since))
        merged = {**before, **incoming}
        expected = {
            name: merged[name]
            for name in merged
            if merged[name].state_vector.last_contact > silent_since
        }
        _assert_equal(step.state.columns, [expected[name] for name in sorted(expected)])
        assert list(step.state.by_icao24.items()) == list(expected.items())
        changed = sorted(incoming.keys() & expected.keys())
        _assert_equal(step.changes.after_columns, [incoming[name] for name in changed])
        held = [before[name] for name in changed if name in before]
        removed = [before[name] for name in before if name not in expected]
        _assert_equal(step.changes.held_columns, held + removed)
        assert list(step.changes.removed) == removed
        assert sorted(step.expired) == sorted(merged.keys() - expected.keys())
        state = step.state


def test_a_state_does_not_change_when_the_next_one_is_computed() -> None:
    """So readers of it may go on while a later one is computed."""
    chance = random.Random(5)
    first = run_at_once(next_state(empty_state(), _incoming(chance, 0), START - 1)).state
    names, columns = dict(first.by_icao24), list(first.columns.aircraft)
    latitudes = first.columns.floats("latitude").copy()
    run_at_once(next_state(first, _incoming(chance, 1), START + 100))
    assert isinstance(first, FleetState)
    assert (dict(first.by_icao24), list(first.columns.aircraft)) == (names, columns)
    np.testing.assert_array_equal(first.columns.floats("latitude"), latitudes)
