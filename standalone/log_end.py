"""How many messages the embedded broker's log has taken, to be compared with what is stored."""

from confluent_kafka import Consumer, KafkaException, TopicPartition

_TIMEOUT_SECONDS = 1.0


class LogEnd:
    """Asks the broker where each partition ends."""

    def __init__(self, bootstrap_servers: str, topic: str) -> None:
        self._servers = bootstrap_servers
        self._topic = topic

    def messages(self) -> int | None:
        """Return the sum of the end offsets, None if the broker does not tell.

        A new log begins at offset 0 and has no transactions, so this is the number of messages.
        """
        # A group is required by librdkafka; none is joined.
        group_id = "flight-monitor-standalone"
        config = {"bootstrap.servers": self._servers, "group.id": group_id, "log_level": 0}
        consumer = Consumer(config)
        try:
            metadata = consumer.list_topics(self._topic, timeout=_TIMEOUT_SECONDS)
            partitions = metadata.topics[self._topic].partitions
            return sum(self._end(consumer, number) for number in partitions)
        except (KafkaException, TimeoutError):
            return None
        finally:
            consumer.close()

    def _end(self, consumer: Consumer, partition: int) -> int:
        where = TopicPartition(self._topic, partition)
        watermarks = consumer.get_watermark_offsets(where, timeout=_TIMEOUT_SECONDS)
        if watermarks is None:
            raise TimeoutError
        return int(watermarks[1])
