"""Downsampled tracks are bounded and in order, and keep ends, landmarks, turns and climbs."""

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.history.downsampling import downsample, largest_triangles
from telemetry.state_vector import StateVector
from testkit.state_vectors import START, state_vector, state_vectors

TRACKS = st.lists(
    state_vectors(addresses=1, times=(START, START + 7_200)),
    min_size=1,
    max_size=80,
    unique_by=lambda state: state.last_contact,
).map(lambda track: sorted(track, key=lambda state: state.last_contact))


def flight(count: int = 1_000) -> list[StateVector]:
    """Return a flight east that climbs, turns north in the middle, and descends."""
    turn = count // 2
    return [
        state_vector(
            last_contact=START + 10 * number,
            longitude=min(number, turn) / 100,
            latitude=47 + max(0, number - turn) / 100,
            baro_altitude=float(min(number * 100, 10_000, (count - number) * 100)),
            on_ground=number in (0, count - 1),
        )
        for number in range(count)
    ]


@given(TRACKS, st.integers(2, 90))
def test_bounded_ordered_and_taken_from_the_track(track: list[StateVector], most: int) -> None:
    """No point is invented, the ends are kept, and a track that fits is unchanged."""
    downsampled = downsample(track, most)
    assert len(downsampled) == min(len(track), most)
    assert (downsampled[0], downsampled[-1]) == (track[0], track[-1])
    places = [track.index(state) for state in downsampled]
    assert places == sorted(set(places))


@given(TRACKS)
def test_take_offs_and_landings_are_kept(track: list[StateVector]) -> None:
    """The state vectors on both sides are kept, as far as the limit allows."""
    steps = [
        number
        for number in range(len(track) - 1)
        if track[number].on_ground != track[number + 1].on_ground
    ]
    landmarks = {0, len(track) - 1} | set(steps) | {number + 1 for number in steps}
    downsampled = downsample(track, max(2, len(landmarks)))
    assert {track[number].last_contact for number in landmarks} <= {
        state.last_contact for state in downsampled
    }


def test_a_flight_keeps_its_corners() -> None:
    """The turn, the top of climb and the top of descent are kept within the width of a bucket."""
    track = flight()
    downsampled = downsample(track, 50)
    kept = [(state.last_contact - START) // 10 for state in downsampled]
    for corner in (100, 500, 900):
        assert min(abs(number - corner) for number in kept) <= 1
    assert {0, 1, 998, 999} <= set(kept)


def test_gaps_keep_their_ends() -> None:
    track = flight()
    del track[300:340]
    downsampled = downsample(track, 20)
    assert track[299] in downsampled
    assert track[300] in downsampled


def test_more_landmarks_than_points() -> None:
    """The limit holds, and landmarks are left out evenly."""
    track = [state_vector(last_contact=START + n, on_ground=n % 2 == 0) for n in range(100)]
    downsampled = downsample(track, 10)
    assert len(downsampled) == 10
    gaps = np.diff([state.last_contact for state in downsampled])
    assert max(gaps) <= 20


def test_across_the_antimeridian() -> None:
    """A flight across 180 degrees has no jump there."""
    bend, count = 70, 100
    track = [
        state_vector(
            last_contact=START + 10 * number,
            longitude=(179 + number / 50 + 180) % 360 - 180,
            latitude=max(0, number - bend) / 50,
        )
        for number in range(count)
    ]
    kept = [(state.last_contact - START) // 10 for state in downsample(track, 5)]
    assert min(abs(number - bend) for number in kept) <= 2


@pytest.mark.parametrize("missing", ["position", "altitude"])
def test_nothing_received_at_all(missing: str) -> None:
    """Without positions or altitudes, the other dimensions decide."""
    names = ("longitude", "latitude") if missing == "position" else ("baro_altitude",)
    track = [
        msgspec.structs.replace(state_vector(last_contact=START + n), **dict.fromkeys(names))
        for n in range(100)
    ]
    assert len(downsample(track, 7)) == 7


@given(st.lists(st.tuples(*[st.floats(0, 1)] * 4), min_size=1, max_size=60), st.integers(1, 60))
def test_one_point_of_each_bucket(rows: list[tuple[float, ...]], count: int) -> None:
    count = min(count, len(rows))
    chosen = largest_triangles(np.array(rows), count)
    edges = np.linspace(0, len(rows), count + 1).astype(int)
    assert all(edges[n] <= chosen[n] < edges[n + 1] for n in range(count))
