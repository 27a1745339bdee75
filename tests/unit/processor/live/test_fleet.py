"""The fleet, case by case; arbitrary sequences are in tests/property/test_stream.py."""

from collections.abc import Sequence

import pytest

from processor.live.fleet import Fleet, Update
from processor.message import AFTER_ANSWER_SECONDS, FUTURE_SECONDS
from processor.stream.aircraft import Aircraft
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
def fleet(clock: _Clock) -> Fleet:
    return Fleet(
        start=_at(0, 0),
        resumable_after=_at(10, 10),
        expiry_seconds=EXPIRY_SECONDS,
        resume_window_seconds=WINDOW_SECONDS,
        clock=clock,
    )


def _at(*offsets: int) -> LogPosition:
    return LogPosition("epoch", offsets)


def _receive(fleet: Fleet, icao24: str, offset: int, last_contact: int = START) -> None:
    fleet.apply([Update(0, offset, state_vector(icao24, last_contact))])


def _addresses(aircraft: Sequence[Aircraft]) -> list[str]:
    return [one.icao24 for one in aircraft]


def test_an_aircraft_changes_once_in_a_tick(fleet: Fleet) -> None:
    """Only its newest state counts, and the next tick has no changes."""
    _receive(fleet, "aaaaaa", 20)
    _receive(fleet, "aaaaaa", 21, START + 1)
    changes = fleet.advance()
    assert [one.state_vector.last_contact for one in changes.after] == [START + 1]
    assert not fleet.advance()


def test_the_fleet_is_constant_between_ticks(fleet: Fleet) -> None:
    """Aircraft and position stay the same until `advance`."""
    _receive(fleet, "aaaaaa", 20)
    fleet.advance()
    position = fleet.position
    _receive(fleet, "aaaaaa", 21, START + 1)
    _receive(fleet, "bbbbbb", 22)
    assert (_addresses(fleet.aircraft), fleet.position) == (["aaaaaa"], position)
    changes = fleet.advance()
    assert [one.state_vector.last_contact for one in changes.before] == [START]
    assert _addresses(fleet.aircraft) == ["aaaaaa", "bbbbbb"]


def test_a_silent_aircraft_is_removed(fleet: Fleet, clock: _Clock) -> None:
    """It is removed after the expiry, and not a second earlier."""
    _receive(fleet, "aaaaaa", 20)
    clock.now = START + EXPIRY_SECONDS - 1
    fleet.advance()
    assert len(fleet) == 1
    clock.now = START + EXPIRY_SECONDS
    assert _addresses(fleet.advance().removed) == ["aaaaaa"]
    assert len(fleet) == 0


def test_an_aircraft_read_too_late_is_removed_for_others(fleet: Fleet, clock: _Clock) -> None:
    """An instance that read faster has shown it, and its subscribers may resume here."""
    fleet.advance()
    _receive(fleet, "aaaaaa", 20)
    clock.now = START + EXPIRY_SECONDS
    assert _addresses(fleet.advance().after) == []
    assert fleet.missed(_at(21, 10)).removed == ["aaaaaa"]


def test_an_aircraft_that_returns_is_not_removed_afterwards(fleet: Fleet, clock: _Clock) -> None:
    """It is not removed at the tick of its return, nor for subscribers that resume later."""
    _receive(fleet, "aaaaaa", 20)
    clock.now = START + EXPIRY_SECONDS
    fleet.advance()
    _receive(fleet, "aaaaaa", 21, int(clock.now))
    assert fleet.advance().removed == []
    missed = fleet.missed(_at(21, 10))
    assert (_addresses(missed.changed), missed.removed) == (["aaaaaa"], [])


def test_messages_at_the_position_or_later_are_missed(fleet: Fleet) -> None:
    """The position holds next offsets: the message at such an offset was not read."""
    _receive(fleet, "aaaaaa", 20)
    _receive(fleet, "bbbbbb", 21)
    fleet.advance()
    assert _addresses(fleet.missed(_at(21, 10)).changed) == ["bbbbbb"]
    assert _addresses(fleet.missed(_at(20, 10)).changed) == ["aaaaaa", "bbbbbb"]


def test_messages_without_a_state_vector_advance_the_position(fleet: Fleet) -> None:
    """Otherwise subscribers of other instances would wait for it in vain."""
    fleet.apply([Update(1, 33, None)])
    assert not fleet.advance()
    assert fleet.position == _at(0, 34)


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
def test_only_certain_positions_are_resumed(
    fleet: Fleet, position: LogPosition, *, can_resume: bool
) -> None:
    """Positions before the read log, and of another log, begin with a snapshot."""
    assert fleet.can_resume(position) is can_resume


def test_a_position_before_a_forgotten_removal_cannot_resume(fleet: Fleet, clock: _Clock) -> None:
    """Not even if nothing was read meanwhile, so that the position is the newest."""
    _receive(fleet, "aaaaaa", 20)
    fleet.apply([Update(1, 10, None)])
    fleet.advance()
    position = fleet.position
    clock.now = START + EXPIRY_SECONDS
    fleet.advance()
    assert fleet.can_resume(position)
    clock.now += WINDOW_SECONDS
    fleet.advance()
    assert fleet.can_resume(position)
    clock.now += 1
    fleet.advance()
    assert not fleet.can_resume(position)
    _receive(fleet, "bbbbbb", 21, int(clock.now))
    fleet.advance()
    assert fleet.can_resume(fleet.position)


