"""Hands messages to Kafka and accounts for every delivery report."""

import asyncio
import time
from collections.abc import Iterable, Sequence

import structlog
from confluent_kafka import KafkaError, KafkaException, Producer

from collector.answer import RejectedRow
from collector.clock import Clock
from collector.deliveries import Deliveries, Settle
from collector.encodings import JSON, Encoding
from collector.errors import ProducerError
from collector.messages import (
    Group,
    Origin,
    Outgoing,
    group,
    groups_of_one_row,
    messages_of_groups,
    messages_of_one_row,
    messages_of_rejected_rows,
)
from collector.metrics import Metrics
from configuration.log_throttle import Throttle
from configuration.shared_sections import KafkaSettings
from configuration.tracing import Attributes
from kafka_client.errors import REFUSALS, BrokerErrors
from telemetry.state_vector import StateVector

LINGER_MILLISECONDS = 20
"""Wait of messages of one row for a batch to fill; those of several rows go at once."""

MAX_QUEUE_MESSAGES = 100_000
MAX_QUEUE_KIBIBYTES = 131_072
"""Room for five of the largest polls. When it is full, publishing waits, and polling with it."""

RECONNECT_SECONDS = 2.0
"""Kafka closes idle connections; messages that wait for less may only wait for a new one."""

REPORTS_EVERY_SECONDS = 0.05

HANDOVER_SECONDS = 2.0
"""Longest wait for the broker before another collector leads; a healthy one needs milliseconds."""

HANDOVER_POLL_SECONDS = 0.005
ROWS_BETWEEN_REPORTS = 500

PARTITIONS_EVERY_SECONDS = 10.0
"""The number of partitions is at most so old when rows are divided among them: as old as
librdkafka's own, see `KafkaSettings.connection`."""

METADATA_TIMEOUT_SECONDS = 1.0
"""Longest wait for the number of partitions; without an answer the last known one counts."""


