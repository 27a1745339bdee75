"""What a replay is asked for, and where it goes on."""

import pytest

from processor.history.errors import InvalidRequestError
from processor.replay.request import ReplayRequest, check_window, parse_question, resume
from processor.stream.filter import FilterError
from processor.stream.log_position import EventId, LogPosition
from testkit.state_vectors import START

NOW = START + 1000


def request(**parameters: object) -> ReplayRequest:
    """Return a question."""
    pairs = [(name.rstrip("_"), str(value)) for name, value in parameters.items()]
    question = parse_question(pairs, NOW)
    assert question is not None
    return question


def test_usual_speeds() -> None:
    """As it was, or as fast as it can be where it is to come to now."""
    question = request(from_=START, to=START + 10)
    assert (question.since, question.until, question.speed) == (START, START + 11, 1)
    assert request(from_=START).speed is None
    assert request(from_=START, to=START, speed=0).speed is None
    assert request(from_=START, to=START, speed="max").speed is None
    assert request(from_=START, speed=2.5).speed == 2.5
    assert request(from_="2026-09-21T14:13:20Z").since == START
    assert parse_question([("bbox", "1,2,3,4")], NOW) is None


@pytest.mark.parametrize(
    ("parameters", "parameter"),
    [
        ({"to": START}, "to"),
        ({"speed": 1}, "speed"),
        ({"from_": "yesterday"}, "from"),
        ({"from_": "2026-09-21T14:13:20"}, "from"),
        ({"from_": "nan"}, "from"),
        ({"from_": NOW + 1}, "from"),
        ({"from_": START, "to": START - 1}, "to"),
        ({"from_": START, "to": NOW + 5}, "to"),
        ({"from_": START, "speed": 0.5}, "speed"),
        ({"from_": START, "speed": 601}, "speed"),
        ({"from_": START, "speed": "nan"}, "speed"),
        ({"from_": START, "speed": ""}, "speed"),
    ],
)
def test_what_cannot_be_asked(parameters: dict[str, object], parameter: str) -> None:
    """The parameter at fault is named."""
    with pytest.raises(FilterError) as raised:
        request(**parameters)
    assert raised.value.parameter == parameter


def test_a_parameter_given_twice() -> None:
    """Which of both would count?"""
    with pytest.raises(FilterError, match="twice"):
        parse_question([("from", "1790000000"), ("from", "1790000000")], NOW)


def test_how_long() -> None:
    """At the most as long as allowed, from where it goes on."""
    check_window(request(from_=START - 86_400, to=START - 1), 1, NOW)
    with pytest.raises(InvalidRequestError, match="max_window_days"):
        check_window(request(from_=START - 86_400, to=START), 1, NOW)
    with pytest.raises(InvalidRequestError):
        check_window(request(from_=START - 86_400), 1, NOW)


BOUNDED = request(from_=START, to=START + 99)
OPEN = request(from_=START)


def _id(epoch: str, second: int, tag: str = "") -> str:
    return str(EventId(LogPosition(epoch, (second,)), tag))


@pytest.mark.parametrize(
    ("question", "last_event_id", "start", "opening"),
    [
        (BOUNDED, "", START, "snapshot"),
        (BOUNDED, _id("replay", START + 50, "tag"), START + 50, "nothing"),
        (BOUNDED, _id("replay", START + 50), START + 50, "reset"),
        (BOUNDED, _id("replay", START - 50, "tag"), START, "reset"),
        (BOUNDED, _id("replay", START + 500, "tag"), START, "reset"),
        (BOUNDED, _id("2v01agjr", 7, "tag"), START, "reset"),
        (BOUNDED, "garbage", START, "reset"),
        (OPEN, _id("replay", START + 500, "tag"), START + 500, "nothing"),
        (OPEN, _id("nearly", START + 500, "tag"), START + 500, "reset"),
    ],
)
def test_where_it_goes_on(
    question: ReplayRequest, last_event_id: str, start: int, opening: str
) -> None:
    """From the last id where that is certain; else it is said that it is not."""
    resumed = resume(question, last_event_id, "tag")
    assert resumed is not None
    assert (resumed.start, resumed.opening) == (start, opening)
    assert not resumed.is_over


def test_what_is_over() -> None:
    """The end of a replay has been seen, or the living picture."""
    ended = resume(BOUNDED, _id("replay", START + 100, "tag"), "tag")
    assert ended is not None
    assert ended.is_over
    assert resume(OPEN, _id("2v01agjr", 7, "tag"), "tag") is None
