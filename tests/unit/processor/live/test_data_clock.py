"""The clock of the live state: it follows the data, whatever the host's clock does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.live.data_clock import (
    AGREEMENT_SECONDS,
    ANSWERS_TO_CONVINCE,
    REVIEW_SECONDS,
    DataClock,
    Evidence,
)
from testkit.state_vectors import START


class _Machine:
    """A host whose wall clock can be set while its monotonic clock goes on."""

    def __init__(self, *, ahead: float = 0) -> None:
        self.ahead = ahead
        self.passed = 0.0
        self.clock = DataClock(host=lambda: self.true_time + self.ahead, monotonic=self.monotonic)

    @property
    def true_time(self) -> float:
        return START + self.passed

    def monotonic(self) -> float:
        return 5_000 + self.passed

    def receive(
        self, *, behind: float = 0, published_ahead: float = 0, is_fresh: bool = True
    ) -> None:
        """Read an answer that left OpenSky just now."""
        data_time = int(self.true_time - behind)
        published_at = int(self.true_time + published_ahead)
        self.clock.observe([Evidence(data_time, published_at, data_time)], is_fresh=is_fresh)

    def read_back(self, *, age: float) -> None:
        """Read what was published some time ago, before the end of the log was reached."""
        data_time = int(self.true_time - age)
        self.clock.observe([Evidence(data_time, data_time, data_time)], is_fresh=False)

    @property
    def error(self) -> float:
        """How far the clock is ahead of the truth."""
        return self.clock() - self.true_time


def test_without_data_it_is_the_hosts_time() -> None:
    """Nothing else is known, and no difference is claimed."""
    machine = _Machine(ahead=400)
    assert machine.error == 400
    assert machine.clock.offset_seconds is None


@pytest.mark.parametrize("ahead", [-600, -400, 0, 400, 600, 86_400])
def test_a_wrong_host_does_not_move_it(ahead: float) -> None:
    """However wrong the host's clock is when it starts: three answers later the data's counts."""
    machine = _Machine(ahead=ahead)
    for _ in range(ANSWERS_TO_CONVINCE):
        machine.receive()
        machine.passed += 10
    assert abs(machine.error) <= 10 * ANSWERS_TO_CONVINCE
    machine.receive()
    assert machine.error == 0
    assert machine.clock.offset_seconds == ahead


@pytest.mark.parametrize("step", [-600, 600])
def test_a_step_of_the_hosts_clock_changes_nothing(step: float) -> None:
    """Neither at once, nor with the answers that follow; the difference is known at once."""
    machine = _Machine()
    machine.receive()
    machine.ahead = step
    assert (machine.error, machine.clock.offset_seconds) == (0, step)
    for _ in range(100):
        machine.passed += 10
        machine.receive()
        assert machine.error == 0


def test_answers_that_lag_behind_the_host_are_the_time() -> None:
    """400 s behind: the data are as fresh as they can be."""
    machine = _Machine()
    for _ in range(5):
        machine.receive(behind=400)
        machine.passed += 10
    assert machine.error == -400
    assert machine.clock.offset_seconds == 400


def test_silence_makes_the_data_old() -> None:
    """The collector is away: the monotonic clock goes on."""
    machine = _Machine()
    machine.receive()
    machine.passed += 3_600
    assert machine.error == 0


def test_a_log_that_ended_an_hour_ago_is_an_hour_old() -> None:
    """After a restart with the collector down nothing comes back to life."""
    machine = _Machine()
    for age in (3_620, 3_610, 3_600):
        machine.read_back(age=age)
    assert machine.error == 0


def test_the_age_by_a_wrong_host_is_corrected_by_the_first_fresh_answer() -> None:
    """What was read back seems ten minutes old; what comes now cannot be."""
    machine = _Machine(ahead=600)
    machine.read_back(age=5)
    assert machine.error == 600
    machine.passed += 10
    machine.receive()
    assert machine.error == 0
    machine.read_back(age=5)
    assert machine.error == 0


def test_an_old_message_that_comes_fresh_does_not_turn_it_back() -> None:
    """Only its publication is of now; an aircraft without a poll time may have been silent long."""
    machine = _Machine()
    machine.read_back(age=5)
    machine.receive(behind=3_600)
    assert machine.error == 0


def test_a_host_that_is_behind_does_not_hide_what_is_read_back() -> None:
    """Answers that lie in the host's future agree with each other and with their publication."""
    machine = _Machine(ahead=-600)
    for age in range(600, -1, -10):
        machine.read_back(age=age)
    assert machine.error == 0


def test_one_answer_from_the_future_does_not_move_it() -> None:
    """Whether its publication contradicts it or was invented with it, and however many rows."""
    machine = _Machine()
    machine.receive()
    for published_ahead in (0, 3_600):
        for _ in range(12_000):
            machine.receive(behind=-3_600, published_ahead=published_ahead)
        assert machine.error == 0


def test_answers_that_their_publication_contradicts_never_count() -> None:
    """The publisher's clock is a witness: all of OpenSky's answers an hour ahead change nothing."""
    machine = _Machine()
    for _ in range(20):
        machine.receive(behind=-3_600)
        machine.passed += 10
    assert machine.error == 0


def test_a_message_of_1970_says_nothing_of_the_time() -> None:
    """A timestamp that is far too old would make the message far too old."""
    machine = _Machine()
    machine.clock.observe([Evidence(START, 1, START)], is_fresh=False)
    assert machine.error == 0


def test_answers_of_a_back_fill_do_not_turn_it_back() -> None:
    """They come between those of now, an hour old."""
    machine = _Machine()
    for _ in range(200):
        machine.receive()
        machine.passed += 5
        machine.receive(behind=3_600)
        machine.passed += 5
        assert machine.error == 0


def test_an_error_towards_the_future_is_forgotten() -> None:
    """Within the agreement it is believed, for five to ten minutes."""
    machine = _Machine()
    machine.receive(behind=-20)
    assert machine.error == 20
    for _ in range(2 * REVIEW_SECONDS // 10 + 1):
        machine.passed += 10
        machine.receive()
    assert machine.error == 0


def test_a_machine_that_slept_is_right_with_the_first_answer() -> None:
    """Its monotonic clock stood still meanwhile, its host's clock did not."""
    machine = _Machine()
    machine.receive()
    slept = 3_600
    data_time = int(machine.true_time + slept)
    machine.ahead = slept
    machine.clock.observe([Evidence(data_time, data_time, data_time)], is_fresh=True)
    assert machine.error == slept


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(-86_400, 86_400)), max_size=40),
    st.integers(0, 7_200),
)
def test_no_sequence_of_steps_moves_it(steps: list[tuple[int, int]], behind: int) -> None:
    """With answers in between, or in silence, however the host's clock is set."""
    stepped, steady = _Machine(), _Machine()
    for machine in (stepped, steady):
        machine.receive(behind=behind)
    for seconds, ahead in steps:
        stepped.ahead = ahead
        for machine in (stepped, steady):
            machine.passed += seconds
            machine.receive(behind=behind)
        assert stepped.error == steady.error == -behind


@given(st.lists(st.integers(0, 4_102_444_799), max_size=20))
def test_single_wild_answers_do_not_move_it(times: list[int]) -> None:
    """Each between two right ones, with a publication that was invented to match."""
    machine = _Machine()
    machine.receive()
    for time in times:
        wild = time if abs(time - machine.true_time) > AGREEMENT_SECONDS else 0
        machine.clock.observe([Evidence(wild, wild, wild)], is_fresh=True)
        assert machine.error == 0
        machine.passed += 10
        machine.receive()
        assert machine.error == 0
