"""Prepare the topic before the first poll: wait for it, create it if missing, read its tail."""

import asyncio
import logging
import time
from typing import NamedTuple

import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from collector.clock import Clock
from collector.errors import TopicError
from collector.tail import Tail
from configuration.log_throttle import Throttle
from configuration.shared_sections import KafkaSettings
from kafka_client.errors import AUTHORIZATION, BrokerErrors
from kafka_client.framed_values import FramedValues
from kafka_client.topic_policy import Shortcoming, creation_config, find_shortcomings, read_topic

METADATA_TIMEOUT_SECONDS = 2.0
CREATE_TIMEOUT_SECONDS = 5.0
APPEAR_SECONDS, APPEAR_POLL_SECONDS = 2.0, 0.05
"""A topic that was made is shown as soon as the broker has it from its controller."""

RETRY_SECONDS = 1.0
CHECK_SECONDS = 3_600.0
"""Between two looks at the topic's settings, which anyone may change at the broker."""

TAIL_ROWS = 120_000
"""Over all partitions: at least ten polls of the globe. At the pace of a standard account that is
more than the five minutes for which OpenSky repeats a silent aircraft; at a faster one, aircraft
that have been silent for longer are published once more, which the archive ignores."""

UNCHECKED_HINT = "whether it keeps messages for long enough is not known"

FIRST_TAIL_MESSAGES = 10
TAIL_GROWTH = 10
"""The newest messages of each partition are read first, since they show how many rows a message
holds; then the block before them, at most so many times as long as what was read; and so on."""

TAIL_SECONDS = 5.0
TAIL_BATCH_MESSAGES = 10_000
TAIL_WAIT_SECONDS = 0.02

log = structlog.stdlib.get_logger()


class _Offsets(NamedTuple):
    """Offsets of one partition, from `low` up to and without `high`."""

    low: int
    high: int


