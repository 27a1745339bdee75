"""The topic's identity is asked for again while a broker is silent, but not for ever."""

import threading
from collections.abc import Iterator
from unittest.mock import create_autospec

import pytest

from processor.archive import identity_check
from processor.archive.batch import Claim
from processor.archive.identity_check import CONFIRM_SECONDS, IdentityCheck, check_held
from processor.errors import LogLostError, ReconnectError
from processor.kafka import Broker
from processor.message import LogIdentity, Watermarks

SAME, OTHER = (LogIdentity("cluster", "topic", topic_id, 4) for topic_id in ("first", "second"))
SILENT = ReconnectError("no answer")


class _Now:
    """A monotonic clock that moves when it is read."""

    def __init__(self, step: float) -> None:
        self._readings: Iterator[float] = (number * step for number in range(10_000))

    def monotonic(self) -> float:
        return next(self._readings)


def _check(*answers: LogIdentity | ReconnectError) -> tuple[IdentityCheck, Broker]:
    broker = create_autospec(Broker, instance=True, is_refused=False)
    broker.identify.side_effect = [SAME, *answers]
    check = IdentityCheck(broker, threading.Event())
    assert check.begin() == SAME
    return check, broker


def test_a_broker_that_is_silent_is_asked_again() -> None:
    check, broker = _check(SILENT, SILENT, SAME)
    check.confirm()
    assert broker.identify.call_count == 4  # type: ignore[attr-defined]


def test_another_topic_is_noticed_after_a_silence_too() -> None:
    check, _ = _check(SILENT, OTHER, OTHER)
    with pytest.raises(LogLostError, match="its id was first and is second"):
        check.confirm()


def test_one_answer_alone_gives_nothing_up() -> None:
    check, _ = _check(OTHER, SAME)
    check.confirm()


def test_a_silence_of_all_brokers_ends_in_a_new_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a minute; with answers it would go on."""
    monkeypatch.setattr(identity_check, "time", _Now(step=CONFIRM_SECONDS / 3))
    check, broker = _check(*[SILENT] * 9, SAME)
    with pytest.raises(ReconnectError):
        check.confirm()
    assert broker.identify.call_count == 5  # type: ignore[attr-defined]


def test_a_refusal_is_not_repeated() -> None:
    """The archive begins again with a client that connects less often."""
    check, broker = _check(SILENT, SAME)
    broker.is_refused = True  # type: ignore[misc]
    with pytest.raises(ReconnectError):
        check.confirm()


def test_an_archive_that_ends_waits_for_no_broker() -> None:
    broker = create_autospec(Broker, instance=True, is_refused=False)
    broker.identify.side_effect = [SAME, SILENT, SAME]
    stopping = threading.Event()
    check = IdentityCheck(broker, stopping)
    check.begin()
    stopping.set()
    with pytest.raises(ReconnectError):
        check.confirm()


@pytest.mark.parametrize("next_offset", [5, 7, 9])
def test_what_comes_next_is_held_from_the_oldest_offset_to_the_end(next_offset: int) -> None:
    check_held("topic", Claim(2, next_offset, 1), Watermarks(5, 9))


@pytest.mark.parametrize("next_offset", [4, 10])
def test_an_offset_that_the_log_does_not_hold_is_named(next_offset: int) -> None:
    with pytest.raises(LogLostError, match=rf"topic\[2\] holds offsets 5 to 9, but {next_offset} "):
        check_held("topic", Claim(2, next_offset, 1), Watermarks(5, 9))
