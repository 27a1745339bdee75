"""Numbers and times are written in short, and are equal when they are read."""

import datetime as dt
import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from processor.history.export.values import (
    iso_time,
    iso_times,
    short_floats,
    unix_seconds,
    without_nan,
)
from tests.unit.processor.history.export.invented import moment

SINGLES = st.lists(st.none() | st.floats(width=32), max_size=20)
MOMENTS = st.integers(0, 4_102_444_800_000_000).map(
    lambda microseconds: moment(0) + dt.timedelta(microseconds=microseconds)
)


def test_numbers_are_written_as_opensky_sent_them() -> None:
    """The digits that single precision adds are left out."""
    sent = [240.13, 11_887.2, 287.97, -0.33, 0.0, -123_456.79]
    stored = [float(np.float32(value)) for value in sent]
    assert stored != sent
    assert list(short_floats(stored)) == sent


@given(SINGLES)
def test_shortened_numbers_are_the_same_in_single_precision(values: list[float | None]) -> None:
    """Any number is equal; NaN is null."""
    expected = [None if value is None or math.isnan(value) else value for value in values]
    short = short_floats(values)
    assert [None if value is None else float(np.float32(value)) for value in short] == expected
    assert all(len(repr(value)) <= len(repr(other)) for value, other in zip(short, expected))  # noqa: B905 - of equal length


def test_null_and_no_number_are_null() -> None:
    """NaN is null, because JSON and CSV have no NaN."""
    assert list(without_nan([1.5, None, math.nan])) == [1.5, None, None]
    assert list(short_floats([None, math.nan])) == [None, None]
    assert list(short_floats([])) == []


def test_times() -> None:
    """Times are in UTC with a Z; seconds have a fraction only if there is one."""
    whole = dt.datetime(2026, 9, 21, 14, 13, 20, tzinfo=dt.UTC)
    half = whole.replace(microsecond=500_000)
    assert iso_times([whole, None]) == ["2026-09-21T14:13:20Z", None]
    assert iso_times([half, None]) == ["2026-09-21T14:13:20.500000Z", None]
    assert repr(unix_seconds(whole)) == "1790000000"
    assert repr(unix_seconds(half)) == "1790000000.5"
    assert (iso_time(None), unix_seconds(None), list(iso_times([]))) == (None, None, [])


@given(st.lists(st.none() | MOMENTS | MOMENTS.map(lambda found: found.replace(microsecond=0))))
def test_times_are_read_back(moments: list[dt.datetime | None]) -> None:
    """Times are exact to the microsecond, one by one and many at once."""
    assert list(iso_times(moments)) == [iso_time(moment) for moment in moments]
    read = [text and dt.datetime.fromisoformat(text) for text in iso_times(moments)]
    assert read == moments
