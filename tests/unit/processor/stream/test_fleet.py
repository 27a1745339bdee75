"""The living picture, case by case; any sequence at all is in tests/property/test_stream.py."""

import pytest

from processor.message import AFTER_ANSWER_SECONDS, FUTURE_SECONDS
from processor.stream.aircraft import Aircraft
from processor.stream.fleet import Fleet, Update
from processor.stream.log_position import LogPosition
from testkit.state_vectors import START, state_vector

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
def tracker(clock: _Clock) -> Fleet:
    return Fleet(
        start=_at(0, 0),
        resumable_after=_at(10, 10),
        expiry_seconds=EXPIRY_SECONDS,
        resume_window_seconds=WINDOW_SECONDS,
        clock=clock,
    )


def _at(*offsets: int) -> LogPosition:
    return LogPosition("epoch", offsets)


def _received(tracker: Fleet, icao24: str, offset: int, last_contact: int = START) -> None:
    tracker.apply([Update(0, offset, state_vector(icao24, last_contact))])


def _addresses(aircraft: list[Aircraft]) -> list[str]:
    return [one.icao24 for one in aircraft]


def test_changes_are_told_once(tracker: Fleet) -> None:
    """Between two turns an aircraft changes once, whatever came of it."""
    _received(tracker, "aaaaaa", 20)
    _received(tracker, "aaaaaa", 21, START + 1)
    changes = tracker.advance()
    assert [one.state_vector.last_contact for one in changes.after] == [START + 1]
    assert not tracker.advance()


def test_the_picture_stands_still_between_turns(tracker: Fleet) -> None:
    """Who looks twice between two turns sees the same, at the same position."""
    _received(tracker, "aaaaaa", 20)
    tracker.advance()
    position = tracker.position
    _received(tracker, "aaaaaa", 21, START + 1)
    _received(tracker, "bbbbbb", 22)
    assert (_addresses(tracker.aircraft), tracker.position) == (["aaaaaa"], position)
    changes = tracker.advance()
    assert [one.state_vector.last_contact for one in changes.before] == [START]
    assert _addresses(tracker.aircraft) == ["aaaaaa", "bbbbbb"]


def test_a_silent_aircraft_is_removed(tracker: Fleet, clock: _Clock) -> None:
    """After the expiry, and not a second earlier."""
    _received(tracker, "aaaaaa", 20)
    clock.now = START + EXPIRY_SECONDS - 1
    tracker.advance()
    assert len(tracker) == 1
    clock.now = START + EXPIRY_SECONDS
    assert _addresses(tracker.advance().removed) == ["aaaaaa"]
    assert len(tracker) == 0


def test_who_is_heard_of_too_late_is_removed_for_others(tracker: Fleet, clock: _Clock) -> None:
    """An instance that read faster has shown it, so whoever comes from there is told."""
    tracker.advance()
    _received(tracker, "aaaaaa", 20)
    clock.now = START + EXPIRY_SECONDS
    assert _addresses(tracker.advance().after) == []
    assert tracker.missed(_at(21, 10)).removed == ["aaaaaa"]


def test_an_aircraft_that_returns_is_not_removed_afterwards(tracker: Fleet, clock: _Clock) -> None:
    """Neither at the turn in which it came back, nor for those who resume later."""
    _received(tracker, "aaaaaa", 20)
    clock.now = START + EXPIRY_SECONDS
    tracker.advance()
    _received(tracker, "aaaaaa", 21, int(clock.now))
    assert tracker.advance().removed == []
    missed = tracker.missed(_at(21, 10))
    assert (_addresses(missed.changed), missed.removed) == (["aaaaaa"], [])


def test_missed_is_what_stands_at_the_position_or_later(tracker: Fleet) -> None:
    """The position is the next offset: the message at it has not been seen."""
    _received(tracker, "aaaaaa", 20)
    _received(tracker, "bbbbbb", 21)
    tracker.advance()
    assert _addresses(tracker.missed(_at(21, 10)).changed) == ["bbbbbb"]
    assert _addresses(tracker.missed(_at(20, 10)).changed) == ["aaaaaa", "bbbbbb"]


def test_messages_without_a_state_vector_are_read_past(tracker: Fleet) -> None:
    """The position goes on, so that viewers do not wait for what never comes."""
    tracker.apply([Update(1, 33, None)])
    assert not tracker.advance()
    assert tracker.position == _at(0, 34)


@pytest.mark.parametrize(
    ("position", "can_resume"),
    [
        (_at(11, 10), True),
        (_at(10, 10), False),
        (_at(9, 99), False),
        (_at(11, 10, 0), False),
        (LogPosition("other", (11, 10)), False),
    ],
)
def test_only_what_is_known_for_certain_is_resumed(
    tracker: Fleet, position: LogPosition, *, can_resume: bool
) -> None:
    """A viewer from before our time, or of another log, begins with a snapshot."""
    assert tracker.can_resume(position) is can_resume


def test_who_was_away_when_a_removal_was_forgotten_cannot_resume(
    tracker: Fleet, clock: _Clock
) -> None:
    """Also when the log stood still meanwhile, so that its position is the newest."""
    _received(tracker, "aaaaaa", 20)
    tracker.apply([Update(1, 10, None)])
    tracker.advance()
    position = tracker.position
    clock.now = START + EXPIRY_SECONDS
    tracker.advance()
    assert tracker.can_resume(position)
    clock.now += WINDOW_SECONDS
    tracker.advance()
    assert tracker.can_resume(position)
    clock.now += 1
    tracker.advance()
    assert not tracker.can_resume(position)
    _received(tracker, "bbbbbb", 21, int(clock.now))
    tracker.advance()
    assert tracker.can_resume(tracker.position)


