"""Publishes state vectors with the settings of the collector."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from confluent_kafka import KafkaError, Message, Producer

from collector.messages import Origin
from collector.publisher import LINGER_MILLISECONDS
from configuration.shared_sections import KafkaSettings
from telemetry.codec import encode, encode_rows
from telemetry.state_vector import StateVector

FLUSH_SECONDS = 60.0
_POLL_EVERY_MESSAGES = 500


class NotDeliveredError(Exception):
    """Kafka did not acknowledge all messages, so the figures would be wrong."""


class Feed:
    """A producer with the settings of the collector; all replicas acknowledge each message."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._topic = settings.topic
        self._failures: list[str] = []
        self._producer = Producer(
            {
                **settings.connection(),
                "enable.idempotence": True,
                "acks": "all",
                "partitioner": "murmur2_random",
                "compression.type": settings.compression,
                "linger.ms": LINGER_MILLISECONDS,
                "log_level": 2,
            }
        )

    def publish(self, state_vectors: Iterable[StateVector], now: int) -> int:
        """Publish state vectors, and return their number once all are acknowledged."""
        pairs = [(each.icao24.encode(), encode(each)) for each in state_vectors]
        return self.publish_encoded(pairs, now)

    def publish_rows(
        self, state_vectors: Sequence[StateVector], now: int, *, rows: int, partitions: int
    ) -> int:
        """Publish messages of so many rows; all rows of an aircraft go to one partition."""
        by_partition: dict[int, list[StateVector]] = defaultdict(list)
        for each in state_vectors:
            by_partition[int(each.icao24, 16) % partitions].append(each)
        n_messages = sum(-(-len(found) // rows) for found in by_partition.values())
        headers = _headers(now, n_messages)
        for partition, found in by_partition.items():
            for first in range(0, len(found), rows):
                self._producer.produce(
                    self._topic,
                    encode_rows(found[first : first + rows]),
                    partition=partition,
                    headers=headers,
                    on_delivery=self._report,
                )
            self._producer.poll(0)
        self._flush()
        return len(state_vectors)

    def publish_encoded(self, pairs: list[tuple[bytes, bytes]], now: int) -> int:
        """Do the same with keys and values that are ready.

        Raises:
            NotDeliveredError: Kafka did not take all.
        """
        headers = _headers(now, len(pairs))
        for number, (key, value) in enumerate(pairs):
            self._producer.produce(
                self._topic, value, key, headers=headers, on_delivery=self._report
            )
            if number % _POLL_EVERY_MESSAGES == 0:
                self._producer.poll(0)
        self._flush()
        return len(pairs)

    def _flush(self) -> None:
        left = self._producer.flush(FLUSH_SECONDS)
        if left or self._failures:
            raise NotDeliveredError(f"{left} messages left; refused: {self._failures[:3]}")

    def _report(self, error: KafkaError | None, _message: Message) -> None:
        if error is not None:
            self._failures.append(error.str())


def _headers(now: int, messages: int) -> list[tuple[str, str | bytes | None]]:
    origin = Origin(now, "global", "00-" + 32 * "1" + "-" + 16 * "2" + "-01")
    return origin.headers(messages)