class Publisher:
    """The producer. All its calls come from the event loop's thread, and so do its reports."""

    def __init__(
        self,
        *,
        settings: KafkaSettings,
        metrics: Metrics,
        clock: Clock,
        encoding: Encoding = JSON,
    ) -> None:
        self._topic = settings.topic
        self._encoding = encoding
        self._rows_per_message = settings.rows_per_message or 1
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
        self._under_way: list[Deliveries] = []
        self._partitions: int | None = None
        self._partitions_at = -PARTITIONS_EVERY_SECONDS
        self._producer = Producer(self._config(settings))
        self._delivered = metrics.published.labels("delivered")
        self._rejected = metrics.published.labels("rejected")
        metrics.watch_queue(lambda: float(len(self._producer)))

    @property
    def failed(self) -> int:
        """Rows that Kafka did not take since the start."""
        return self._failed

    @property
    def is_failing(self) -> bool:
        """Whether the newest report was a failure."""
        return self._failing_since is not None

    def span_attributes(self, n_rows: int) -> Attributes:
        """Return what a span about publishing state vectors says, by OpenTelemetry's names."""
        return {
            "messaging.system": "kafka",
            "messaging.destination.name": self._topic,
            "messaging.operation.type": "send",
            "flightmonitor.rows": n_rows,
        }

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
        deliveries = Deliveries(
            state_vectors, n_rejected=len(rejected), settle=settle, on_failure=self._on_failure
        )
        partitions = await self._count_partitions()
        self._under_way.append(deliveries)
        unsent = iter(self._messages(state_vectors, rejected, origin, deliveries, partitions))
        unreported = 0
        try:
            for message in unsent:
                if not self._produce(message, deliveries):
                    await self._wait_for_room(message, deliveries)
                unreported += len(message.rows) or 1
                if unreported >= ROWS_BETWEEN_REPORTS:
                    unreported = 0
                    await self._take_reports()
        finally:
            # Only a cancelled or broken hand-over leaves some.
            for message in unsent:
                self._count_failed(message.rows, deliveries)

    async def run(self) -> None:
        """Process delivery reports until cancelled.

        Raises:
            ProducerError: The producer is beyond repair.
        """
        while True:
            await self._take_reports()
            await asyncio.sleep(REPORTS_EVERY_SECONDS)

    def deliver_queued(self) -> None:
        """Wait until the broker has taken what is queued, but not long: the event loop waits too.

        The wait is not librdkafka's own, whose end is a moment of the wall clock.
        """
        give_up_at = self._clock.monotonic() + HANDOVER_SECONDS
        while len(self._producer) and self._clock.monotonic() < give_up_at:
            self._poll()
            time.sleep(HANDOVER_POLL_SECONDS)

    async def drain(self, seconds: float) -> None:
        """Wait for the broker to take what is queued; what is left then counts as failed."""
        self._drain_until = self._clock.monotonic() + seconds
        while len(self._producer) and self._clock.monotonic() < self._drain_until:
            self._poll()
            await asyncio.sleep(REPORTS_EVERY_SECONDS)
        if len(self._producer):
            self._producer.purge()
            self._producer.flush(1)
            self._count_delivered()

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
            "linger.ms": LINGER_MILLISECONDS if self._rows_per_message == 1 else 0,
            "delivery.timeout.ms": settings.delivery_timeout_seconds * 1000,
            "queue.buffering.max.messages": MAX_QUEUE_MESSAGES,
            "queue.buffering.max.kbytes": MAX_QUEUE_KIBIBYTES,
        }

    async def _count_partitions(self) -> int | None:
        """Return how many partitions the topic has; None if messages hold one row or none is known.

        One number counts for a whole answer, so a change of it takes effect between two answers.
        """
        if self._rows_per_message == 1:
            return None
        now = self._clock.monotonic()
        if now - self._partitions_at >= PARTITIONS_EVERY_SECONDS:
            try:
                metadata = await asyncio.to_thread(
                    self._producer.list_topics, self._topic, METADATA_TIMEOUT_SECONDS
                )
            except KafkaException as error:
                self._log.debug("partitions_unknown", reason=self._errors.explain(error.args[0]))
            else:
                self._partitions = len(metadata.topics[self._topic].partitions) or self._partitions
                self._partitions_at = now
        return self._partitions

    def _messages(
        self,
        state_vectors: Sequence[StateVector],
        rejected: Sequence[RejectedRow],
        origin: Origin,
        deliveries: Deliveries,
        partitions: int | None,
    ) -> Iterable[Outgoing]:
        groups = self._group(state_vectors, partitions)
        n_messages = len(state_vectors if groups is None else groups) + len(rejected)
        headers = origin.headers(n_messages, self._encoding.content_type)
        if groups is None:
            yield from messages_of_one_row(state_vectors, headers, deliveries.report_one_row)
        else:
            yield from messages_of_groups(groups, headers, deliveries.report_of, self._encoding)
        as_received = origin.headers(n_messages)
        yield from messages_of_rejected_rows(rejected, as_received, deliveries.report_rejected)

    def _group(
        self, state_vectors: Sequence[StateVector], partitions: int | None
    ) -> list[Group] | None:
        """Return what each message holds; None for messages of one row in JSON.

        The report on a message of JSON reads its row from it, which needs no object for each.
        """
        if partitions is not None:
            return group(
                state_vectors,
                partitions=partitions,
                rows_per_message=self._rows_per_message,
                encoding=self._encoding,
            )
        return None if self._encoding is JSON else groups_of_one_row(state_vectors)

    async def _wait_for_room(self, message: Outgoing, deliveries: Deliveries) -> None:
        """Queue a message once there is room; one that cannot be queued counts as failed."""
        give_up_at = self._clock.monotonic() + self._room_within_seconds
        is_handed_over = False
        try:
            while not is_handed_over and self._clock.monotonic() < give_up_at:
                await self._take_reports()
                await asyncio.sleep(REPORTS_EVERY_SECONDS)
                is_handed_over = self._produce(message, deliveries)
        except BaseException:
            self._count_failed(message.rows, deliveries)
            raise
        if not is_handed_over:
            self._count_failed(message.rows, deliveries)
            self._note_failing("no room in the producer's queue")

    def _produce(self, message: Outgoing, deliveries: Deliveries) -> bool:
        """Return False while the queue is full."""
        try:
            self._producer.produce(
                self._topic,
                message.value,
                message.key,
                message.partition,
                message.report,
                headers=message.headers,
            )
        except BufferError:
            return False
        except KafkaException as error:
            self._count_failed(message.rows, deliveries)
            self._note_failing(str(error))
        return True

    def _poll(self) -> None:
        self._producer.poll(0)
        self._count_delivered()

    async def _take_reports(self) -> None:
        self._poll()
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

    def _count_delivered(self) -> None:
        """Count what Kafka has acknowledged since the last call."""
        n_rows = 0
        for each in self._under_way:
            delivered = each.take_delivered()
            self._delivered.inc(delivered.state_vectors)
            self._rejected.inc(delivered.rejected)
            n_rows += sum(delivered)
        if not n_rows:
            return
        self._under_way = [each for each in self._under_way if not each.is_complete]
        self._errors.answered(with_data=True)
        self._waiting_since = None
        if self._failing_since is not None:
            seconds = round(self._clock.monotonic() - self._failing_since)
            self._failing_since = None
            self._log.info("kafka_recovered", after_seconds=seconds)

    def _on_failure(
        self, deliveries: Deliveries, rows: Sequence[StateVector], error: KafkaError
    ) -> None:
        """Take a delivery report of a message that failed."""
        self._count_delivered()  # what came before it
        if error.code() in REFUSALS:
            self._errors.note(error)
        self._count_failed(rows, deliveries)
        self._note_failing(self._errors.reason or error.str())

    def _count_failed(self, rows: Sequence[StateVector], deliveries: Deliveries) -> None:
        n_rows = deliveries.fail(rows)
        if deliveries.is_complete:
            self._under_way.remove(deliveries)
        self._failed += n_rows
        self._metrics.published.labels("failed").inc(n_rows)

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
