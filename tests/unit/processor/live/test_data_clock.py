"""The clock of the live state follows the data, whatever the host's clock does."""

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
        """Observe an answer that OpenSky has just sent."""
        data_time = int(self.true_time - behind)
        published_at = int(self.true_time + published_ahead)
        self.clock.observe([Evidence(data_time, published_at, data_time)], is_fresh=is_fresh)

    def read_back(self, *, age: float) -> None:
        """Observe an older message, before the log was read to its end."""
        data_time = int(self.true_time - age)
        self.clock.observe([Evidence(data_time, data_time, data_time)], is_fresh=False)

    @property
    def error(self) -> float:
        """Seconds that the clock is ahead of the true time."""
        return self.clock() - self.true_time


def test_without_data_it_is_the_hosts_time() -> None:
    """Nothing else is known, and no offset is reported."""
    machine = _Machine(ahead=400)
    assert machine.error == 400
    assert machine.clock.offset_seconds is None


@pytest.mark.parametrize("ahead", [-600, -400, 0, 400, 600, 86_400])
def test_a_wrong_host_clock_has_no_effect(ahead: float) -> None:
    """However wrong the host's clock is at the start, the data count after three answers."""
    machine = _Machine(ahead=ahead)
    for _ in range(ANSWERS_TO_CONVINCE):
        machine.receive()
        machine.passed += 10
    assert abs(machine.error) <= 10 * ANSWERS_TO_CONVINCE
    machine.receive()
    assert machine.error == 0
    assert machine.clock.offset_seconds == ahead


@pytest.mark.parametrize("step", [-600, 600])
def test_a_step_of_the_host_clock_has_no_effect(step: float) -> None:
    """Neither at once nor with later answers; the offset is reported at once."""
    machine = _Machine()
    machine.receive()
    machine.ahead = step
    assert (machine.error, machine.clock.offset_seconds) == (0, step)
    for _ in range(100):
        machine.passed += 10
        machine.receive()
        assert machine.error == 0


def test_answers_that_are_late_are_the_time() -> None:
    """Data that are 400 s late are the freshest there are."""
    machine = _Machine()
    for _ in range(5):
        machine.receive(behind=400)
        machine.passed += 10
    assert machine.error == -400
    assert machine.clock.offset_seconds == 400


def test_silence_makes_the_data_old() -> None:
    """While the collector is silent, the monotonic clock advances."""
    machine = _Machine()
    machine.receive()
    machine.passed += 3_600
    assert machine.error == 0


def test_a_log_that_ended_an_hour_ago_is_an_hour_old() -> None:
    """After a restart without a collector, expired aircraft stay expired."""
    machine = _Machine()
    for age in (3_620, 3_610, 3_600):
        machine.read_back(age=age)
    assert machine.error == 0


def test_the_first_fresh_answer_corrects_ages_by_a_wrong_host_clock() -> None:
    """Older messages seem ten minutes too old; a fresh one cannot be old."""
    machine = _Machine(ahead=600)
    machine.read_back(age=5)
    assert machine.error == 600
    machine.passed += 10
    machine.receive()
    assert machine.error == 0
    machine.read_back(age=5)
    assert machine.error == 0


def test_a_fresh_message_with_old_data_does_not_set_it_back() -> None:
    """Only its publication is recent; without a poll time its aircraft may have been silent."""
    machine = _Machine()
    machine.read_back(age=5)
    machine.receive(behind=3_600)
    assert machine.error == 0


def test_a_late_host_clock_does_not_hide_older_messages() -> None:
    """Answers in the host's future agree with each other and with their publication."""
    machine = _Machine(ahead=-600)
    for age in range(600, -1, -10):
        machine.read_back(age=age)
    assert machine.error == 0


def test_one_answer_from_the_future_has_no_effect() -> None:
    """Neither with a contradicting nor with a matching publication, however many rows it has."""
    machine = _Machine()
    machine.receive()
    for published_ahead in (0, 3_600):
        for _ in range(12_000):
            machine.receive(behind=-3_600, published_ahead=published_ahead)
        assert machine.error == 0


def test_answers_that_their_publication_contradicts_never_count() -> None:
    """Even if all answers of OpenSky are an hour ahead, the publisher's clock disproves them."""
    machine = _Machine()
    for _ in range(20):
        machine.receive(behind=-3_600)
        machine.passed += 10
    assert machine.error == 0


def test_a_message_published_in_1970_has_no_effect() -> None:
    """Its timestamp would make the message decades old."""
    machine = _Machine()
    machine.clock.observe([Evidence(START, 1, START)], is_fresh=False)
    assert machine.error == 0


def test_answers_of_a_back_fill_do_not_set_it_back() -> None:
    """They are an hour old and arrive between recent ones."""
    machine = _Machine()
    for _ in range(200):
        machine.receive()
        machine.passed += 5
        machine.receive(behind=3_600)
        machine.passed += 5
        assert machine.error == 0


def test_an_error_towards_the_future_is_forgotten() -> None:
    """Within the tolerance it is believed for five to ten minutes."""
    machine = _Machine()
    machine.receive(behind=-20)
    assert machine.error == 20
    for _ in range(2 * REVIEW_SECONDS // 10 + 1):
        machine.passed += 10
        machine.receive()
    assert machine.error == 0


def test_after_a_suspend_the_first_answer_corrects_it() -> None:
    """The monotonic clock stops while a machine is suspended, the host's clock does not."""
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
def test_no_sequence_of_steps_has_an_effect(steps: list[tuple[int, int]], behind: int) -> None:
    """The host's clock is set to anything, with answers in between or without."""
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
def test_single_wrong_answers_have_no_effect(times: list[int]) -> None:
    """Each comes between two right ones, with a publication that matches it."""
    machine = _Machine()
    machine.receive()
    for time in times:
        wrong = time if abs(time - machine.true_time) > AGREEMENT_SECONDS else 0
        machine.clock.observe([Evidence(wrong, wrong, wrong)], is_fresh=True)
        assert machine.error == 0
        machine.passed += 10
        machine.receive()
        assert machine.error == 0
