"""Read messages without waiting inside librdkafka, whose waits depend on the wall clock."""

import threading
import time
from collections.abc import Sequence
from typing import Protocol

from confluent_kafka import Message, TopicPartition

PAUSE_SECONDS = 0.01
"""Pause between two calls for messages: a hundred a second take half a percent of a core."""

NUDGE_SECONDS = 1.0
"""Time between two calls that wake librdkafka's own thread, which sends heartbeats."""


class PolledConsumer(Protocol):
    """The part of confluent_kafka.Consumer that is used."""

    def consume(self, num_messages: int = 1, timeout: float = -1) -> Sequence[Message]: ...  # noqa: D102
    def assignment(self) -> list[TopicPartition]: ...  # noqa: D102


class Polling:
    """Waits by the monotonic clock for the messages of one consumer.

    A wait in librdkafka has a deadline of the wall clock: set the clock back by ten minutes, and
    `consume(1_000, timeout=0.05)` returns after ten minutes, or a thousand messages; its own thread
    sends no heartbeats meanwhile. So messages are taken without waiting, and a call that this
    thread answers wakes it.

    Args:
        consumer: Is called only in the thread that calls `read`.
        stopping: Ends a wait once it is set.
    """

    def __init__(self, consumer: PolledConsumer, stopping: threading.Event) -> None:
        self._consumer = consumer
        self._stopping = stopping
        self._nudge_at = 0.0

    def read(self, most: int, *, wait_seconds: float) -> list[Message]:
        """Return the messages that are there; if none are, wait for some, then return none."""
        give_up_at = time.monotonic() + wait_seconds
        while not (messages := self._consumer.consume(most, timeout=0)):
            self._nudge()
            if time.monotonic() >= give_up_at or self._stopping.wait(PAUSE_SECONDS):
                break
        return list(messages)

    def _nudge(self) -> None:
        if time.monotonic() >= self._nudge_at:
            self._nudge_at = time.monotonic() + NUDGE_SECONDS
            self._consumer.assignment()
