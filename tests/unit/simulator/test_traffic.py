"""The invented sky: its shares are those of real answers, and its aircraft move as they say."""

import math
import re
from itertools import pairwise
from typing import Any

import pytest

from simulator.countries import origin_country
from simulator.picture import Grid, Picture
from simulator.route import Place, distance_between, initial_track
from simulator.traffic import InventedTraffic
from tests.unit.simulator.conftest import NOON

Row = list[Any]  # free of the cells' types, which are what is tested here


def _share(flags: list[bool]) -> float:
    return sum(flags) / len(flags)


def _ages(pictures: list[Picture]) -> list[int]:
    return [picture.time - row[4] for picture in pictures for row in _rows([picture])]


def _rows(pictures: list[Picture]) -> list[Row]:
    return [list(row) for picture in pictures for row in picture.rows or []]


def test_same_seed_same_sky_and_other_seed_other_sky(
    small_sky: InventedTraffic, pictures: list[Picture]
) -> None:
    again = InventedTraffic(aircraft=200, seed=3, grid=Grid(5))
    step = again.step_at(NOON)
    assert again.picture(step) == small_sky.picture(step)
    other = InventedTraffic(aircraft=300, seed=8, grid=Grid(5), outliers=0)
    addresses = {row[0] for row in other.picture(other.step_at(NOON)).rows or []}
    assert len(addresses & {row[0] for row in _rows(pictures[:1])}) < 30


def test_a_picture_does_not_depend_on_what_was_asked_before(small_sky: InventedTraffic) -> None:
    step = small_sky.step_at(NOON)
    first = small_sky.picture(step)
    small_sky.picture(step + 5000)
    small_sky.picture(step - 5000)
    assert small_sky.picture(step) == first


def test_number_of_rows_is_about_the_one_asked_for(pictures: list[Picture]) -> None:
    for picture in pictures:
        assert len(picture.rows or []) == pytest.approx(2000, rel=0.03)


def test_daily_rhythm_thins_the_night() -> None:
    sky = InventedTraffic(aircraft=600, seed=1, grid=Grid(5), daily_rhythm=True)
    midnight = 1_790_035_200
    counts = [len(sky.picture(sky.step_at(midnight + h * 3600)).rows or []) for h in (5, 17)]
    assert 0.4 < counts[0] / counts[1] < 0.62


def test_each_address_once_and_unordered(pictures: list[Picture]) -> None:
    for picture in pictures:
        addresses = [row[0] for row in _rows([picture])]
        assert len(set(addresses)) == len(addresses)
        assert addresses != sorted(addresses)
        contacts = [row[4] for row in _rows([picture])]
        assert contacts != sorted(contacts)
        assert contacts != sorted(contacts, reverse=True)


def test_types_and_ranges_of_every_column(pictures: list[Picture]) -> None:
    for row in _rows(pictures):
        assert len(row) == 18
        assert re.fullmatch(r"[0-9a-f]{6}", row[0])
        assert len(row[1]) in (0, 8)
        assert row[2] == origin_country(int(row[0], 16))
        assert (row[3] is None) == (row[5] is None) == (row[6] is None)
        assert isinstance(row[4], int)
        if row[3] is not None:
            assert row[3] <= row[4]
            assert -180 <= row[5] <= 180
            assert -90 <= row[6] <= 90
        assert isinstance(row[8], bool)
        assert isinstance(row[15], bool)
        assert 0 <= row[9] < 300
        assert 0 <= row[10] < 360
        assert row[12] is None
        assert row[14] is None or re.fullmatch(r"[0-7]{4}", row[14])
        assert row[16] in (0, 3)
        assert 0 <= row[17] <= 20


def test_values_lie_on_the_steps_of_transponders(pictures: list[Picture]) -> None:
    for row in _rows(pictures):
        for altitude in (row[7], row[13]):
            assert altitude is None or _is_multiple(altitude, 7.62)
        assert row[11] is None or _is_multiple(row[11], 0.32512)
        assert row[5] is None or round(row[5], 4) == row[5]
        assert round(row[9], 2) == row[9]
        assert all(not (isinstance(cell, float) and cell.is_integer()) for cell in row)


def _is_multiple(value: float, step: float) -> bool:
    return abs(value / step - round(value / step)) * step < 0.0051


def test_callsigns_are_empty_or_blank_in_the_observed_shares(pictures: list[Picture]) -> None:
    callsigns = [row[1] for row in _rows(pictures)]
    assert 0.008 < _share([callsign == "" for callsign in callsigns]) < 0.028
    assert 0 < _share([callsign == " " * 8 for callsign in callsigns]) < 0.005


@pytest.mark.parametrize(
    ("older_than", "low", "high"),
    [
        (2, 0.16, 0.24),
        (15, 0.125, 0.165),
        (60, 0.09, 0.115),
        (120, 0.055, 0.08),
        (300, 0.001, 0.008),
    ],
)
def test_ages_of_rows(pictures: list[Picture], older_than: int, low: float, high: float) -> None:
    assert low < _share([age > older_than for age in _ages(pictures)]) < high


def test_no_row_outlives_315_seconds(pictures: list[Picture]) -> None:
    ages = _ages(pictures)
    assert 300 < max(ages) <= 315
    assert min(ages) >= 0


def test_some_positions_lag_and_some_are_missing(pictures: list[Picture]) -> None:
    rows = _rows(pictures)
    lagging = [row[3] is not None and row[4] - row[3] > 15 for row in rows]
    assert 0.025 < _share(lagging) < 0.045
    assert 0.006 < _share([row[5] is None for row in rows]) < 0.02


