"""Hands messages to Kafka and accounts for every delivery report."""

import asyncio
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import structlog
from confluent_kafka import KafkaError, KafkaException, Message, Producer
from prometheus_client import Counter

from collector.answer import RejectedRow
from collector.clock import Clock
from collector.errors import ProducerError
from collector.metrics import Metrics
from configuration.log_throttle import Throttle
from configuration.shared_sections import KafkaSettings
from kafka_client.errors import REFUSALS, BrokerErrors
from telemetry.codec import CONTENT_TYPE, REJECTED, SCHEMA_VERSION, encode
from telemetry.state_vector import StateVector

LINGER_MILLISECONDS = 20
"""Wait for a batch to fill. A poll comes as a burst, and the delay is too short to be seen."""

MAX_QUEUE_MESSAGES = 100_000
MAX_QUEUE_KIBIBYTES = 131_072
"""Room for five of the largest polls. When it is full, publishing waits, and polling with it."""

RECONNECT_SECONDS = 2.0
"""Kafka closes idle connections; messages that wait for less may only wait for a new one."""

REPORTS_EVERY_SECONDS = 0.05
MESSAGES_BETWEEN_REPORTS = 500

Headers = list[tuple[str, str | bytes | None]]
Settle = Callable[[StateVector, bool], None]
"""Called for each state vector with whether Kafka has acknowledged it."""


class Origin(NamedTuple):
    """Where the rows of one answer come from; the headers of their messages."""

    poll_time: int
    source: str
    traceparent: str

    def headers(self) -> Headers:
        """Return what every message of this answer carries."""
        return [
            ("schema-version", SCHEMA_VERSION),
            ("content-type", CONTENT_TYPE),
            ("poll-time", str(self.poll_time).encode()),
            ("source", self.source.encode()),
            ("traceparent", self.traceparent.encode()),
        ]


class _Outgoing(NamedTuple):
    key: bytes | None
    value: bytes
    headers: Headers
    published: Counter
    settle: Callable[[bool], None]


