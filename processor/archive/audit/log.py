"""Audit the log: the messages that it still holds agree with the ledger."""

import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from configuration.shared_sections import KafkaSettings
from kafka_client.errors import BrokerErrors
from kafka_client.topic_policy import find_shortcomings, read_topic
from processor.archive.audit.findings import Proof, Violation, place
from processor.archive.batch import count_rows
from processor.archive.database import Connection, Record
from processor.archive.dead_letter import offset_of
from processor.archive.progress import Progress
from processor.archive.sql import AuditQueries
from processor.errors import ReconnectError
from processor.framed_messages import UnframedMessage, Unframer
from processor.kafka import Broker, check, consumer_config, make_client, read_watermarks
from processor.message import LogIdentity, Message

MESSAGES_AT_ONCE = 10_000

SILENCE_SECONDS = 60.0
"""Longest time without a message before the end of a partition is reached."""


class Counts(NamedTuple):
    """How many messages the log holds, and how many the ledger counts, of the same offsets."""

    n_held: int
    n_taken: int


class _Taken(NamedTuple):
    """What the ledger took of a partition, entry by entry.

    Attributes:
        tiles: The entries in order.
        set_aside: The offsets of messages that were set aside as a whole.
    """

    tiles: Sequence[Record]
    set_aside: frozenset[int]

    def count_rows(self, message: Message) -> int:
        """Return the number of rows that the archive counted for a message.

        The rows of a framed message cannot be read while the registry lacks its schema: such a
        message was set aside as one row, also if the registry has the schema by now.
        """
        if isinstance(message, UnframedMessage) and offset_of(message) in self.set_aside:
            return 1
        return count_rows(message)


class Log:
    """Reads the topic in a consumer group of its own, and commits nothing."""

    def __init__(self, settings: KafkaSettings, progress: Progress) -> None:
        self._settings = settings
        self._progress = progress
        self._errors = BrokerErrors(settings, client="audit")
        self._unframer = Unframer(settings)

    async def check(self, connection: Connection, queries: AuditQueries, proof: Proof) -> None:
        """Compare every partition, entry by entry, and add the result to the proof.

        Raises:
            Violation: Names the first place that does not agree.
            ReconnectError: The broker does not answer.
        """
        identity = Broker(self._settings, self._errors).identify()
        self._check_policy(proof)
        key = (identity.cluster_id, identity.topic)
        stored = await connection.fetch(queries.offsets, *key)
        if not stored:
            raise Violation(
                f"topic {identity.topic} of cluster {identity.cluster_id} has never been stored:"
                " another cluster, or a topic that was created again"
            )
        total = Counts(0, 0)
        for row in stored:
            counts = await self._check_partition(connection, queries, identity, row)
            total = Counts(*map(sum, zip(total, counts, strict=True)))
        proof.compared.append(
            f"the log: {total.n_held} messages that it still holds are those that the ledger took"
        )

    def _check_policy(self, proof: Proof) -> None:
        try:
            state = read_topic(self._admin(), self._settings.topic)
        except KafkaException as error:
            why = self._errors.explain(error.args[0])
            proof.not_compared.append(f"the topic's settings: {why}")
            return
        if state.config is None:
            proof.not_compared.append(f"the topic's settings: {state.unchecked}")
        for found in find_shortcomings(state, self._settings):
            if found.loses_messages:
                raise Violation(found.text)

    async def _check_partition(
        self, connection: Connection, queries: AuditQueries, identity: LogIdentity, stored: Record
    ) -> Counts:
        partition, next_offset, topic_id = stored
        where = place(identity.topic, partition, identity.cluster_id)
        if topic_id != identity.topic_id:
            raise Violation(f"{where}: the topic was created again since it was stored")
        consumer = self._consumer()
        try:
            low, high = read_watermarks(consumer, identity.topic, partition)
            if not low <= next_offset <= high:
                raise Violation(
                    f"{where}: the log holds offsets {low} to {high}, but is stored up to"
                    f" {next_offset}"
                )
            tiles = await connection.fetch(
                queries.tiles, identity.cluster_id, identity.topic, partition, low
            )
            whole = await connection.fetch(
                queries.whole_dead_letters, identity.cluster_id, identity.topic, partition, low
            )
            taken = _Taken(tiles, frozenset(row["message_offset"] for row in whole))
            counts = self._compare(consumer, partition, taken, where)
        finally:
            consumer.close()
        self._progress(f"{where}: {counts.n_held:,} messages of the log compared")
        return counts

    def _compare(self, consumer: Consumer, partition: int, taken: "_Taken", where: str) -> Counts:
        """Count the messages of each entry; of an older entry the log may hold only the end."""
        tiles = taken.tiles
        if not tiles:
            return Counts(0, 0)
        begin, end = tiles[0]["lo"], tiles[-1]["hi"]
        consumer.assign([TopicPartition(self._settings.topic, partition, begin)])
        waiting = iter(tiles)
        tile, n_held, n_rows, total = next(waiting), 0, 0, 0
        for message in self._messages(consumer, end, where):
            while offset_of(message) >= tile["hi"]:
                _check_count(tile, n_held, n_rows, where)
                tile, n_held, n_rows = next(waiting), 0, 0
            n_held += 1
            n_rows += taken.count_rows(message)
            total += 1
        _check_count(tile, n_held, n_rows, where)
        for left in waiting:
            _check_count(left, 0, 0, where)
        return Counts(total, sum(one["n_in"] for one in tiles))

    def _consumer(self) -> Consumer:
        config = consumer_config(f"{self._settings.group_id}-audit", self._errors)
        return make_client(Consumer, config | {"enable.partition.eof": True})

    def _admin(self) -> AdminClient:
        return make_client(AdminClient, self._errors.client_config())

    def _messages(self, consumer: Consumer, end: int, where: str) -> Iterator[Message]:
        """Yield the readable messages below offset `end`, framed ones with their rows as JSON."""
        for message in _read_messages(consumer, end, where, self._errors):
            yield from self._unframer.read([message])


def _read_messages(
    consumer: Consumer, end: int, where: str, errors: BrokerErrors
) -> Iterator[Message]:
    give_up_at = time.monotonic() + SILENCE_SECONDS
    while True:
        messages = consumer.consume(MESSAGES_AT_ONCE, timeout=1.0)
        for message in messages:
            if (error := message.error()) is not None:
                if error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - its name
                    return
                check(error, errors)
                continue
            if offset_of(message) >= end:
                return
            yield message
        if messages:
            give_up_at = time.monotonic() + SILENCE_SECONDS
        elif time.monotonic() > give_up_at:
            raise ReconnectError(f"{where}: Kafka sent no message for a minute before offset {end}")


def _check_count(tile: Record, n_held: int, n_rows: int, where: str) -> None:
    if n_rows != tile["n_rows"] and n_held == tile["n_in"]:
        raise Violation(
            f"{where}: the log holds {n_rows} rows from offset {tile['lo']} to {tile['hi']}, the"
            f" ledger took {tile['n_rows']}"
        )
    if n_held != tile["n_in"]:
        raise Violation(
            f"{where}: the log holds {n_held} messages from offset {tile['lo']} to {tile['hi']},"
            f" the ledger took {tile['n_in']}"
        )
