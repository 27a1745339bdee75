"""Tracks as lines in GeoJSON: a feature for each flight, joined where the way is known."""

import datetime as dt
import itertools
from typing import Any

import pytest
from geojson_pydantic import FeatureCollection
from geojson_pydantic.geometries import LineString, MultiLineString
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from processor.archive.flights.segmentation import DetectedFlight
from processor.history.export.table import TRACK, TRACK_WITH_FLIGHTS
from processor.history.export.track_lines import MAX_POINTS, TrackLines
from telemetry.state_vector import StateVector
from testkit.state_vectors import START, state_vector
from tests.unit.processor.history.export.invented import to_rows, written

LINES = replace(TRACK, has_lines=True)
STORED_LINES = replace(TRACK_WITH_FLIGHTS, has_lines=True)
STEP_S = 10


def rows(vectors: list[StateVector], implausible: tuple[int, ...] = ()) -> list[dict[str, Any]]:
    """Return rows of a track; some indices are those of implausible positions."""
    return [
        row | {"implausible": index in implausible} for index, row in enumerate(to_rows(vectors))
    ]


def eastward(count: int, *, west: float = 8.0, start: int = START) -> list[StateVector]:
    """Return an aircraft at 47° north that flies east by 0.02° (1.5 km) every ten seconds."""
    return [
        state_vector(
            last_contact=start + index * STEP_S,
            longitude=(west + index * 0.02 + 180) % 360 - 180,
            latitude=47.0,
        )
        for index in range(count)
    ]


async def features(found: list[dict[str, Any]], table: Any = LINES) -> list[Any]:  # noqa: ANN401
    """Return the features by an independent model of RFC 7946, which refuses invalid ones."""
    content = await written("geojson", table, found)
    return FeatureCollection.model_validate_json(content).features


def pairs(part: Any) -> list[tuple[float, float]]:  # noqa: ANN401 - the model's positions
    """Return the positions of a part of a line."""
    return [(position.longitude, position.latitude) for position in part]


async def test_a_flight_is_one_line_through_all_its_positions() -> None:
    """It has the flight's names and times as properties."""
    vectors = eastward(20)
    (feature,) = await features(rows(vectors))
    assert isinstance(feature.geometry, LineString)
    expected = [(vector.longitude, vector.latitude) for vector in vectors]
    assert pairs(feature.geometry.coordinates) == expected
    assert feature.properties == {
        "icao24": "4b1814",
        "callsign": "SWR7EA",
        "origin_country": "Switzerland",
        "from": START,
        "to": START + 19 * STEP_S,
    }


@pytest.mark.parametrize("west", [179.9, -179.9])
async def test_a_line_is_cut_at_the_antimeridian(west: float) -> None:
    """Eastward and westward; both parts touch it at the same latitude, and no step is long."""
    vectors = eastward(20, west=179.9)
    if west < 0:
        times = [vector.last_contact for vector in vectors]
        vectors = [
            replace(vector, last_contact=time, time_position=time, latitude=47 + time % 7 / 1000)
            for vector, time in zip(reversed(vectors), times, strict=True)
        ]
    (feature,) = await features(rows(vectors))
    assert isinstance(feature.geometry, MultiLineString)
    one, other = map(pairs, feature.geometry.coordinates)
    edge = 180.0 if west > 0 else -180.0
    assert one[-1][0] == edge
    assert other[0][0] == -edge
    assert one[-1][1] == other[0][1]
    assert all((longitude > 0) is (west > 0) for longitude, _ in one)
    assert all((longitude < 0) is (west > 0) for longitude, _ in other)
    for part in (one, other):
        assert all(abs(a[0] - b[0]) < 0.03 for a, b in itertools.pairwise(part))


async def test_a_silence_interrupts_the_line() -> None:
    """No line is drawn over more than 300 s without a position; 300 s are joined."""
    for pause, parts in ((300, 1), (301, 2)):
        before, after = eastward(5), eastward(5, west=8.1, start=START + 4 * STEP_S + pause)
        (feature,) = await features(rows([*before, *after]))
        found = feature.geometry.coordinates
        assert len(found) == parts if parts > 1 else isinstance(feature.geometry, LineString)


