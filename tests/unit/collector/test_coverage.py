"""Covered, missing or on its way: what the delivery reports say about each moment."""

from collector.coverage import Coverage, Gap, PolledMoment
from collector.published import Published
from tests.unit.collector.conftest import NOW, state_vector

INTERVAL = 10.0


class Polls:
    """Answers of one source, one aircraft each, and Kafka's reports on them."""

    def __init__(self, until: int | None = NOW) -> None:
        self.coverage = Coverage(until)
        self.moments: dict[int, PolledMoment] = {}

    def at(self, second: int, *, is_empty: bool = False) -> list[Gap]:
        new = [] if is_empty else [state_vector(last_contact=NOW + second)]
        moment = PolledMoment(NOW + second, Published(), new, outstanding=len(new))
        self.moments[second] = moment
        self.coverage.begin(moment, INTERVAL)
        return self.coverage.take_gaps(INTERVAL)

    def report(self, *seconds: int, is_delivered: bool = True) -> None:
        for second in seconds:
            self.moments[second].settle(1, is_delivered=is_delivered)


def spans(gaps: list[Gap]) -> list[tuple[int, int]]:
    return [(gap.after - NOW, gap.until - NOW) for gap in gaps]


def test_what_opensky_did_not_send_is_a_gap_at_once() -> None:
    """Although the newest answer is still on its way to Kafka; and only once."""
    polls = Polls()
    assert spans(polls.at(300)) == [(0, 300)]
    polls.report(300)
    assert polls.at(310) == []


def test_outstanding_reports_are_neither_covered_nor_missing() -> None:
    polls = Polls()
    assert [gap for second in range(10, 200, 10) for gap in polls.at(second)] == []
    assert polls.coverage.until == NOW
    polls.report(*range(10, 200, 10))
    assert polls.at(200) == []
    assert polls.coverage.until == NOW + 190


def test_failed_moments_are_a_gap_between_their_neighbours() -> None:
    """However few they are, and measured against what was published before them."""
    polls = Polls()
    for second in (10, 20, 30, 40, 50):
        polls.at(second)
    polls.report(10, 40, 50)
    polls.report(20, 30, is_delivered=False)
    (gap,) = polls.at(60)
    assert (gap.after, gap.until, gap.failed_time) == (NOW + 10, NOW + 40, NOW + 20)
    assert gap.before is polls.moments[20].before
    assert [each.last_contact - NOW for each in gap.published_since] == [40, 50, 60]


def test_the_end_of_a_gap_that_fails_itself_is_a_gap_of_its_own() -> None:
    """Without what was planned already."""
    polls = Polls()
    assert spans(polls.at(300)) == [(0, 300)]
    polls.report(300, is_delivered=False)
    (gap,) = polls.at(310)
    assert (gap.after, gap.until, gap.failed_time) == (NOW + 290, NOW + 310, NOW + 300)


def test_a_gap_of_opensky_behind_an_outstanding_answer_waits_for_it() -> None:
    polls = Polls()
    polls.at(10)
    assert polls.at(300) == []
    polls.report(10)
    assert polls.at(310) == []
    polls.report(300, 310)
    assert spans(polls.at(320)) == [(10, 300)]


def test_an_answer_with_nothing_new_is_covered() -> None:
    polls = Polls()
    for second in (10, 20, 30):
        polls.at(second, is_empty=True)
    assert polls.coverage.until == NOW + 20


def test_the_first_answer_ever_has_nothing_before_it() -> None:
    """An answer is missing itself if Kafka does not take it."""
    polls = Polls(until=None)
    assert polls.at(1_000) == []
    polls.report(1_000, is_delivered=False)
    assert spans(polls.at(1_010)) == [(990, 1_010)]
