"""WATCH: ask the broker every few seconds which log the topic is and where it ends."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from configuration.shared_sections import KafkaSettings
from kafka_client.errors import BrokerErrors
from processor.errors import ReconnectError
from processor.kafka import Broker
from processor.message import LogIdentity

LOOK_SECONDS = 5.0

UNANSWERED_SECONDS = 15.0
"""An idle topic brings no messages, so only an answer proves that there are none."""

ANSWER_SECONDS = 3.0
"""For one question: a stop waits for the one under way."""


class LogEnds(NamedTuple):
    """What the broker said of the log.

    Attributes:
        identity: Which log it is.
        ends: The next offset of each partition.
    """

    identity: LogIdentity
    ends: Mapping[int, int]


class LogWatch:
    """Looks over a connection of its own, so neither a busy reader nor a stuck one delays it.

    Args:
        kafka: Where the log is.
        take: Gets each look, in the event loop.
    """

    def __init__(self, kafka: KafkaSettings, *, take: Callable[[LogEnds], None]) -> None:
        self._kafka = kafka
        self._take = take
        self._answered_at = time.monotonic()
        self._problem = "no answer yet"

    @property
    def age_seconds(self) -> float:
        """How long ago the broker has answered for all partitions, or since there is a watch."""
        return time.monotonic() - self._answered_at

    @property
    def trouble(self) -> str | None:
        """Why nothing is known of the log at the moment; None while it is."""
        if self.age_seconds < UNANSWERED_SECONDS:
            return None
        return (
            f"Kafka has not answered for {self.age_seconds:.0f} s ({self._problem}); "
            "see kafka.bootstrap_servers and the broker's log"
        )

    async def run(self) -> None:
        """LogEnds until cancelled."""
        errors = BrokerErrors(self._kafka, client="log watch")
        # Made here, because its connection ends with this task.
        broker = Broker(self._kafka, errors, timeout_seconds=ANSWER_SECONDS)
        while True:
            try:
                look = await asyncio.to_thread(_look_at, broker)
            except ReconnectError as error:
                self._problem = str(error)
            else:
                self._answered_at = time.monotonic()
                self._take(look)
            await asyncio.sleep(LOOK_SECONDS)


class ReadProgress:
    """Notices a reader that stands still although the log goes on."""

    def __init__(self, stalled_seconds: float) -> None:
        self._stalled_seconds = stalled_seconds
        self._moved: dict[int, tuple[int, float]] = {}
        self._stalled: list[int] = []
        self.lag_messages = 0

    def observe(self, read: Mapping[int, int], ends: Mapping[int, int]) -> None:
        """Compare the next offsets to be read with the ends of the log."""
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
        """Which partitions were not read on at the last look; None while all are."""
        if not self._stalled:
            return None
        return f"partitions {self._stalled} hold messages that are not read; see the log"


def _look_at(broker: Broker) -> LogEnds:
    identity = broker.identify()
    return LogEnds(identity, broker.read_ends(identity.partitions))