def test_who_is_heard_of_too_late_leaves_as_it_was_shown(tracker: Fleet, clock: _Clock) -> None:
    """It is told of once, as removed, and by what viewers have seen of it."""
    _received(tracker, "aaaaaa", 20)
    tracker.advance()
    clock.now = START + EXPIRY_SECONDS + 2
    _received(tracker, "aaaaaa", 21, START + 1)
    changes = tracker.advance()
    assert (changes.after, changes.before) == ([], [])
    assert [one.state_vector.last_contact for one in changes.removed] == [START]


def _added(tracker: Fleet, icao24: str, offset: int, last_contact: int = START) -> None:
    tracker.apply([Update(2, offset, state_vector(icao24, last_contact))])


def test_id_from_before_partitions_were_added_is_resumed(tracker: Fleet) -> None:
    """All of the added partition is missed, wherever an aircraft stood before."""
    _received(tracker, "aaaaaa", 20)
    _received(tracker, "bbbbbb", 21)
    tracker.apply([Update(1, 10, None)])
    tracker.advance()
    before = tracker.position
    tracker.add_partitions([0])
    _added(tracker, "aaaaaa", 0, START + 1)
    _added(tracker, "cccccc", 1)
    assert tracker.position == before, "the picture stands still between two turns"
    tracker.advance()
    assert tracker.position == _at(22, 11, 2)
    assert tracker.can_resume(before)
    assert _addresses(tracker.missed(before).changed) == ["aaaaaa", "cccccc"]
    assert _addresses(tracker.missed(_at(22, 11, 1)).changed) == ["cccccc"]
    assert _addresses(tracker.missed(_at(21, 11, 2)).changed) == ["bbbbbb"]


def test_message_of_before_in_the_old_partition_loses_against_the_added_one(
    tracker: Fleet,
) -> None:
    """Partitions are read side by side, so the older message may come last."""
    tracker.add_partitions([0])
    _added(tracker, "aaaaaa", 0, START + 1)
    _received(tracker, "aaaaaa", 20)
    [aircraft] = tracker.advance().after
    assert (aircraft.partition, aircraft.state_vector.last_contact) == (2, START + 1)


def test_id_of_more_partitions_than_are_known_is_not_resumed(tracker: Fleet) -> None:
    """Until this instance has taken them up as well."""
    further = _at(20, 20, 5)
    assert not tracker.can_resume(further)
    tracker.add_partitions([0])
    tracker.advance()
    assert tracker.can_resume(further)


def test_removals_from_before_partitions_were_added_are_remembered(
    tracker: Fleet, clock: _Clock
) -> None:
    """And when they are forgotten, those who were away cannot resume."""
    _received(tracker, "aaaaaa", 20)
    tracker.apply([Update(1, 10, None)])
    tracker.advance()
    before = tracker.position
    clock.now = START + EXPIRY_SECONDS
    tracker.advance()
    tracker.add_partitions([0])
    tracker.advance()
    assert tracker.can_resume(before)
    assert tracker.missed(before).removed == ["aaaaaa"]
    clock.now += WINDOW_SECONDS + 1
    tracker.advance()
    assert not tracker.can_resume(before)
    _added(tracker, "bbbbbb", 0, int(clock.now))
    tracker.advance()
    assert tracker.can_resume(tracker.position)


def test_nothing_is_resumed_while_others_may_hold_what_was_never_read(
    tracker: Fleet, clock: _Clock
) -> None:
    """Messages that were gone before they could be read; what they told of expires everywhere."""
    _received(tracker, "aaaaaa", 20)
    tracker.advance()
    tracker.add_partitions([7])
    tracker.forbid_resume()
    _added(tracker, "bbbbbb", 7)
    tracker.advance()
    for position in (_at(21, 10), _at(21, 10, 7), tracker.position, _at(99, 99, 99)):
        assert not tracker.can_resume(position)
    clock.now += EXPIRY_SECONDS + 1
    tracker.advance()
    held_then = tracker.position
    assert not tracker.can_resume(held_then)
    _added(tracker, "cccccc", 8, int(clock.now))
    tracker.advance()
    assert tracker.can_resume(tracker.position)
    assert not tracker.can_resume(_at(99, 99)), "it has nothing of the added partition"


@pytest.mark.parametrize("last_contact", [START + FUTURE_SECONDS + 1, 4_070_908_800])
def test_a_row_from_the_future_does_not_mute_its_aircraft(
    tracker: Fleet, last_contact: int
) -> None:
    """Neither one of the next hour nor one of 2099: what is heard afterwards is shown."""
    _received(tracker, "aaaaaa", 20)
    ignored = tracker.apply([Update(0, 21, state_vector("aaaaaa", last_contact))])
    assert ignored == {"future": 1}
    _received(tracker, "aaaaaa", 22, START + 10)
    tracker.advance()
    assert tracker.newest_contact == START + 10
    assert tracker.position == _at(23, 0)


def test_a_row_later_than_its_answer_is_left_out(tracker: Fleet) -> None:
    """In real answers it never is; a minute is allowed."""
    for later, count in ((AFTER_ANSWER_SECONDS, 0), (AFTER_ANSWER_SECONDS + 1, 1)):
        row = state_vector("aaaaaa", START + later)
        ignored = tracker.apply([Update(0, 20, row, poll_time=START)])
        assert ignored["after_answer"] == count
    tracker.advance()
    assert tracker.newest_contact == START + AFTER_ANSWER_SECONDS
