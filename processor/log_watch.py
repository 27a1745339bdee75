"""Read every few seconds, from the broker, which log the topic is and where it ends."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from configuration.shared_sections import KafkaSettings
from kafka_client.errors import BrokerErrors
from processor.errors import ReconnectError
from processor.kafka import Broker
from processor.message import LogIdentity

INTERVAL_SECONDS = 5.0

UNANSWERED_SECONDS = 15.0
"""Time without an answer after which the log counts as unreachable. An idle topic brings no
messages, so only an answer proves that there are none."""

ANSWER_SECONDS = 3.0
"""Longest wait for one answer, because a stop waits for the request under way."""


class LogEnds(NamedTuple):
    """Which log the topic is, and where it ends.

    Attributes:
        identity: The identity of the log.
        ends: The next offset of each partition.
    """

    identity: LogIdentity
    ends: Mapping[int, int]


class LogWatch:
    """Reads over a connection of its own, so that a busy or stuck reader does not delay it.

    Args:
        kafka: The settings of the broker and the topic.
        take: Is called with each answer, in the event loop.
    """

    def __init__(self, kafka: KafkaSettings, *, take: Callable[[LogEnds], None]) -> None:
        self._kafka = kafka
        self._take = take
        self._answered_at = time.monotonic()
        self._problem = "no answer yet"

    @property
    def age_seconds(self) -> float:
        """Seconds since the broker answered for all partitions, or since the watch was made."""
        return time.monotonic() - self._answered_at

    @property
    def trouble(self) -> str | None:
        """Why the ends of the log are not known; None while the broker answers."""
        if self.age_seconds < UNANSWERED_SECONDS:
            return None
        return (
            f"Kafka has not answered for {self.age_seconds:.0f} s ({self._problem}); "
            "see kafka.bootstrap_servers and the broker's log"
        )

    async def run(self) -> None:
        """Read until cancelled."""
        errors = BrokerErrors(self._kafka, client="log watch")
        # It is made here so that its connection ends with this task.
        broker = Broker(self._kafka, errors, timeout_seconds=ANSWER_SECONDS)
        while True:
            try:
                ends = await asyncio.to_thread(_read_ends, broker)
            except ReconnectError as error:
                self._problem = str(error)
            else:
                self._answered_at = time.monotonic()
                self._take(ends)
            await asyncio.sleep(INTERVAL_SECONDS)


class ReadProgress:
    """Notices a reader that does not move although its log has unread messages."""

    def __init__(self, stalled_seconds: float) -> None:
        self._stalled_seconds = stalled_seconds
        self._moved: dict[int, tuple[int, float]] = {}
        self._stalled: list[int] = []
        self.lag_messages = 0

    def observe(self, read: Mapping[int, int], ends: Mapping[int, int]) -> None:
        """Compare the next offsets to read with the ends of the log."""
        now = time.monotonic()
        self.lag_messages = sum(max(0, end - read.get(number, 0)) for number, end in ends.items())
        for number, end in ends.items():
            offset = read.get(number, 0)
            known = self._moved.get(number)
            if known is None or offset != known[0] or offset >= end:
                self._moved[number] = offset, now
        self._stalled = sorted(
            number for number, (_, at) in self._moved.items() if now - at >= self._stalled_seconds
        )

    @property
    def trouble(self) -> str | None:
        """Which partitions do not move; None while all do."""
        if not self._stalled:
            return None
        return f"partitions {self._stalled} hold messages that are not read; see the log"


def _read_ends(broker: Broker) -> LogEnds:
    identity = broker.identify()
    return LogEnds(identity, broker.read_ends(identity.partitions))
