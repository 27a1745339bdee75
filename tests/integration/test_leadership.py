"""Memberships of the collectors' group on real Kafka."""

import asyncio
from collections.abc import Callable

import pytest

from collector.group_member import GroupMember, collectors_group
from configuration.shared_sections import KafkaSettings
from kafka_client.errors import BrokerErrors
from testkit.kafka import Kafka

pytestmark = pytest.mark.real_kafka

PATIENCE_S = 20.0


async def test_a_leader_delivers_before_an_older_member_replaces_it(
    kafka: Kafka, topic_name: Callable[[], str]
) -> None:
    """A member is the oldest by its clock, but may be the last to join.

    What is confirmed after the delivery would be published while the other one reads the topic.
    """
    kafka.start()
    settings = KafkaSettings(bootstrap_servers=kafka.bootstrap_servers, topic=topic_name())
    kafka.create_topic(settings.topic, 2)
    members: list[GroupMember] = []
    leading: list[list[bool]] = []

    def join(joined_at: float) -> GroupMember:
        group = settings.model_copy(update={"group_id": collectors_group(settings)})
        member = GroupMember(
            settings,
            errors=BrokerErrors(group, client="collector group"),
            name=f"joined at {joined_at}",
            joined_at=joined_at,
            deliver=lambda: leading.append([each.leads for each in members]),
        )
        members.append(member)
        return member

    first = join(joined_at=2.0)
    async with asyncio.timeout(PATIENCE_S):
        while not await first.confirm():
            first.poll()
        second = join(joined_at=1.0)
        while not second.leads:
            is_confirmed = await first.confirm()
            assert not (is_confirmed and leading)
            second.poll()
    assert leading == [[True, False]]
    for each in members:
        each.close()
