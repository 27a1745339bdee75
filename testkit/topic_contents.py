"""Reads all that a topic on real Kafka holds."""

import json

from confluent_kafka import Consumer, Message, TopicPartition

from testkit.kafka import Kafka


def messages(kafka: Kafka, topic: str) -> list[Message]:
    """Return all messages of the topic."""
    consumer = Consumer(
        {
            "bootstrap.servers": kafka.bootstrap_servers,
            "group.id": "test",
            "enable.auto.commit": False,
        }
    )
    found: list[Message] = []
    try:
        partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
        positions = [TopicPartition(topic, number, 0) for number in partitions]
        total = sum(consumer.get_watermark_offsets(each, timeout=10)[1] for each in positions)
        consumer.assign(positions)
        while len(found) < total:
            found += [each for each in consumer.consume(10_000, 0.5) if each.error() is None]
    finally:
        consumer.close()
    return found


def contacts(found: list[Message]) -> list[tuple[str, int]]:
    """Return the address and last contact of each message that is a state vector."""
    rows = [json.loads(each.value() or b"") for each in found if not is_rejected(each)]
    return [(fields["icao24"], fields["last_contact"]) for fields in rows]


def poll_time(message: Message) -> int:
    """Return the Unix seconds of the answer that the message's state vector comes from."""
    return int(dict(message.headers() or ())["poll-time"] or b"")


def is_rejected(message: Message) -> bool:
    """Whether the message holds a row that the collector could not read."""
    return "rejected" in dict(message.headers() or ())