async def test_positions_of_messages_without_one_are_late() -> None:
    """The age of the position counts, not that of the last message."""
    before = eastward(5)
    silent = [
        state_vector(
            last_contact=before[-1].last_contact + seconds,
            time_position=before[-1].time_position,
            longitude=None,
            latitude=None,
        )
        for seconds in range(60, 400, 60)
    ]
    after = eastward(5, west=8.2, start=before[-1].last_contact + 400)
    (feature,) = await features(rows([*before, *silent, *after]))
    assert [len(part) for part in feature.geometry.coordinates] == [5, 5]


async def test_a_jump_interrupts_the_line_and_an_implausible_position_is_left_out() -> None:
    """An aircraft can fly to neither."""
    vectors = [*eastward(5), *eastward(5, west=20.0, start=START + 5 * STEP_S)]
    (feature,) = await features(rows(vectors))
    assert isinstance(feature.geometry, MultiLineString)
    assert [len(part) for part in feature.geometry.coordinates] == [5, 5]

    outlier = eastward(9)
    outlier[4] = replace(outlier[4], latitude=10.0)
    (feature,) = await features(rows(outlier, implausible=(4,)))
    assert isinstance(feature.geometry, LineString)
    assert len(feature.geometry.coordinates) == 8


async def test_a_position_alone_is_no_line() -> None:
    """A line has two positions at least; without any there is no feature."""
    assert await features(rows(eastward(1))) == []
    assert await features([]) == []
    lonely = [*eastward(1), *eastward(3, west=50.0, start=START + 20)]
    (feature,) = await features(rows(lonely))
    assert len(feature.geometry.coordinates) == 3


async def test_each_stored_flight_is_a_feature() -> None:
    """With the callsign that is stored, in order of time."""
    vectors = eastward(10)
    flights = [DetectedFlight(START, "SWR1", None)] * 4
    flights += [DetectedFlight(START + 40, "SWR2", "Switzerland")] * 6
    found = [row | {"flight": flight} for row, flight in zip(rows(vectors), flights, strict=True)]
    one, other = await features(found, STORED_LINES)
    assert (one.properties["callsign"], other.properties["callsign"]) == ("SWR1", "SWR2")
    assert [len(each.geometry.coordinates) for each in (one, other)] == [4, 6]


def test_a_long_flight_is_bounded_in_memory() -> None:
    """It becomes several features, each of which begins where the one before ended."""
    n_rows = 2 * MAX_POINTS + 100
    vectors = [
        state_vector(last_contact=START + index, longitude=8 + index / 1e4, latitude=47.0)
        for index in range(n_rows)
    ]
    lines = TrackLines(LINES)
    content = lines.begin()
    found_rows = rows(vectors)
    for first in range(0, n_rows, 500):
        content += lines.add(found_rows[first : first + 500])
    found = FeatureCollection.model_validate_json(content + lines.end()).features
    assert len(found) == 3
    ends = [(pairs(f.geometry.coordinates)[0], pairs(f.geometry.coordinates)[-1]) for f in found]
    assert all(before[1] == after[0] for before, after in itertools.pairwise(ends))
    assert sum(len(each.geometry.coordinates) - 1 for each in found) == n_rows - 1


@given(
    st.lists(
        st.tuples(
            st.integers(1, 400), st.floats(-180, 180, width=32), st.floats(-90, 90, width=32)
        ),
        max_size=40,
    )
)
def test_any_positions_make_valid_lines(steps: list[tuple[int, float, float]]) -> None:
    """No part crosses the antimeridian, and none has fewer than two positions."""
    times = itertools.accumulate(seconds for seconds, _, _ in steps)
    vectors = [
        state_vector(last_contact=START + time, longitude=longitude, latitude=latitude)
        for time, (_, longitude, latitude) in zip(times, steps, strict=True)
    ]
    lines = TrackLines(LINES)
    content = lines.begin() + (lines.add(rows(vectors)) if vectors else b"") + lines.end()
    for feature in FeatureCollection.model_validate_json(content).features:
        is_one = isinstance(feature.geometry, LineString)
        found = [feature.geometry.coordinates] if is_one else feature.geometry.coordinates
        for part in found:
            assert len(part) > 1
            for one, other in itertools.pairwise(pairs(part)):
                assert abs(one[0] - other[0]) <= 180
        assert isinstance(feature.properties["from"], int)
        moment = dt.datetime.fromtimestamp(feature.properties["from"], dt.UTC)
        assert moment.year == 2026