def test_shares_on_the_ground(pictures: list[Picture]) -> None:
    rows = _rows(pictures)
    ground = [row for row in rows if row[8]]
    assert 0.065 < len(ground) / len(rows) < 0.095
    assert 0.94 < _share([row[7] is None for row in ground]) < 0.995
    assert 0.94 < _share([row[11] is None for row in ground]) < 0.995
    assert all(row[13] is None for row in ground)
    assert 0.2 < _share([row[9] == 0 for row in ground]) < 0.33


def test_shares_in_the_air(pictures: list[Picture]) -> None:
    rows = _rows(pictures)
    air = [row for row in rows if not row[8]]
    assert 0.012 < _share([row[13] is None for row in air]) < 0.032
    assert 0.005 < _share([row[7] is None for row in air]) < 0.022
    assert 0.32 < _share([row[11] == 0 for row in air]) < 0.45
    differences = sorted(
        row[13] - row[7] for row in air if row[7] is not None and row[13] is not None
    )
    assert 46 < differences[len(differences) // 2] < 320
    assert 0.3 < _share([row[14] is None for row in rows]) < 0.64
    assert 0.31 < _share([row[2] == "United States" for row in rows]) < 0.57
    assert len({row[2] for row in rows}) > 80


def test_aircraft_move_by_their_velocity_and_along_their_track(sky: InventedTraffic) -> None:
    """Between two positions the distance is mean velocity x time, the bearing the mean track."""
    checked = 0
    by_address: dict[str, list[Row]] = {}
    for second in range(0, 60, 5):
        for row in _rows([sky.picture(sky.step_at(NOON + second))]):
            by_address.setdefault(row[0], []).append(row)
    for rows in by_address.values():
        for before, after in pairwise(rows):
            # Over longer gaps an aircraft that circles has gone farther than it is away.
            if None not in (before[3], after[3]) and 0 < after[3] - before[3] <= 15:
                _assert_consistent(before, after)
                checked += 1
    assert checked > 10_000


def _assert_consistent(before: Row, after: Row) -> None:
    start, end = Place(before[6], before[5]), Place(after[6], after[5])
    seconds = after[3] - before[3]
    distance = distance_between(start, end)
    expected = (before[9] + after[9]) / 2 * seconds
    # 25 m: two roundings to 4 decimals, and a taxiing aircraft that starts between the two.
    assert distance == pytest.approx(expected, rel=0.03, abs=25 + 8 * (before[8] or after[8]) * 5)
    turn = abs((after[10] - before[10] + 180) % 360 - 180)
    if distance > 300 and turn < 10:
        bearing = initial_track(start, end)
        mean = before[10] + ((after[10] - before[10] + 180) % 360 - 180) / 2
        assert abs((bearing - mean + 180) % 360 - 180) < 6
    if None not in (before[7], after[7], before[11], after[11]) and before[11] == after[11]:
        # One step of vertical rate trembles in level flight without a change of altitude.
        tolerance = 12 + 0.34 * seconds
        assert after[7] - before[7] == pytest.approx(before[11] * seconds, abs=tolerance)


def test_time_never_goes_back_for_an_aircraft(sky: InventedTraffic) -> None:
    latest: dict[str, tuple[int, int]] = {}
    for second in range(0, 120, 5):
        for row in _rows([sky.picture(sky.step_at(NOON + second))]):
            position, contact = latest.get(row[0], (0, 0))
            assert row[4] >= contact
            assert row[3] is None or row[3] >= position
            latest[row[0]] = (row[3] or position, row[4])


def test_equal_time_position_means_equal_position(sky: InventedTraffic) -> None:
    """Aged rows are dead, not extrapolated."""
    first = {row[0]: row for row in _rows([sky.picture(sky.step_at(NOON))])}
    frozen = 0
    for row in _rows([sky.picture(sky.step_at(NOON + 20))]):
        before = first.get(row[0])
        if before and before[3] is not None and before[3] == row[3]:
            assert row[5:12] == before[5:12] or row[4] != before[4]
            assert row[5:7] == before[5:7]
            frozen += 1
    assert frozen > 120


def test_aircraft_take_off_climb_turn_descend_and_land(sky: InventedTraffic) -> None:
    ground: dict[str, set[bool]] = {}
    rates: set[int] = set()
    for minute in range(0, 60, 4):
        for row in _rows([sky.picture(sky.step_at(NOON + minute * 60))]):
            ground.setdefault(row[0], set()).add(row[8])
            if row[11]:
                rates.add(int(math.copysign(1, row[11])))
    assert sum(len(flags) == 2 for flags in ground.values()) > 200
    assert rates == {-1, 1}


def test_outliers_appear_at_their_rate_and_stay_on_earth() -> None:
    sky = InventedTraffic(aircraft=1000, seed=7, grid=Grid(5), outliers=0.2)
    whole = InventedTraffic(aircraft=1000, seed=7, grid=Grid(5), outliers=0)
    rows = {row[0]: row for row in _rows([sky.picture(sky.step_at(NOON))])}
    same = [row == rows.get(row[0]) for row in whole.picture(whole.step_at(NOON)).rows or []]
    assert 0.1 < 1 - _share(same) < 0.25
    for row in rows.values():
        assert row[5] is None or (-180 <= row[5] <= 180 and -90 <= row[6] <= 90)
    assert {"123456", "001414"} & set(rows)


def test_grid_is_beside_round_seconds_unless_asked() -> None:
    assert Grid(5).moment_of(Grid(5).step_at(NOON)) % 5
    assert Grid(5, on_grid=True).moment_of(Grid(5, on_grid=True).step_at(NOON + 3)) == NOON
    quick = Grid(0.5)
    assert quick.step_at(NOON + 0.5) == quick.step_at(NOON) + 1
