"""Which times the archive accepts, and when it doubts the clocks instead of the messages."""

from collections.abc import Sequence

import pytest
from prometheus_client import CollectorRegistry

from processor.archive.batch import Batch, Claim
from processor.archive.clock_doubt import MAX_IN_A_ROW, ClockDoubt
from processor.archive.metrics import ArchiveMetrics
from processor.archive.time_window import DAY_SECONDS, Clock, TimeWindow
from processor.errors import ClockDoubtError
from processor.message import AFTER_ANSWER_SECONDS, FUTURE_SECONDS
from telemetry.codec import encode
from testkit.messages import InventedMessage, garbage
from testkit.state_vectors import START, state_vector

IN_2099 = 4_070_908_800
IN_2004 = 1_072_915_200
RETENTION_DAYS = 30
KEPT_SECONDS = (RETENTION_DAYS + 1) * DAY_SECONDS


class _Dated(InventedMessage):
    """A message with a timestamp."""

    published_at = START

    def timestamp(self) -> tuple[int, int]:
        return 1, self.published_at * 1000


def _message(
    offset: int, last_contact: int, *, published_at: int = START, poll_time: int | None = None
) -> _Dated:
    headers = {} if poll_time is None else {"poll-time": str(poll_time).encode()}
    message = _Dated(0, offset, encode(state_vector(last_contact=last_contact)), headers)
    message.published_at = published_at
    return message


def _window(*others: Clock, now: float = START, retention_days: int = RETENTION_DAYS) -> TimeWindow:
    return TimeWindow((lambda: now, *others), retention_days=retention_days)


def _doubt(window: TimeWindow) -> ClockDoubt:
    return ClockDoubt(window, ArchiveMetrics(CollectorRegistry()))


def _batch(window: TimeWindow, messages: Sequence[InventedMessage]) -> Batch:
    batch = Batch()
    for message in messages:
        batch.add(message, Claim(0, 0, epoch=1), window.bounds())
    return batch


@pytest.mark.parametrize(
    ("last_contact", "reason"),
    [
        (START, None),
        (START + FUTURE_SECONDS, None),
        (START + FUTURE_SECONDS + 1, "future"),
        (START + 3_600, "future"),
        (IN_2099, "future"),
        (START - KEPT_SECONDS, None),
        (START - KEPT_SECONDS - 1, "past"),
        (IN_2004, "past"),
    ],
)
def test_what_lies_outside_of_the_window_is_set_aside(
    last_contact: int, reason: str | None
) -> None:
    """The dead letter has the value and the reason, and counts as a message of the batch."""
    message = _message(7, last_contact)
    batch = _batch(_window(), [message])
    [span] = batch.spans.values()
    assert (span.n_in, span.hi) == (1, 8)
    assert [letter.untimely for letter in span.dead_letters] == [reason] * (reason is not None)
    assert len(span.state_vectors) == (reason is None)
    for letter in span.dead_letters:
        assert letter.value == message.value()
        assert "last_contact" in letter.reason
        assert not letter.is_clock_doubted


def test_a_row_later_than_its_answer_is_set_aside() -> None:
    """More than a minute is too late; in real answers no row is later at all."""
    poll_time = START - 3_600
    for later, n_dead in ((AFTER_ANSWER_SECONDS, 0), (AFTER_ANSWER_SECONDS + 1, 1)):
        batch = _batch(_window(), [_message(0, poll_time + later, poll_time=poll_time)])
        assert len(batch.dead_letters()) == n_dead


def test_without_retention_nothing_is_too_old() -> None:
    """Retention would not drop it."""
    assert not _batch(_window(retention_days=0), [_message(0, IN_2004)]).dead_letters()


def test_what_waited_in_the_log_is_not_too_old() -> None:
    """Its time was right when it was published; the archive is late, or its clock is wrong."""
    old = START - 2 * KEPT_SECONDS
    assert not _batch(_window(), [_message(0, old, published_at=old)]).dead_letters()


@pytest.mark.parametrize("wrong_by", [-40 * DAY_SECONDS, -600, 600, 40 * DAY_SECONDS])
def test_one_wrong_clock_sets_nothing_aside(wrong_by: int) -> None:
    """The latest clock bounds the future, the earliest clock the past."""
    window = _window(lambda: None, lambda: START, now=START + wrong_by)
    assert not _batch(window, [_message(0, START), _message(1, START - 86_400)]).dead_letters()


def test_a_wrong_answer_is_set_aside_and_nothing_waits() -> None:
    """All rows are an hour ahead of their publication, so the data are wrong."""
    window = _window()
    doubt = _doubt(window)
    batch = _batch(window, [_message(number, START + 3_600) for number in range(12_000)])
    for letter in batch.dead_letters():
        doubt.record_untimely(letter)
    doubt.check(batch)
    assert doubt.trouble is None
    assert len(batch.dead_letters()) == 12_000


def test_a_batch_from_the_future_makes_the_clocks_doubtful() -> None:
    """Data and publication agree and all clocks here are behind, so nothing is set aside."""
    window = _window(now=START - 3_600)
    doubt = _doubt(window)
    with pytest.raises(ClockDoubtError, match="by NTP"):
        doubt.check(_batch(window, [_message(number, START) for number in range(3)]))
    assert doubt.trouble is not None
    doubt.check(_batch(_window(), [_message(number, START) for number in range(3)]))
    assert doubt.trouble is None


def test_a_few_messages_from_the_future_do_not_make_it_wait() -> None:
    """The rest of the batch shows that the clocks are right."""
    window = _window()
    wrong = [_message(number, IN_2099, published_at=IN_2099) for number in range(3)]
    right = [_message(number, START) for number in range(3, 6)]
    batch = _batch(window, [*wrong, *right])
    _doubt(window).check(batch)
    assert len(batch.dead_letters()) == 3


def test_a_stream_of_wrong_times_is_not_set_aside_for_ever() -> None:
    """After more such messages than an answer has, the archive waits, also after a restart."""
    window = _window()
    doubt = _doubt(window)
    [letter] = _batch(window, [_message(0, START + 3_600)]).dead_letters()
    for _ in range(MAX_IN_A_ROW):
        doubt.record_untimely(letter)
    for _ in range(2):
        with pytest.raises(ClockDoubtError, match="in succession"):
            doubt.record_untimely(letter)
    doubt.record_timely()
    doubt.record_untimely(letter)


def test_malformed_messages_are_judged_by_their_own_reason() -> None:
    """A malformed message has no time to judge."""
    [letter] = _batch(_window(), [garbage(0, 0)]).dead_letters()
    assert letter.untimely is None