class Publisher:
    """The producer. All its calls come from the event loop's thread, and so do its reports."""

    def __init__(self, *, settings: KafkaSettings, metrics: Metrics, clock: Clock) -> None:
        self._topic = settings.topic
        self._metrics = metrics
        self._clock = clock
        self._log = structlog.stdlib.get_logger().bind(topic=settings.topic)
        self._room_within_seconds = settings.delivery_timeout_seconds + 5
        self._failed = 0
        self._failing_since: float | None = None
        self._failing_reason = ""
        self._waiting_since: float | None = None
        self._errors = BrokerErrors(settings, client="collector")
        self._throttle = Throttle(clock.monotonic)
        self._fatal: KafkaError | None = None
        self._drain_until = 0.0
        self._producer = Producer(self._config(settings))
        metrics.watch_queue(lambda: float(len(self._producer)))

    @property
    def failed(self) -> int:
        """Messages that Kafka did not take since the start."""
        return self._failed

    @property
    def is_failing(self) -> bool:
        """Whether the newest report was a failure."""
        return self._failing_since is not None

    async def publish(
        self,
        state_vectors: list[StateVector],
        rejected: list[RejectedRow],
        *,
        origin: Origin,
        settle: Settle,
    ) -> None:
        """Hand over the rows of one answer; returns when all are queued.

        Raises:
            ProducerError: The producer is beyond repair.
        """
        left = len(state_vectors) + len(rejected)
        try:
            for message in self._messages(state_vectors, rejected, origin.headers(), settle):
                await self._hand_over(message)
                left -= 1
                if left % MESSAGES_BETWEEN_REPORTS == 0:
                    await self._take_reports()
        finally:
            # Only a cancelled or broken hand-over leaves some.
            self._failed += left
            self._metrics.published.labels("failed").inc(left)

    async def run(self) -> None:
        """Process delivery reports until cancelled.

        Raises:
            ProducerError: The producer is beyond repair.
        """
        while True:
            await self._take_reports()
            await asyncio.sleep(REPORTS_EVERY_SECONDS)

    async def drain(self, seconds: float) -> None:
        """Wait for the broker to take what is queued; what is left then counts as failed."""
        self._drain_until = self._clock.monotonic() + seconds
        while len(self._producer) and self._clock.monotonic() < self._drain_until:
            self._producer.poll(0)
            await asyncio.sleep(REPORTS_EVERY_SECONDS)
        if len(self._producer):
            self._producer.purge()
            self._producer.flush(1)

    def hurry(self, seconds: float) -> None:
        """Shorten a drain that is under way."""
        self._drain_until = min(self._drain_until, self._clock.monotonic() + seconds)

    def _config(self, settings: KafkaSettings) -> dict[str, object]:
        return {
            **self._errors.client_config(),
            "error_cb": self._on_error,
            "client.id": "flight-monitor-collector",
            "enable.idempotence": True,
            "acks": "all",
            "partitioner": "murmur2_random",
            "compression.type": settings.compression,
            "linger.ms": LINGER_MILLISECONDS,
            "delivery.timeout.ms": settings.delivery_timeout_seconds * 1000,
            "queue.buffering.max.messages": MAX_QUEUE_MESSAGES,
            "queue.buffering.max.kbytes": MAX_QUEUE_KIBIBYTES,
        }

    def _messages(
        self,
        state_vectors: list[StateVector],
        rejected: list[RejectedRow],
        headers: Headers,
        settle: Settle,
    ) -> Iterator[_Outgoing]:
        delivered = self._metrics.published.labels("delivered")
        for each in state_vectors:
            settle_one = partial(settle, each)
            yield _Outgoing(each.icao24.encode(), encode(each), headers, delivered, settle_one)
        set_aside = self._metrics.published.labels("rejected")
        for row in rejected:
            key = row.icao24.encode() if row.icao24 else None
            marked = [*headers, (REJECTED, row.reason.encode())]
            yield _Outgoing(key, row.raw, marked, set_aside, _nothing_to_settle)

    async def _hand_over(self, message: _Outgoing) -> None:
        """Queue a message, waiting for room; one that cannot be queued counts as failed."""
        give_up_at = self._clock.monotonic() + self._room_within_seconds
        while not self._produce(message):
            if self._clock.monotonic() >= give_up_at:
                self._on_failure(message, "no room in the producer's queue")
                return
            await self._take_reports()
            await asyncio.sleep(REPORTS_EVERY_SECONDS)

    def _produce(self, message: _Outgoing) -> bool:
        """Return False while the queue is full."""
        try:
            self._producer.produce(
                self._topic,
                value=message.value,
                key=message.key,
                headers=message.headers,
                on_delivery=partial(self._on_delivery, message),
            )
        except BufferError:
            return False
        except KafkaException as error:
            self._on_failure(message, str(error))
        return True

    async def _take_reports(self) -> None:
        self._producer.poll(0)
        if self._fatal is not None:
            raise ProducerError(
                f"the Kafka producer cannot go on ({self._fatal}): start the collector again"
            )
        self._look_at_queue()
        await asyncio.sleep(0)

    def _look_at_queue(self) -> None:
        """Notice that messages wait for a broker that is lost or refuses us, and repeat it."""
        now = self._clock.monotonic()
        if not len(self._producer):
            self._waiting_since = None
        elif self._waiting_since is None:
            self._waiting_since = now
        waited = 0.0 if self._waiting_since is None else now - self._waiting_since
        reason = self._errors.reason
        if self.is_failing:
            self._note_failing(reason or self._failing_reason)
        elif reason is not None and waited >= RECONNECT_SECONDS:
            self._note_failing(reason)

    def _on_delivery(self, message: _Outgoing, error: KafkaError | None, _: Message) -> None:
        if error is not None:
            if error.code() in REFUSALS:
                self._errors.note(error)
            self._on_failure(message, self._errors.reason or error.str())
            return
        self._errors.answered(with_data=True)
        self._waiting_since = None
        message.published.inc()
        message.settle(True)  # noqa: FBT003 - a callable's parameters have no names
        if self._failing_since is not None:
            seconds = round(self._clock.monotonic() - self._failing_since)
            self._failing_since = None
            self._log.info("kafka_recovered", after_seconds=seconds)

    def _on_failure(self, message: _Outgoing, reason: str) -> None:
        self._failed += 1
        self._metrics.published.labels("failed").inc()
        message.settle(False)  # noqa: FBT003 - a callable's parameters have no names
        self._note_failing(reason)

    def _on_error(self, error: KafkaError) -> None:
        self._errors.note(error)
        if error.fatal():
            self._fatal = error

    def _note_failing(self, reason: str) -> None:
        """Log the change of state, a change of the reason, and each minute that it lasts."""
        if self._failing_since is None:
            self._failing_since = self._clock.monotonic()
            self._throttle = Throttle(self._clock.monotonic)
        self._failing_reason = reason
        if self._throttle.admit(reason) is not None:
            seconds = round(self._clock.monotonic() - self._failing_since)
            self._log.error(
                "kafka_failing", reason=reason, queued=len(self._producer), for_seconds=seconds
            )


def _nothing_to_settle(_is_delivered: bool) -> None:  # noqa: FBT001 - see Settle
    """A rejected row has no last contact to remember."""
