"""The parameters of a replay, and where it resumes."""

import pytest

from processor.history.errors import InvalidRequestError
from processor.replay.request import check_window, parse_replay_request, resume
from processor.stream.filter import FilterError
from processor.stream.log_position import EventId, LogPosition
from processor.stream.replay_request import ReplayEventId, ReplayRequest, parse_replay_event_id
from testkit.state_vectors import START

NOW = START + 1000


def request(**parameters: object) -> ReplayRequest:
    """Return the request of some parameters."""
    pairs = [(name.rstrip("_"), str(value)) for name, value in parameters.items()]
    parsed = parse_replay_request(pairs, NOW)
    assert parsed is not None
    return parsed


def test_usual_speeds() -> None:
    """A replay that ends in the past has the speed of the events; one up to now is not paced."""
    bounded = request(from_=START, to=START + 10)
    assert (bounded.requested_start, bounded.end, bounded.speed) == (START, START + 11, 1)
    assert request(from_=START).speed is None
    assert request(from_=START, to=START, speed=0).speed is None
    assert request(from_=START, to=START, speed="max").speed is None
    assert request(from_=START, speed=2.5).speed == 2.5
    assert request(from_="2026-09-21T14:13:20Z").requested_start == START
    assert parse_replay_request([("bbox", "1,2,3,4")], NOW) is None


@pytest.mark.parametrize(
    ("parameters", "parameter"),
    [
        ({"to": START}, "to"),
        ({"speed": 1}, "speed"),
        ({"from_": "yesterday"}, "from"),
        ({"from_": "2026-09-21T14:13:20"}, "from"),
        ({"from_": "nan"}, "from"),
        ({"from_": NOW + 61}, "from"),
        ({"from_": START, "to": START - 1}, "to"),
        ({"from_": START, "to": NOW + 61}, "to"),
        ({"from_": START, "speed": 0.5}, "speed"),
        ({"from_": START, "speed": 601}, "speed"),
        ({"from_": START, "speed": "nan"}, "speed"),
        ({"from_": START, "speed": ""}, "speed"),
    ],
)
def test_parameters_that_cannot_be_used(parameters: dict[str, object], parameter: str) -> None:
    """The error names the parameter."""
    with pytest.raises(FilterError) as raised:
        request(**parameters)
    assert raised.value.parameter == parameter


def test_a_clock_that_is_ahead_a_little_asks_for_now() -> None:
    """Whole seconds of two clocks differ although the clocks agree to some milliseconds."""
    assert request(from_=START, to=NOW + 1).end == NOW + 1
    assert request(from_=NOW + 60).start == NOW
    late = parse_replay_request([("from", str(NOW)), ("to", str(NOW + 1))], NOW + 0.999)
    assert late is not None
    assert (late.start, late.end) == (NOW, NOW + 1)


def test_a_parameter_given_twice() -> None:
    """It is refused, because it is unclear which one counts."""
    with pytest.raises(FilterError, match="twice"):
        parse_replay_request([("from", "1790000000"), ("from", "1790000000")], NOW)


def test_longest_range() -> None:
    """The limit counts from the second at which a replay resumes."""
    check_window(request(from_=START - 86_400, to=START - 1), 1, NOW)
    with pytest.raises(InvalidRequestError, match="max_window_days"):
        check_window(request(from_=START - 86_400, to=START), 1, NOW)
    with pytest.raises(InvalidRequestError):
        check_window(request(from_=START - 86_400), 1, NOW)


BOUNDED = request(from_=START, to=START + 99)
OPEN = request(from_=START)


LIVE_ID = str(EventId(LogPosition("2v01agjr", (7,)), "tag"))


def _id(second: int, tag: str = "", *, is_complete: bool = True) -> str:
    return str(ReplayEventId(second, tag, is_complete))


@pytest.mark.parametrize(
    ("asked", "last_event_id", "start", "opening"),
    [
        (BOUNDED, "", START, "snapshot"),
        (BOUNDED, _id(START + 50, "tag"), START + 50, "nothing"),
        (BOUNDED, _id(START + 50), START + 50, "reset"),
        (BOUNDED, _id(START - 50, "tag"), START, "reset"),
        (BOUNDED, _id(START + 500, "tag"), START, "reset"),
        (BOUNDED, LIVE_ID, START, "reset"),
        (BOUNDED, "garbage", START, "reset"),
        (OPEN, _id(START + 500, "tag"), START + 500, "nothing"),
        (OPEN, _id(START + 500, "tag", is_complete=False), START + 500, "reset"),
    ],
)
def test_where_it_resumes(
    asked: ReplayRequest, last_event_id: str, start: int, opening: str
) -> None:
    """It resumes at the last id if nothing can be missing; otherwise it begins with a reset."""
    resumed = resume(asked, last_event_id, "tag")
    assert resumed is not None
    assert (resumed.start, resumed.opening) == (start, opening)
    assert not resumed.is_over


def test_requests_that_are_over() -> None:
    """The client has received the end of the replay, or an event of the live stream."""
    ended = resume(BOUNDED, _id(START + 100, "tag"), "tag")
    assert ended is not None
    assert ended.is_over
    assert resume(OPEN, LIVE_ID, "tag") is None


@pytest.mark.parametrize(
    ("event_id", "text"),
    [
        (ReplayEventId(START), "replay.tlpwu8"),
        (ReplayEventId(START, "0123abcd"), "replay.tlpwu8.0123abcd"),
        (ReplayEventId(START, is_complete=False), "nearly.tlpwu8"),
    ],
)
def test_event_ids(event_id: ReplayEventId, text: str) -> None:
    """They are written as they always were, and read back."""
    assert str(event_id) == text
    assert parse_replay_event_id(text) == event_id


@pytest.mark.parametrize("text", ["", LIVE_ID, "replay", "replay.", "replay.-1", "Replay.1"])
def test_other_event_ids(text: str) -> None:
    assert parse_replay_event_id(text) is None