class Topic:
    """telemetry.raw as the collector finds it."""

    def __init__(self, *, settings: KafkaSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._log = log.bind(topic=settings.topic, bootstrap_servers=settings.bootstrap_servers)
        self._errors = BrokerErrors(settings, client="collector topic")
        self._throttle = Throttle(clock.monotonic)
        self._is_waiting = False

    async def prepare(self) -> None:
        """Return when the broker is there and has the topic, or the process is to stop.

        Raises:
            TopicError: The broker refuses to make the topic, or it would lose messages.
        """
        admin = AdminClient(self._errors.client_config())
        while not self._clock.is_stopping:
            try:
                if await asyncio.to_thread(self._attempt, admin):
                    break
                self._note_waiting(self._errors.reason or "the topic does not appear")
            except KafkaException as error:
                self._note_waiting(self._errors.explain(error.args[0]))
            await self._clock.pause(RETRY_SECONDS)
            # librdkafka goes on asking a broker that is silent; a new client asks one that has
            # answered it, and connects less often after a refusal.
            admin = AdminClient(self._errors.client_config())
        if self._clock.is_stopping:
            return
        if self._is_waiting:
            self._log.info("kafka_reachable")
        await self._check_at_start(admin)

    async def watch(self) -> None:
        """Look at the topic's settings from time to time until the clock stops."""
        await self._clock.pause(CHECK_SECONDS)
        while not self._clock.is_stopping:
            await self._check(AdminClient(self._errors.client_config()))
            await self._clock.pause(CHECK_SECONDS)

    async def read_tail(self) -> Tail:
        """Return what the newest messages say; never more than a few seconds' worth."""
        reason = f"took longer than {TAIL_SECONDS:g} s"
        try:
            tail = await asyncio.to_thread(self._read_tail)
        except KafkaException as error:
            tail = Tail(is_complete=False)
            reason = self._errors.explain(error.args[0])
        if not tail.is_complete:
            self._log.warning(
                "tail_incomplete",
                messages=tail.messages,
                reason=self._errors.reason or reason,
                hint="some state vectors may be published twice; the archive ignores the second",
            )
        if tail.unreadable_reason is not None:
            self._log.warning(
                "tail_unreadable",
                reason=tail.unreadable_reason,
                hint="what is in Avro or Protobuf may be published twice; the archive ignores that",
            )
        if tail.future_times:
            self._log.warning(
                "tail_times_in_future",
                messages=tail.future_times,
                now=round(tail.now),
                hint="their times are ignored; either another producer has written them, or this "
                "host's clock is behind: synchronise it (NTP)",
            )
        return tail

    async def _check_at_start(self, admin: AdminClient) -> None:
        """Refuse a topic that loses messages however short the outage is.

        Raises:
            TopicError: With the command that repairs it.
        """
        lossy = [each.text for each in await self._check(admin) if each.loses_messages]
        if lossy:
            raise TopicError(" ".join(lossy))

    async def _check(self, admin: AdminClient) -> list[Shortcoming]:
        """Log what endangers messages, and what could not be looked at."""
        try:
            state = await asyncio.to_thread(read_topic, admin, self._settings.topic)
        except KafkaException as error:
            self._log.warning("topic_unchecked", reason=self._errors.explain(error.args[0]))
            return []
        if state.config is None:
            # The development broker of standalone has no such settings to look at.
            self._log.log(
                logging.INFO if state.is_embedded else logging.WARNING,
                "topic_unchecked",
                reason=state.unchecked,
                hint=UNCHECKED_HINT,
            )
        shortcomings = find_shortcomings(state, self._settings)
        for each in shortcomings:
            self._log.log(
                logging.ERROR if each.loses_messages else logging.WARNING,
                "topic_endangers_messages",
                setting=each.setting,
                reason=each.text,
            )
        return shortcomings

    def _attempt(self, admin: AdminClient) -> bool:
        try:
            return self._is_ready(admin)
        finally:
            # Errors are reported when the client is polled, and it is polled for nothing else.
            admin.poll(0)

    def _is_ready(self, admin: AdminClient) -> bool:
        # Asking for all topics makes none, asking for one may: with the broker's partition count.
        name = self._settings.topic
        metadata = admin.list_topics(timeout=METADATA_TIMEOUT_SECONDS)
        admin.poll(0)
        self._errors.answered()
        if name in metadata.topics:
            return True
        is_made = self._create(admin)
        return self._appears(admin, wait_seconds=APPEAR_SECONDS if is_made else 0.0) or is_made

    def _create(self, admin: AdminClient) -> bool:
        """Make the topic; False when the broker does not answer such requests."""
        settings = self._settings
        wanted = NewTopic(
            settings.topic,
            num_partitions=settings.partitions,
            replication_factor=settings.replication_factor,
            config=creation_config(settings),
        )
        try:
            made = admin.create_topics([wanted], request_timeout=CREATE_TIMEOUT_SECONDS)
            made[settings.topic].result()
        except KafkaException as error:
            return self._judge(error.args[0])
        self._log.info("topic_created", partitions=settings.partitions)
        return True

    def _judge(self, error: KafkaError) -> bool:
        if error.code() == KafkaError.TOPIC_ALREADY_EXISTS:
            return True
        if error.code() in AUTHORIZATION:
            # The topic may be there and hidden; an operator who grants the right cures it.
            self._errors.note(error)
            return False
        if error.retriable() or error.code() < 0:
            # Negative codes are librdkafka's own, such as a broker that knows no such request.
            return False
        raise TopicError(
            f"topic {self._settings.topic} cannot be made: {error.str()}; make it by hand, or "
            f"change kafka.partitions ({self._settings.partitions}) or kafka.replication_factor "
            f"({self._settings.replication_factor})"
        )

    def _appears(self, admin: AdminClient, wait_seconds: float) -> bool:
        """Return whether the broker shows the topic; a development broker creates it then."""
        name = self._settings.topic
        give_up_at = time.monotonic() + wait_seconds
        while True:
            metadata = admin.list_topics(name, timeout=METADATA_TIMEOUT_SECONDS)
            if metadata.topics[name].error is None:
                return True
            if time.monotonic() >= give_up_at:
                return False
            time.sleep(APPEAR_POLL_SECONDS)

    def _read_tail(self) -> Tail:
        give_up_at = time.monotonic() + TAIL_SECONDS
        consumer = Consumer(
            {
                **self._errors.client_config(),
                # Required by librdkafka; nothing is committed and no group is joined.
                "group.id": "flight-monitor-collector-tail",
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "enable.partition.eof": True,
                # A request that waits at the end of the log delays the one for the block before.
                "fetch.wait.max.ms": 10,
                # A fast reader is stalled for this long whenever the prefetch queue is full.
                "fetch.queue.backoff.ms": 5,
            }
        )
        try:
            return self._consume_tail(consumer, give_up_at)
        finally:
            consumer.close()

    def _consume_tail(self, consumer: Consumer, give_up_at: float) -> Tail:
        """Read blocks of messages, the newest first, until they hold enough rows."""
        tail = Tail(self._clock.now(), framed=FramedValues(self._settings))
        unread = self._held_offsets(consumer)
        n_partitions = max(1, len(unread))
        wanted = min(FIRST_TAIL_MESSAGES, TAIL_ROWS // n_partitions)
        while wanted > 0 and tail.is_complete:
            unread = {number: held for number, held in unread.items() if held.low < held.high}
            block = {
                number: _Offsets(max(held.low, held.high - wanted), held.high)
                for number, held in unread.items()
            }
            if not block:
                break
            tail.is_complete = self._consume(consumer, block, tail, give_up_at)
            unread = {n: _Offsets(unread[n].low, block[n].low) for n in block}
            wanted = _more_messages(tail) // n_partitions
        return tail

    def _held_offsets(self, consumer: Consumer) -> dict[int, "_Offsets"]:
        """Return the offsets that each partition holds."""
        name = self._settings.topic
        metadata = consumer.list_topics(name, timeout=METADATA_TIMEOUT_SECONDS)
        return {
            number: _Offsets(
                *consumer.get_watermark_offsets(
                    TopicPartition(name, number), timeout=METADATA_TIMEOUT_SECONDS
                )
            )
            for number in metadata.topics[name].partitions
        }

    def _consume(
        self, consumer: Consumer, block: dict[int, "_Offsets"], tail: Tail, give_up_at: float
    ) -> bool:
        """Add the messages at these offsets; return whether that ended in time."""
        name = self._settings.topic
        consumer.assign([TopicPartition(name, n, held.low) for n, held in block.items()])
        open_partitions = set(block)
        while open_partitions and time.monotonic() < give_up_at:
            for message in consumer.consume(TAIL_BATCH_MESSAGES, timeout=TAIL_WAIT_SECONDS):
                number, offset = message.partition() or 0, message.offset() or 0
                if (error := message.error()) is not None:
                    if error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - librdkafka's public name
                        open_partitions.discard(number)
                    continue
                if offset < block[number].high:
                    tail.add(message)
                if offset >= block[number].high - 1:
                    open_partitions.discard(number)
        return not open_partitions

    def _note_waiting(self, reason: str) -> None:
        """Log that it waits, a change of the reason, and each minute that it lasts."""
        self._is_waiting = True
        if self._throttle.admit(reason) is not None:
            self._log.warning("kafka_unreachable", reason=reason, hint="trying on")


def _more_messages(tail: Tail) -> int:
    """Return how many more messages to read, if those hold as many rows as these."""
    if not tail.rows:
        return 0
    missing = (TAIL_ROWS - tail.rows) * tail.messages // tail.rows
    return min(missing, TAIL_GROWTH * tail.messages)
