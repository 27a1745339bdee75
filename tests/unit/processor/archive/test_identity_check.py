"""The topic's identity is asked for again while a broker is silent, but not for ever."""

import threading
from collections.abc import Iterator
from typing import Any
from unittest.mock import create_autospec

import pytest

from processor.archive import identity_check
from processor.archive.batch import Claim
from processor.archive.identity_check import CONFIRM_SECONDS, check_held, confirm
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


def _broker(*answers: LogIdentity | ReconnectError, is_refused: bool = False) -> Any:  # noqa: ANN401 - a mock
    broker = create_autospec(Broker, instance=True, is_refused=is_refused)
    broker.identify.side_effect = answers
    return broker


def test_a_broker_that_is_silent_is_asked_again() -> None:
    broker = _broker(SILENT, SILENT, SAME)
    confirm(broker, SAME, threading.Event())
    assert broker.identify.call_count == 3


def test_another_topic_is_noticed_after_a_silence_too() -> None:
    with pytest.raises(LogLostError, match="its id was first and is second"):
        confirm(_broker(SILENT, OTHER, OTHER), SAME, threading.Event())


def test_one_answer_alone_gives_nothing_up() -> None:
    broker = _broker(OTHER, SAME)
    confirm(broker, SAME, threading.Event())
    assert broker.identify.call_count == 2


def test_a_silence_of_all_brokers_ends_in_a_new_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a minute; with answers it would go on."""
    monkeypatch.setattr(identity_check, "time", _Now(step=CONFIRM_SECONDS / 3))
    broker = _broker(*[SILENT] * 9, SAME)
    with pytest.raises(ReconnectError):
        confirm(broker, SAME, threading.Event())
    assert broker.identify.call_count == 4


def test_a_refusal_is_not_repeated() -> None:
    """The archive begins again with a client that connects less often."""
    broker = _broker(SILENT, SAME, is_refused=True)
    with pytest.raises(ReconnectError):
        confirm(broker, SAME, threading.Event())


def test_an_archive_that_ends_waits_for_no_broker() -> None:
    stopping = threading.Event()
    stopping.set()
    with pytest.raises(ReconnectError):
        confirm(_broker(SILENT, SAME), SAME, stopping)


@pytest.mark.parametrize("next_offset", [5, 7, 9])
def test_what_comes_next_is_held_from_the_oldest_offset_to_the_end(next_offset: int) -> None:
    check_held("topic", Claim(2, next_offset, 1), Watermarks(5, 9))


@pytest.mark.parametrize("next_offset", [4, 10])
def test_an_offset_that_the_log_does_not_hold_is_named(next_offset: int) -> None:
    with pytest.raises(LogLostError, match=rf"topic\[2\] holds offsets 5 to 9, but {next_offset} "):
        check_held("topic", Claim(2, next_offset, 1), Watermarks(5, 9))
