"""Publish dead letters to the topic again, as they came."""

from collections import Counter
from collections.abc import Sequence

import msgspec
from confluent_kafka import KafkaError, Message, Producer

from configuration.shared_sections import KafkaSettings
from processor.archive.database import Record
from processor.errors import FatalError
from processor.kafka import broker_errors
from telemetry.codec import POLL_MESSAGES

DELIVERY_SECONDS = 30
"""How long the broker may take to acknowledge all of them."""


def republish(settings: KafkaSettings, letters: Sequence[Record]) -> int:
    """Publish dead letters to their partitions, and return how many were acknowledged.

    Raises:
        FatalError: Not all of them were.
    """
    errors = broker_errors(settings, "dead-letters")
    producer = Producer({**errors.client_config(), "enable.idempotence": True})
    outcomes: Counter[str] = Counter()

    def note(error: KafkaError | None, _message: Message) -> None:
        outcomes["" if error is None else errors.explain(error)] += 1

    for each in letters:
        producer.produce(
            settings.topic,
            value=each["value"],
            key=each["key"],
            partition=each["partition"],
            headers=_headers(each),
            on_delivery=note,
        )
        producer.poll(0)
    left = producer.flush(DELIVERY_SECONDS)
    failed = [reason for reason in outcomes if reason]
    if left or failed:
        reason = failed[0] if failed else f"no answer in {DELIVERY_SECONDS} s"
        raise FatalError(
            f"only {outcomes['']:,} of {len(letters):,} were published again: {reason}."
            " Run the command once more"
        )
    return outcomes[""]


def _headers(letter: Record) -> list[tuple[str, str | bytes | None]]:
    """Return the headers, without the number of an answer's messages: it is no part of one now."""
    headers: dict[str, str] = msgspec.json.decode(letter["headers"])
    return [(name, text.encode()) for name, text in headers.items() if name != POLL_MESSAGES]