def test_an_aircraft_read_too_late_is_removed_as_it_was_shown(fleet: Fleet, clock: _Clock) -> None:
    """It is removed once, in the state that subscribers have."""
    _receive(fleet, "aaaaaa", 20)
    fleet.advance()
    clock.now = START + EXPIRY_SECONDS + 2
    _receive(fleet, "aaaaaa", 21, START + 1)
    changes = fleet.advance()
    assert (changes.after, changes.before) == ([], [])
    assert [one.state_vector.last_contact for one in changes.removed] == [START]


def _receive_added(fleet: Fleet, icao24: str, offset: int, last_contact: int = START) -> None:
    fleet.apply([Update(2, offset, state_vector(icao24, last_contact))])


def test_position_from_before_partitions_were_added_is_resumed(fleet: Fleet) -> None:
    """Everything in the added partition is missed, wherever an aircraft stood before."""
    _receive(fleet, "aaaaaa", 20)
    _receive(fleet, "bbbbbb", 21)
    fleet.apply([Update(1, 10, None)])
    fleet.advance()
    before = fleet.position
    fleet.add_partitions([0])
    _receive_added(fleet, "aaaaaa", 0, START + 1)
    _receive_added(fleet, "cccccc", 1)
    assert fleet.position == before, "the position is constant between ticks"
    fleet.advance()
    assert fleet.position == _at(22, 11, 2)
    assert fleet.can_resume(before)
    assert _addresses(fleet.missed(before).changed) == ["aaaaaa", "cccccc"]
    assert _addresses(fleet.missed(_at(22, 11, 1)).changed) == ["cccccc"]
    assert _addresses(fleet.missed(_at(21, 11, 2)).changed) == ["bbbbbb"]


def test_older_message_in_the_old_partition_changes_nothing(
    fleet: Fleet,
) -> None:
    """Partitions are read side by side, so the older message may be read last."""
    fleet.add_partitions([0])
    _receive_added(fleet, "aaaaaa", 0, START + 1)
    _receive(fleet, "aaaaaa", 20)
    [aircraft] = fleet.advance().after
    assert (aircraft.partition, aircraft.state_vector.last_contact) == (2, START + 1)


def test_position_of_more_partitions_than_are_known_is_not_resumed(fleet: Fleet) -> None:
    """It can be resumed once this instance follows those partitions too."""
    further = _at(20, 20, 5)
    assert not fleet.can_resume(further)
    fleet.add_partitions([0])
    fleet.advance()
    assert fleet.can_resume(further)


def test_removals_from_before_partitions_were_added_are_remembered(
    fleet: Fleet, clock: _Clock
) -> None:
    """When they are forgotten, a position from before cannot be resumed."""
    _receive(fleet, "aaaaaa", 20)
    fleet.apply([Update(1, 10, None)])
    fleet.advance()
    before = fleet.position
    clock.now = START + EXPIRY_SECONDS
    fleet.advance()
    fleet.add_partitions([0])
    fleet.advance()
    assert fleet.can_resume(before)
    assert fleet.missed(before).removed == ["aaaaaa"]
    clock.now += WINDOW_SECONDS + 1
    fleet.advance()
    assert not fleet.can_resume(before)
    _receive_added(fleet, "bbbbbb", 0, int(clock.now))
    fleet.advance()
    assert fleet.can_resume(fleet.position)


def test_nothing_is_resumed_while_other_instances_may_know_more(
    fleet: Fleet, clock: _Clock
) -> None:
    """They may have read messages that were gone here; their aircraft expire everywhere."""
    _receive(fleet, "aaaaaa", 20)
    fleet.advance()
    fleet.add_partitions([7])
    fleet.forbid_resume()
    _receive_added(fleet, "bbbbbb", 7)
    fleet.advance()
    for position in (_at(21, 10), _at(21, 10, 7), fleet.position, _at(99, 99, 99)):
        assert not fleet.can_resume(position)
    clock.now += EXPIRY_SECONDS + 1
    fleet.advance()
    held_before = fleet.position
    assert not fleet.can_resume(held_before)
    _receive_added(fleet, "cccccc", 8, int(clock.now))
    fleet.advance()
    assert fleet.can_resume(fleet.position)
    assert not fleet.can_resume(_at(99, 99)), "it lacks the added partition"


@pytest.mark.parametrize("last_contact", [START + FUTURE_SECONDS + 1, 4_070_908_800])
def test_a_state_vector_from_the_future_does_not_hide_its_aircraft(
    fleet: Fleet, last_contact: int
) -> None:
    """It is ignored, so the next message of the aircraft is shown."""
    _receive(fleet, "aaaaaa", 20)
    ignored = fleet.apply([Update(0, 21, state_vector("aaaaaa", last_contact))])
    assert ignored == {"future": 1}
    _receive(fleet, "aaaaaa", 22, START + 10)
    fleet.advance()
    assert fleet.newest_contact == START + 10
    assert fleet.position == _at(23, 0)


def test_a_state_vector_later_than_its_answer_is_ignored(fleet: Fleet) -> None:
    """Real answers hold no such rows; a minute is allowed."""
    for later, count in ((AFTER_ANSWER_SECONDS, 0), (AFTER_ANSWER_SECONDS + 1, 1)):
        row = state_vector("aaaaaa", START + later)
        ignored = fleet.apply([Update(0, 20, row, poll_time=START)])
        assert ignored["after_answer"] == count
    fleet.advance()
    assert fleet.newest_contact == START + AFTER_ANSWER_SECONDS
