"""The reader waits for the event loop; it never leaves out what it has read."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import cast

from configuration.shared_sections import KafkaSettings
from processor.answers import AnswerPart
from processor.live.decoding import Delivery
from processor.live.fleet import Update
from processor.live.reader import MAX_DELIVERIES_AHEAD, LiveReader, UpdateReceiver
from processor.settings import LiveSettings
from testkit.waiting import wait_until

BUSY_SECONDS = 1.2
"""Longer than the reader waits before it looks whether it is to stop."""


class _Loop:
    """An event loop that runs what is due when asked to."""

    def __init__(self) -> None:
        self._due: deque[Callable[[], None]] = deque()

    def call_soon_threadsafe(self, function: Callable[[], None]) -> None:
        self._due.append(function)

    def run_due(self) -> None:
        while self._due:
            self._due.popleft()()


class _Receiver:
    def __init__(self) -> None:
        self.received: list[object] = []

    def receive(
        self, updates: list[Update], parts: Sequence[AnswerPart], traceparents: Iterable[bytes]
    ) -> None:
        assert (updates, parts) == ([], [])
        self.received += traceparents


def _reader(loop: _Loop, receiver: _Receiver) -> LiveReader:
    return LiveReader(
        kafka=KafkaSettings(),
        live=LiveSettings(),
        receiver=cast("UpdateReceiver", receiver),
        loop=loop,  # type: ignore[arg-type]
    )


def _deliver_all(reader: LiveReader, numbers: Sequence[int]) -> threading.Thread:
    def deliver() -> None:
        for number in numbers:
            reader._deliver(Delivery([], [], [str(number).encode()]))

    thread = threading.Thread(target=deliver, daemon=True)
    thread.start()
    return thread


def test_a_busy_event_loop_loses_nothing() -> None:
    loop, receiver = _Loop(), _Receiver()
    numbers = range(3 * MAX_DELIVERIES_AHEAD)
    thread = _deliver_all(_reader(loop, receiver), numbers)
    time.sleep(BUSY_SECONDS)
    assert thread.is_alive()

    def has_ended() -> bool:
        loop.run_due()
        return not thread.is_alive()

    wait_until(has_ended, timeout_s=10, what="the end of the deliveries")
    loop.run_due()
    assert receiver.received == [str(number).encode() for number in numbers]


def test_a_reader_that_is_to_stop_does_not_wait_for_the_event_loop() -> None:
    loop, receiver = _Loop(), _Receiver()
    reader = _reader(loop, receiver)
    thread = _deliver_all(reader, range(MAX_DELIVERIES_AHEAD + 1))
    reader.stop()
    thread.join(timeout=10)
    assert not thread.is_alive()
    loop.run_due()
    assert len(receiver.received) == MAX_DELIVERIES_AHEAD
