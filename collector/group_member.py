"""One membership in the collectors' consumer group, whose owner of partition 0 leads."""

import asyncio
import math
import threading
from collections.abc import Callable

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from configuration.shared_sections import KafkaSettings
from kafka_client.errors import REFUSALS, BrokerErrors

SESSION_TIMEOUT_SECONDS = 10.0
"""A member without a sign of life for so long is left out of the group. The takeover from a killed
collector takes little more, which is within two poll intervals of the fastest pace (10 s)."""

HEARTBEAT_SECONDS = 1.0
"""How soon a standby learns that the leader has left."""

MAX_BLOCKED_SECONDS = 30.0
"""A process that does not call `poll` for so long leaves the group, since it does not poll OpenSky
either. A rebalance waits for a member at most as long."""

REQUEST_TIMEOUT_SECONDS = 6.0
"""Longest wait for the answer to a commit."""

ANSWER_POLL_SECONDS = 0.005
"""A local broker answers a commit within some milliseconds."""

END_TIMEOUT_SECONDS = 1.0
"""Longest wait for what is not needed: the end of the partition, and the name of the leader."""

LEADING_PARTITION = 0


class GroupMember:
    """Joins when it is made, and ends when it is closed or has lost its membership.

    Kafka assigns each partition to exactly one member, and refuses a commit of anyone who is not a
    member of the present assignment. No message is ever fetched.

    The assignor `range` gives the first partition to the member whose id sorts first. An id begins
    with the client's `client.id`, here the time of joining: so the oldest member leads, and another
    one that joins or leaves changes nothing. Sticky assignors keep the number of moved partitions
    small, but partition 0 is the first that they move to a new member.

    Attributes:
        leads: Whether partition 0 is this member's. It stays true while the group is divided again,
            in which no other member can have it.
        is_assigned: Whether the group has answered which partitions are this member's.
        is_lost: Whether the broker has left this member out, or has not answered for
            SESSION_TIMEOUT_SECONDS.
    """

    def __init__(
        self,
        settings: KafkaSettings,
        *,
        errors: BrokerErrors,
        name: str,
        joined_at: float,
        deliver: Callable[[], None],
    ) -> None:
        """Join.

        Args:
            settings: The broker, the topic and the group.
            errors: Gets the errors of this client.
            name: The process, for other members.
            joined_at: Unix seconds.
            deliver: Is called before another member can lead, which begins with what is delivered.
        """
        self._topic = settings.topic
        self._errors = errors
        self._name = name
        self._deliver = deliver
        self._end = 0
        # A consumer may not be closed while another thread uses it.
        self._in_use = threading.Lock()
        self.leads = self.is_assigned = self.is_lost = self._is_closed = False
        self._is_answer_due = self._is_accepted = self._is_divided_again = False
        self._consumer = Consumer(
            {
                **errors.client_config(),
                "client.id": f"collector-{math.floor(joined_at * 1000):015d}-{name}",
                "group.id": collectors_group(settings),
                # Kafka 4's own protocol has neither this assignor nor a session timeout per member.
                "group.protocol": "classic",
                "partition.assignment.strategy": "range",
                "session.timeout.ms": round(SESSION_TIMEOUT_SECONDS * 1000),
                "heartbeat.interval.ms": round(HEARTBEAT_SECONDS * 1000),
                "max.poll.interval.ms": round(MAX_BLOCKED_SECONDS * 1000),
                "socket.timeout.ms": round(REQUEST_TIMEOUT_SECONDS * 1000),
                "enable.auto.commit": False,
                "on_commit": self._on_commit,
            }
        )
        self._consumer.subscribe(
            [self._topic],
            on_assign=self._on_assign,
            on_revoke=self._on_revoke,
            on_lost=self._on_lost,
        )

    def poll(self) -> None:
        """Process what the broker has said; call it several times a second."""
        if self._is_closed:
            return
        message = self._consumer.poll(0)
        if message is not None and (error := message.error()) is not None:
            self._errors.note(error)

    async def confirm(self) -> bool:
        """Return whether the broker confirms now that this member leads; this takes a round trip.

        It does so by a commit. The offset is the end of the partition, so that tools which watch
        the lag of all groups find none; its metadata name this process. The call of librdkafka
        that waits for the answer itself would stop all threads of the process meanwhile.

        Kafka accepts commits of the present members until all have answered that the group is
        divided again. So none counts once this member has answered.
        """
        await self._answered()  # a call that was cancelled has left it to come
        await asyncio.to_thread(self._update_end)
        if not self._may_publish:
            return False
        position = TopicPartition(self._topic, LEADING_PARTITION, self._end, self._name)
        self._is_answer_due, self._is_accepted = True, False
        self._consumer.commit(offsets=[position], asynchronous=True)
        await self._answered()
        return self._is_accepted and self._may_publish

    @property
    def _may_publish(self) -> bool:
        return self.leads and not self._is_divided_again

    def leader(self) -> str | None:
        """Return the name of the process that led last; None if there was none or no answer."""
        wanted = [TopicPartition(self._topic, LEADING_PARTITION)]
        with self._in_use:
            if self._is_closed:
                return None
            try:
                (found,) = self._consumer.committed(wanted, timeout=END_TIMEOUT_SECONDS)
            except KafkaException:
                return None
        return found.metadata or None

    def close(self) -> None:
        """Leave the group, which can then give the leadership to another member at once."""
        self.leads, self._is_closed = False, True
        with self._in_use:
            self._consumer.close()

    async def _answered(self) -> None:
        """Wait until no answer to a commit is due."""
        while self._is_answer_due and not self._is_closed:
            self.poll()
            await asyncio.sleep(ANSWER_POLL_SECONDS)

    def _on_commit(self, error: KafkaError | None, partitions: list[TopicPartition]) -> None:
        self._is_answer_due = False
        errors = [found for found in (error, *(each.error for each in partitions)) if found]
        self._is_accepted = not errors
        if not errors:
            self._errors.answered()
        for found in errors:
            if found.code() in REFUSALS:
                self._errors.note(found)

    def _update_end(self) -> None:
        partition = TopicPartition(self._topic, LEADING_PARTITION)
        with self._in_use:
            if self._is_closed:
                return
            try:
                found = self._consumer.get_watermark_offsets(partition, timeout=END_TIMEOUT_SECONDS)
            except KafkaException:
                return
        if found is not None:
            self._end = found[1]

    def _on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        consumer.assign([])  # so that no message is fetched
        self.leads = any(each.partition == LEADING_PARTITION for each in partitions)
        self.is_assigned, self._is_divided_again = True, False
        self._errors.answered()

    def _on_revoke(self, _consumer: Consumer, _partitions: list[TopicPartition]) -> None:
        """Answer that the group is divided again, once all is delivered."""
        self._is_divided_again = True
        if self.leads:
            self._deliver()

    def _on_lost(self, consumer: Consumer, _: list[TopicPartition]) -> None:
        """Do not join again as this member, which would be the oldest and lead."""
        self.leads, self.is_lost = False, True
        consumer.unsubscribe()


def collectors_group(settings: KafkaSettings) -> str:
    """Return the name of the group."""
    return settings.collector_group_id or f"{settings.topic}-collectors"
