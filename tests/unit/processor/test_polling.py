"""Waiting for messages without librdkafka's waits."""

import threading
from typing import cast

from confluent_kafka import Message, TopicPartition

from processor.polling import Polling

MESSAGE = cast("Message", object())


class _Consumer:
    """Returns prepared messages, and never waits."""

    def __init__(self, *answers: list[Message]) -> None:
        self.timeouts: list[float] = []
        self.nudges = 0
        self._answers = list(answers)

    def consume(self, num_messages: int = 1, timeout: float = -1) -> list[Message]:
        del num_messages
        self.timeouts.append(timeout)
        return self._answers.pop(0) if self._answers else []

    def assignment(self) -> list[TopicPartition]:
        self.nudges += 1
        return []


def test_what_is_there_is_returned_at_once() -> None:
    """A busy reader never waits, and makes no other call."""
    consumer = _Consumer([MESSAGE])
    assert Polling(consumer, threading.Event()).read(10, wait_seconds=60) == [MESSAGE]
    assert (consumer.timeouts, consumer.nudges) == ([0], 0)


def test_what_comes_ends_the_wait() -> None:
    """No call waits inside librdkafka, and its own thread is woken."""
    consumer = _Consumer([], [], [MESSAGE])
    assert Polling(consumer, threading.Event()).read(10, wait_seconds=60) == [MESSAGE]
    assert (consumer.timeouts, consumer.nudges) == ([0, 0, 0], 1)


def test_a_wait_ends_without_messages() -> None:
    """The wait ends after its time, or when the service stops."""
    stopping = threading.Event()
    assert Polling(_Consumer(), stopping).read(10, wait_seconds=0.02) == []
    stopping.set()
    assert Polling(_Consumer(), stopping).read(10, wait_seconds=60) == []
