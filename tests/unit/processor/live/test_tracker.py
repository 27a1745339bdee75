"""The living picture, case by case; any sequence at all is in tests/property/test_stream.py."""

import json

import pytest

from processor.live.position import Position
from processor.live.tracker import Tracker, Update
from tests.support.state_vectors import START, state_vector

EXPIRY_SECONDS = 300
WINDOW_SECONDS = 100


class _Clock:
    now = float(START)

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> _Clock:
    return _Clock()


@pytest.fixture
def tracker(clock: _Clock) -> Tracker:
    return Tracker(
        start=_at(0, 0),
        resumable_after=_at(10, 10),
        expiry_seconds=EXPIRY_SECONDS,
        resume_window_seconds=WINDOW_SECONDS,
        clock=clock,
    )


def _at(*offsets: int) -> Position:
    return Position("epoch", offsets)


def _heard(tracker: Tracker, icao24: str, offset: int, last_contact: int = START) -> None:
    tracker.apply([Update(0, offset, state_vector(icao24, last_contact))])


def _addresses(rows: list[bytes]) -> set[str]:
    return {json.loads(row)["icao24"] for row in rows}


def test_changes_are_told_once(tracker: Tracker) -> None:
    """Between two ticks an aircraft changes once, whatever came of it."""
    _heard(tracker, "aaaaaa", 20)
    _heard(tracker, "aaaaaa", 21, START + 1)
    changes = tracker.take_changes()
    assert [json.loads(row)["last_contact"] for row in changes.rows] == [START + 1]
    assert not tracker.take_changes()


def test_a_silent_aircraft_is_removed(tracker: Tracker, clock: _Clock) -> None:
    """After the expiry, and not a second earlier."""
    _heard(tracker, "aaaaaa", 20)
    clock.now = START + EXPIRY_SECONDS - 1
    tracker.expire()
    assert len(tracker) == 1
    clock.now = START + EXPIRY_SECONDS
    tracker.expire()
    assert tracker.take_changes().removed == ["aaaaaa"]
    assert len(tracker) == 0


def test_an_aircraft_that_returns_is_not_removed_afterwards(
    tracker: Tracker, clock: _Clock
) -> None:
    """Neither at the tick in which it came back, nor for those who resume later."""
    _heard(tracker, "aaaaaa", 20)
    clock.now = START + EXPIRY_SECONDS
    tracker.expire()
    _heard(tracker, "aaaaaa", 21, int(clock.now))
    assert tracker.take_changes().removed == []
    missed = tracker.changes_since(_at(21, 10))
    assert (_addresses(missed.rows), missed.removed) == ({"aaaaaa"}, [])


def test_missed_is_what_stands_at_the_position_or_later(tracker: Tracker) -> None:
    """The position is the next offset: the message at it has not been seen."""
    _heard(tracker, "aaaaaa", 20)
    _heard(tracker, "bbbbbb", 21)
    assert _addresses(tracker.changes_since(_at(21, 10)).rows) == {"bbbbbb"}
    assert _addresses(tracker.changes_since(_at(20, 10)).rows) == {"aaaaaa", "bbbbbb"}


def test_messages_without_a_state_vector_are_read_past(tracker: Tracker) -> None:
    """The position goes on, so that viewers do not wait for what never comes."""
    tracker.apply([Update(1, 33, None)])
    assert tracker.position == _at(0, 34)


@pytest.mark.parametrize(
    ("position", "can_resume"),
    [
        (_at(11, 10), True),
        (_at(10, 10), False),
        (_at(9, 99), False),
        (_at(11, 10, 0), False),
        (Position("other", (11, 10)), False),
    ],
)
def test_only_what_is_known_for_certain_is_resumed(
    tracker: Tracker, position: Position, *, can_resume: bool
) -> None:
    """A viewer from before our time, or of another log, begins with a snapshot."""
    assert tracker.can_resume(position) is can_resume


def test_who_was_away_when_a_removal_was_forgotten_cannot_resume(
    tracker: Tracker, clock: _Clock
) -> None:
    """Also when the log stood still meanwhile, so that its position is the newest."""
    _heard(tracker, "aaaaaa", 20)
    seen = tracker.position.offsets
    position = _at(seen[0], 11)
    tracker.apply([Update(1, 10, None)])
    clock.now = START + EXPIRY_SECONDS
    tracker.expire()
    assert tracker.can_resume(position)
    clock.now += WINDOW_SECONDS
    tracker.expire()
    assert tracker.can_resume(position)
    clock.now += 1
    tracker.expire()
    assert not tracker.can_resume(position)
    _heard(tracker, "bbbbbb", 21, int(clock.now))
    assert tracker.can_resume(tracker.position)
